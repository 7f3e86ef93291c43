package cli

import (
	"context"

	"github.com/pali3/pali3/ingest/hub"
)

type ingestHub struct {
	Repo     string `arg:"" help:"Dataset of the hub, as owner/name, not a URL."`
	Revision string `default:"main" help:"Branch, tag or commit. A branch is resolved to a commit once, which is printed."`
	Config   string `help:"Configuration of its README.md, or a folder of the dataset; by default the dataset's default configuration."`
	Split    string `help:"Only this split."`
	Files    string `help:"Only the files that match this pattern (*, **, ?, [a-z], {a,b}) or lie in this folder."`
	Endpoint string `env:"HF_ENDPOINT" default:"https://huggingface.co" help:"The hub."`
	columnFlags
	ingestFlags
}

func (c ingestHub) Run(ctx context.Context, con *console) error {
	source, err := hub.Open(ctx, hub.Options{
		Repo: c.Repo, Revision: c.Revision, Config: c.Config, Split: c.Split, Files: c.Files, Language: c.Language, Kind: c.Kind, Endpoint: c.Endpoint,
		Columns: c.columns(),
	})
	if err != nil {
		return err
	}
	con.log.Info().Str("commit", source.Commit()).Msg(c.Repo)
	logColumns(con, source)
	return c.run(ctx, con, source, c.Language)
}
