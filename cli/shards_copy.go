package cli

import (
	"context"

	"github.com/pali3/pali3/shards"
)

type shardsCopy struct {
	From  string `arg:"" help:"${dataset}"`
	To    string `arg:"" help:"Folder or URL to copy to."`
	Files int    `default:"4" help:"Files to copy at once, each four 8 MiB parts at a time."`
	JSON  bool   `help:"Print what was copied as one JSON object."`
}

func (c shardsCopy) Run(ctx context.Context, con *console) error {
	bar := con.progress("copy", "MB", -1)
	copied, err := con.program.Stores.Copy(ctx, c.From, c.To, shards.CopyOptions{Files: c.Files, Progress: bar.bytes()})
	bar.End()
	if err != nil {
		return err
	}
	if c.JSON {
		return con.printJSON(copied)
	}
	con.printf("wrote %s: %d files of %d bytes, %d were already there\n", c.To, copied.Files, copied.Bytes, copied.There)
	return nil
}
