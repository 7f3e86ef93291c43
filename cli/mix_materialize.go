package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/mixture/batchfile"
)

// materialize writes the batches of the steps as Arrow IPC files.
func (c mixCommand) materialize(ctx context.Context, con *console, stream *mixture.Stream) error {
	from, to := c.first(), c.Steps.to
	line, start := con.progress("writing batches", "steps", int64(to-from)), time.Now()
	found := -1
	m, err := batchfile.Write(ctx, c.Materialize, stream, batchfile.Options{
		From: from, To: to, Host: c.Host.host, Hosts: c.Host.hosts,
		Each: func(done, before int) {
			if before > found {
				found = before
				line.Resume(int64(found), time.Since(start))
			}
			line.Set(int64(done), 0)
		},
	})
	line.End()
	if err != nil {
		return err
	}
	var bytes int64
	for _, f := range m.Files {
		bytes += f.Bytes
	}
	con.printf("%s: %s (%d:%d) in %s of %.1f MB\n", c.Materialize, plural(to-from, "step"), m.From, m.To, plural(len(m.Files), "file"), float64(bytes)/1e6)
	con.printf("read them with pyarrow, or any other reader of Arrow IPC files: docs/serve.md\n")
	if found > 0 {
		con.info(fmt.Sprintf("%d steps were there from an interrupted run", found))
	}
	return nil
}

// keptWork says what an interrupted --materialize leaves; everything else leaves nothing.
func (c mixCommand) keptWork() string {
	if c.Materialize == "" {
		return ""
	}
	return "the files written are kept"
}
