package main

import (
	"context"

	"github.com/rs/zerolog"

	"github.com/pali3/pali3/ingest"
)

type ingestHub struct {
	Repo           string   `arg:"" help:"Dataset of the hub, as owner/name; no URL."`
	Revision       string   `default:"main" help:"Branch, tag or commit. What a branch stands for is looked up once, and told."`
	Config         string   `help:"Configuration of its README.md, or a folder of the dataset; by default the default one."`
	Split          string   `help:"Only this split."`
	Files          string   `help:"Only the files that match this pattern (*, **, ?, [a-z], {a,b}) or lie in this folder."`
	ImageColumn    string   `help:"Column of pictures; by default the one there is."`
	TextColumn     string   `help:"Column of texts; by default text, caption, captions or alt."`
	IDColumn       string   `name:"id-column" help:"Column of keys; without it file and row."`
	LanguageColumn string   `help:"Column of the texts' languages."`
	Keep           []string `help:"Columns to keep as metadata."`
	Language       string   `help:"Language of the texts, where no column says."`
	Kind           string   `default:"caption" enum:"alt,caption,ocr,title" help:"Kind of the texts of Parquet files; archives say their own."`
	Endpoint       string   `env:"HF_ENDPOINT" default:"https://huggingface.co" help:"The hub."`
	ingestFlags
}

func (c ingestHub) Run(ctx context.Context, log zerolog.Logger, out output) error {
	source, err := ingest.NewHub(ctx, ingest.HubOptions{
		Repo: c.Repo, Revision: c.Revision, Config: c.Config, Split: c.Split, Files: c.Files, Language: c.Language, Kind: c.Kind, Endpoint: c.Endpoint,
		Columns: ingest.Columns{Image: c.ImageColumn, Text: c.TextColumn, ID: c.IDColumn, Language: c.LanguageColumn, Keep: c.Keep},
	})
	if err != nil {
		return err
	}
	log.Info().Str("commit", source.Commit()).Msg(c.Repo)
	return c.run(ctx, out, source)
}
