package cli

import (
	"context"

	"github.com/pali3/pali3/ingest/archive"
)

type ingestArrow struct {
	Files []string `arg:"" help:"Arrow IPC files or streams; files, folders, patterns or URLs of an object store."`
	columnFlags
	ingestFlags
}

func (c ingestArrow) Run(ctx context.Context, con *console) error {
	source, err := archive.NewArrow(con.program.Stores, c.Files...)
	return c.runFiles(ctx, con, source, err, c.columnFlags)
}

type ingestTFRecord struct {
	Files []string `arg:"" help:"TFRecord files of tf.Example or tf.SequenceExample, plain or compressed; files, folders, patterns or URLs of an object store."`
	columnFlags
	ingestFlags
}

func (c ingestTFRecord) Run(ctx context.Context, con *console) error {
	source, err := archive.NewTFRecord(con.program.Stores, c.Files...)
	return c.runFiles(ctx, con, source, err, c.columnFlags)
}

type ingestMDS struct {
	Dirs []string `arg:"" help:"Folders with an index.json, or folders of these; or URLs of an object store."`
	columnFlags
	ingestFlags
}

func (c ingestMDS) Run(ctx context.Context, con *console) error {
	source, err := archive.NewMDS(con.program.Stores, c.Dirs...)
	return c.runFiles(ctx, con, source, err, c.columnFlags)
}

// runFiles maps the columns of an opened source, logs which it takes, and runs it.
func (f ingestFlags) runFiles(ctx context.Context, con *console, source *archive.Files, err error, columns columnFlags) error {
	if err == nil {
		err = source.Map(columns.columns(), columns.Language, columns.Kind)
	}
	if err != nil {
		return err
	}
	logColumns(con, source)
	return f.run(ctx, con, source, columns.Language)
}
