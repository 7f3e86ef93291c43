package cli

import (
	"context"
	"fmt"

	"github.com/pali3/pali3/ingest/archive"
	"github.com/pali3/pali3/ingest/folder"
	"github.com/pali3/pali3/ingest/tabular"

	"github.com/alecthomas/kong"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/shards"
)

// ingestCommand has one subcommand per source.
type ingestCommand struct {
	Folder     ingestFolder     `cmd:"" help:"Read a folder of images with the texts beside them."`
	Table      ingestTable      `cmd:"" help:"Read the rows of tables: CSV, TSV, JSON lines or Parquet."`
	URLs       ingestURLs       `cmd:"" name:"urls" help:"Fetch images from the web by a table of their URLs and texts."`
	HF         ingestHub        `cmd:"" name:"hf" help:"Read a dataset of a Hugging Face hub at a pinned revision."`
	HTML       ingestHTML       `cmd:"" name:"html" help:"Read the images of saved web pages with alternative texts, titles and captions."`
	PDF        ingestPDF        `cmd:"" name:"pdf" help:"Render the pages of PDF documents and read their texts."`
	WARC       ingestWARC       `cmd:"" name:"warc" help:"Read the images and texts of web archives: WARC, ARC, WET."`
	Links      ingestLinks      `cmd:"" help:"List the image URLs in web archives as a table for ingest urls."`
	Arrow      ingestArrow      `cmd:"" help:"Read Arrow IPC files and streams."`
	TFRecord   ingestTFRecord   `cmd:"" name:"tfrecord" help:"Read TFRecord files of tf.Example."`
	MDS        ingestMDS        `cmd:"" name:"mds" help:"Read datasets of MosaicML Streaming."`
	Benchmark  ingestBenchmark  `cmd:"" help:"Read the published files of a benchmark."`
	Webdataset ingestWebDataset `cmd:"" help:"Read WebDataset archives (.tar, plain or compressed)."`

	Own kong.Plugins `embed:""` // the commands of a program's own sources
}

// ingestFlags are common to all sources.
type ingestFlags struct {
	To        string `required:"" placeholder:"DATASET" help:"Dataset to add to: a folder, or a URL of an object store (s3://, gs://, azblob://, file:///), to which finished parts are uploaded."`
	JSON      bool   `help:"Print what was added as one JSON object."`
	Strict    bool   `help:"Stop at the first bad record."`
	Frames    int    `help:"Split animations (GIF, APNG, WebP) and multi-page TIFFs into at most N images."`
	Update    bool   `help:"A record whose key is in the dataset replaces that row if any of its images, texts, questions, boxes, split or metadata changed. Updated rows move to the end of the dataset. Only for datasets in folders; urls fetches all images again."`
	Dedup     bool   `help:"Reject records whose image has the same bytes as that of another record."`
	Fresh     bool   `help:"Start over instead of resuming an interrupted run."`
	PartBytes int64  `default:"67108864" help:"Size at which a part file ends; smaller parts use less disk while they are built."`
	resizeFlags
}

// run adds a source's records to the dataset. Language applies to texts whose language the source
// does not give.
func (f ingestFlags) run(ctx context.Context, con *console, source ingest.Source, language string) error {
	transform, err := f.transform()
	if err != nil {
		return err
	}
	bar := con.progress("ingest", "records", -1)
	shown := &ingestProgress{bar: bar}
	shown.source, _ = source.(ingest.Measured)
	stop := shown.everySecond()
	stat, err := ingest.Run(ctx, source, f.To, ingest.Options{
		Limits:    shards.Limits{PartBytes: f.PartBytes},
		Stores:    con.program.Stores,
		Transform: transform,
		Frames:    f.Frames,
		Update:    f.Update,
		Dedup:     f.Dedup,
		Strict:    f.Strict,
		Language:  language,
		Fresh:     f.Fresh,
		Command:   con.typed(),
		Progress:  shown.set,
	})
	stop()
	bar.End()
	if err != nil {
		return err
	}
	if err := f.printIngested(con, stat); err != nil {
		return err
	}
	return f.errorIfEmpty(con, source, stat)
}

// errorIfEmpty returns an error for a run that neither added nor found any rows.
func (f ingestFlags) errorIfEmpty(con *console, source ingest.Source, s ingest.Summary) error {
	if s.Rows > 0 || s.Updated > 0 {
		return nil
	}
	if s.Duplicates > 0 || s.Rejected > 0 {
		return f.errorIfRejected(con, source, s)
	}
	switch {
	case len(s.LeftOut) > 0:
		return fmt.Errorf("%s: no records, only things that this source does not read (%s)", source.Name(), counts(s.LeftOut))
	}
	return fmt.Errorf("%s: no records: it is empty, or not what this source reads", source.Name())
}

// errorIfRejected returns an error if all records were rejected, by this run or an earlier one.
func (f ingestFlags) errorIfRejected(con *console, source ingest.Source, s ingest.Summary) error {
	dataset, err := con.open(f.To)
	if err != nil {
		return err
	}
	defer dataset.Close()
	if s.Rejected == 0 && dataset.Len() > 0 {
		return nil
	}
	message := fmt.Sprintf("%s: no rows, %d records rejected (%s)", source.Name(), s.Rejected, counts(s.Reasons))
	if s.Rejected == 0 {
		message = fmt.Sprintf("%s: no rows; an earlier run rejected these records", source.Name())
	}
	earlier := int64(0)
	if listed := dataset.Manifest().Rejects; listed != nil && s.Rejected > 0 {
		earlier = listed.Rows - s.Rejected
	}
	for reject, err := range dataset.Rejects() {
		if earlier--; earlier >= 0 && err == nil {
			continue
		}
		if err == nil {
			message += fmt.Sprintf("; the first: %s: %s", reject.Origin, reject.Detail)
		}
		break
	}
	return fmt.Errorf("%s; see them with: %s shards head %s --rejects", message, con.program.Name, f.To)
}

type ingestFolder struct {
	Dir         string `arg:"" help:"Folder of images, on this machine."`
	Sequences   bool   `help:"Each folder of images becomes one record: the frames of a video, ordered by name."`
	Labels      bool   `help:"Use the name of an image's folder, unchanged, as a text of the kind title."`
	TextFrom    string `enum:",filename,folder" default:"" help:"filename or folder: an image without a text gets one of the kind alt, made of the words of its file or folder name (red_fire-truck_02.png: red fire truck). Names without words, such as IMG_1234, give no text and are counted."`
	TextFromAll bool   `help:"With --text-from: also add the text to images that have one."`
	languageFlag
	ingestFlags
}

func (c ingestFolder) Run(ctx context.Context, con *console) error {
	source, err := folder.New(c.Dir, c.Language)
	if err != nil {
		return err
	}
	source.Sequences, source.Labels, source.TextFrom, source.TextFromAll = c.Sequences, c.Labels, c.TextFrom, c.TextFromAll
	return c.run(ctx, con, source, c.Language)
}

type ingestTable struct {
	Files []string `arg:"" help:"Tables: files, a URL of an object store, folders or patterns; .csv, .tsv, .jsonl, .json (each also .gz, .zst or .bz2) or .parquet. In CSV and TSV, columns may also be named by number, from 1."`
	Root  string   `placeholder:"FOLDER" help:"Local folder that image paths are relative to; by default that of the table, or none if the table is in an object store."`
	groupFlags
	ImagePattern string `placeholder:"PATTERN" help:"Path of each image, with {} for the value of the image column: with 'images/{}.png', 0 becomes images/0.png."`
	TextFrom     string `enum:",filename,folder" default:"" help:"filename or folder: a record without a text gets one of the kind alt, made of the words of its image's file or folder name."`
	Split        string `placeholder:"NAME" help:"Split of samples for which no column gives one."`
	dialectFlags
	columnFlags
	ingestFlags
}

// groupFlags group rows into samples.
type groupFlags struct {
	GroupBy string `placeholder:"NAME" help:"Rows with the same value in this column, for example the image's path or an id, become one sample with all their texts, questions and boxes; they need not be adjacent. Repeated texts are left out and counted."`
}

// languageFlag sets the language of texts that have none.
type languageFlag struct {
	Language string `placeholder:"CODE" help:"Language of texts that have none, in BCP-47: en, de, zh-TW."`
}

// dialectFlags set the dialect of a text table.
type dialectFlags struct {
	Delimiter string   `help:"Character between the fields of CSV, or tab; by default comma, in .tsv tab, or what the header shows (| ; tab)."`
	Quote     string   `help:"Character that encloses fields, or none; by default \" in CSV, none in TSV."`
	Encoding  string   `help:"Encoding of a text table: utf-8, utf-16, latin-1, windows-1252...; a byte order mark overrides it."`
	Columns   []string `placeholder:"NAME" help:"Column names of a CSV or TSV without a header."`
	NoHeader  bool     `help:"CSV or TSV without a header: columns are named 1, 2, 3..."`
}

func (f dialectFlags) dialect() tabular.Dialect {
	return tabular.Dialect{Delimiter: f.Delimiter, Quote: f.Quote, Encoding: f.Encoding, Columns: f.Columns, NoHeader: f.NoHeader}
}

func (c ingestTable) Run(ctx context.Context, con *console) error {
	source, err := tabular.New(tabular.Options{
		Stores: con.program.Stores,
		Files:  c.Files, Dialect: c.dialect(), Root: c.Root, Language: c.Language, Kind: c.Kind, Split: c.Split,
		Columns: c.columns(), GroupBy: c.GroupBy, ImagePattern: c.ImagePattern, TextFrom: c.TextFrom,
	})
	if err != nil {
		return err
	}
	logColumns(con, source)
	return c.run(ctx, con, source, c.Language)
}

type ingestWebDataset struct {
	Files     []string `arg:"" help:"Archives: .tar, plain or compressed with gzip, zstd or bzip2; files, folders, patterns such as 'x-{000..127}.tar', URLs of an object store, a pipe, or - for standard input."`
	ByArchive bool     `help:"Prefix keys with the archive's name, for archives that use the same keys."`
	columnFlags
	ingestFlags
}

func (c ingestWebDataset) Run(ctx context.Context, con *console) error {
	source, err := archive.NewWebDataset(con.program.Stores, c.Files...)
	if err == nil {
		err = source.Map(c.columns(), c.Language, c.Kind)
	}
	if err != nil {
		return err
	}
	source.ByArchive = c.ByArchive
	return c.run(ctx, con, source, c.Language)
}

// printIngested prints what a run added, and how many records it rejected for which reasons.
func (f ingestFlags) printIngested(con *console, s ingest.Summary) error {
	switch s.Add(shards.Stat{}); { // empty maps print as {}
	case f.JSON && f.Update:
		return con.printJSON(struct {
			ingest.Summary
			Updated int64 `json:"updated"` // also if 0
		}{s, s.Updated})
	case f.JSON:
		return con.printJSON(s)
	}
	if err := con.printStat(s.Stat, false); err != nil {
		return err
	}
	printCounts(con.out, "reasons", s.Reasons)
	return nil
}
