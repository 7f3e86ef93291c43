package main

import (
	"context"

	"github.com/pali3/pali3/ingest"
)

type ingestArrow struct {
	Files []string `arg:"" help:"Arrow IPC files or streams; files or URLs of an object store."`
	ingestFlags
}

func (c ingestArrow) Run(ctx context.Context, out output) error {
	source, err := ingest.NewArrow(c.Files...)
	if err != nil {
		return err
	}
	return c.run(ctx, out, source)
}

type ingestTFRecord struct {
	Files []string `arg:"" help:"TFRecord files of tf.Example, plain or gzipped; files or URLs of an object store."`
	ingestFlags
}

func (c ingestTFRecord) Run(ctx context.Context, out output) error {
	source, err := ingest.NewTFRecord(c.Files...)
	if err != nil {
		return err
	}
	return c.run(ctx, out, source)
}

type ingestMDS struct {
	Dirs []string `arg:"" help:"Folders with an index.json; folders or URLs of an object store."`
	ingestFlags
}

func (c ingestMDS) Run(ctx context.Context, out output) error {
	source, err := ingest.NewMDS(c.Dirs...)
	if err != nil {
		return err
	}
	return c.run(ctx, out, source)
}
