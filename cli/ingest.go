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

// ingestCommand has a command for each source.
type ingestCommand struct {
	Folder     ingestFolder     `cmd:"" help:"Read a folder of images with the texts beside them."`
	Table      ingestTable      `cmd:"" help:"Read the rows of tables: CSV, TSV, JSON lines or Parquet."`
	URLs       ingestURLs       `cmd:"" name:"urls" help:"Fetch images from the web by a table of their URLs and texts."`
	HF         ingestHub        `cmd:"" name:"hf" help:"Read a dataset of a Hugging Face hub at a pinned revision."`
	HTML       ingestHTML       `cmd:"" name:"html" help:"Read the images of saved web pages with alternative texts, titles and captions."`
	PDF        ingestPDF        `cmd:"" name:"pdf" help:"Draw the pages of PDF documents and read their texts."`
	WARC       ingestWARC       `cmd:"" name:"warc" help:"Read the images and texts of web archives: WARC, ARC, WET."`
	Links      ingestLinks      `cmd:"" help:"List the image URLs in web archives as a table for ingest urls."`
	Arrow      ingestArrow      `cmd:"" help:"Read Arrow IPC files and streams."`
	TFRecord   ingestTFRecord   `cmd:"" name:"tfrecord" help:"Read TFRecord files of tf.Example."`
	MDS        ingestMDS        `cmd:"" name:"mds" help:"Read datasets of MosaicML Streaming."`
	Benchmark  ingestBenchmark  `cmd:"" help:"Read a benchmark's files as their owners publish them."`
	Webdataset ingestWebDataset `cmd:"" help:"Read WebDataset archives (.tar, plain or compressed)."`

	Own kong.Plugins `embed:""` // the commands of a program's own sources
}

// ingestFlags are common to all sources.
type ingestFlags struct {
	To        string `required:"" placeholder:"DATASET" help:"Dataset to add to: a folder, or a URL of an object store (s3://, gs://, azblob://, file:///), to which whole parts move."`
	JSON      bool   `help:"Print what was added as one JSON object."`
	Strict    bool   `help:"Stop at the first bad record."`
	Frames    int    `help:"Take animations (GIF, APNG, WebP) and TIFFs of several pages apart into at most N images."`
	Update    bool   `help:"A record whose key the dataset has replaces the row, whole, if it says anything else now: images, texts, questions, boxes, split, metadata. Updated rows move to the dataset's end. Of a dataset in a folder; urls fetches all images again."`
	Dedup     bool   `help:"Reject records whose image is byte for byte that of another record."`
	Fresh     bool   `help:"Start over instead of resuming an interrupted run."`
	PartBytes int64  `default:"67108864" help:"Size at which a part file ends; smaller parts use less disk while they are built."`
	resizeFlags
}

// run adds a source's records to the dataset. Language is that of texts of which the source does
// not know it.
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
	return f.nothingCameIn(con, source, stat)
}

// nothingCameIn is the error of a run that neither added rows nor found any that the dataset has.
func (f ingestFlags) nothingCameIn(con *console, source ingest.Source, s ingest.Summary) error {
	if s.Rows > 0 || s.Updated > 0 {
		return nil
	}
	if s.Duplicates > 0 || s.Rejected > 0 {
		return f.hasRows(con, source, s)
	}
	switch {
	case len(s.LeftOut) > 0:
		return fmt.Errorf("%s: no records, only what the source does not read (%s)", source.Name(), counts(s.LeftOut))
	}
	return fmt.Errorf("%s: no records: it is empty, or of another kind than this source reads", source.Name())
}

// hasRows is an error if all records were rejected, by this run or an earlier one.
func (f ingestFlags) hasRows(con *console, source ingest.Source, s ingest.Summary) error {
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
	return fmt.Errorf("%s; see them with: pali3 shards head %s --rejects", message, f.To)
}

type ingestFolder struct {
	Dir         string `arg:"" help:"Folder of images, on this machine."`
	Sequences   bool   `help:"Each folder of images is one record: the frames of a video, in order of their names."`
	Labels      bool   `help:"The name of an image's folder is a text about it, of the kind title, as it is."`
	TextFrom    string `enum:",filename,folder" default:"" help:"filename or folder: an image without a text beside it gets one of the kind alt, the words of its file's or its folder's name (red_fire-truck_02.png: red fire truck). Names that say nothing, such as IMG_1234, give none and are counted."`
	TextFromAll bool   `help:"With --text-from: images that have a text get the one of their names, too."`
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
	Root  string   `help:"Folder of this machine in which image paths begin; by default the table's, none of a table in an object store."`
	groupFlags
	ImagePattern string `placeholder:"PATTERN" help:"Names of the images, {} being what the image column holds: with 'images/{}.png' a 0 there is images/0.png."`
	TextFrom     string `enum:",filename,folder" default:"" help:"filename or folder: a record without a text gets one of the kind alt, the words of its image's file or folder name."`
	Split        string `placeholder:"NAME" help:"Split of the samples, where no column says."`
	dialectFlags
	columnFlags
	ingestFlags
}

// groupFlags put rows together.
type groupFlags struct {
	GroupBy string `placeholder:"NAME" help:"Rows that have one value in this column, for example the image's path or an id, become one sample with all their texts, questions and boxes; they need not be adjacent. Texts that come twice are left out and counted. Of sources of columns, table and urls have this."`
}

// languageFlag is the language of texts that have none.
type languageFlag struct {
	Language string `placeholder:"CODE" help:"Language of texts that have none, in BCP-47: en, de, zh-TW."`
}

// dialectFlags say how a text table is written.
type dialectFlags struct {
	Delimiter string   `help:"Character between the fields of CSV, or tab; by default comma, in .tsv tab, or what the header shows (| ; tab)."`
	Quote     string   `help:"Character that encloses fields, or none; by default \" in CSV, none in TSV."`
	Encoding  string   `help:"Encoding of a text table: utf-8, utf-16, latin-1, windows-1252...; a byte order mark decides over it."`
	Columns   []string `placeholder:"NAME" help:"Names of the columns of a CSV or TSV without a header."`
	NoHeader  bool     `help:"CSV or TSV without a header: columns are called 1, 2, 3..."`
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
	sayColumns(con, source)
	return c.run(ctx, con, source, c.Language)
}

type ingestWebDataset struct {
	Files     []string `arg:"" help:"Archives: .tar, plain or compressed with gzip, zstd or bzip2; files, folders, patterns such as 'x-{000..127}.tar', URLs of an object store, a pipe, or - for the standard input."`
	ByArchive bool     `help:"Keys begin with the archive's name: for archives that count from the same number."`
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

// printIngested prints what a run added, and why it rejected what it did.
func (f ingestFlags) printIngested(con *console, s ingest.Summary) error {
	switch s.Add(shards.Stat{}); { // empty maps print as {}
	case f.JSON && f.Update:
		return con.printJSON(struct {
			ingest.Summary
			Updated int64 `json:"updated"` // 0, too
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
