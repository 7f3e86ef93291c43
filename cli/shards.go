package cli

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pali3/pali3/shards"
)

// shardsCommand holds the commands about datasets.
type shardsCommand struct {
	Ls      shardsLs      `cmd:"" help:"List the files of a dataset."`
	Stat    shardsStat    `cmd:"" help:"Count rows, images, texts and languages."`
	Head    shardsHead    `cmd:"" help:"Print the first rows as JSON lines, without image bytes."`
	Cat     shardsCat     `cmd:"" help:"Print all or chosen rows and columns as JSON lines."`
	Get     shardsGet     `cmd:"" help:"Print one row, by number or key, and save its images."`
	Sample  shardsSample  `cmd:"" help:"Print rows drawn at random."`
	View    shardsView    `cmd:"" help:"Write an HTML page: contact sheet, languages, sizes and lengths."`
	Export  shardsExport  `cmd:"" help:"Export to webdataset, img2dataset, parquet, jsonl, arrow or hf."`
	Split   shardsSplit   `cmd:"" help:"Write each split as a dataset, or draw samples into new splits."`
	Merge   shardsMerge   `cmd:"" help:"Write several datasets as one, without duplicate keys."`
	Reshard shardsReshard `cmd:"" help:"Rewrite a dataset with other part and row group sizes."`
	Sort    shardsSort    `cmd:"" help:"Rewrite a dataset sorted by a column."`
	Copy    shardsCopy    `cmd:"" help:"Copy a dataset between folders and object stores, resumably."`
	Diff    shardsDiff    `cmd:"" help:"Compare two datasets by key."`
	Verify  shardsVerify  `cmd:"" help:"Check a dataset against its manifest, or row by row with --deep."`
	Repair  shardsRepair  `cmd:"" help:"Rebuild the manifest or drop damaged parts."`
}

type shardsStat struct {
	Dataset string `arg:"" help:"${dataset}"`
	JSON    bool   `help:"Print one JSON object."`
}

func (c shardsStat) Run(con *console) error {
	d, err := con.open(c.Dataset)
	if err != nil {
		return err
	}
	defer d.Close()
	return con.printStat(d.Manifest().Totals, c.JSON)
}

type shardsVerify struct {
	Dataset string `arg:"" help:"${dataset}"`
	Deep    bool   `help:"Decode every row; check keys, image hashes and image headers."`
	JSON    bool   `help:"Print one JSON object."`
}

// verdict is what verify prints as JSON.
type verdict struct {
	OK       bool             `json:"ok"`
	Problems []shards.Problem `json:"problems"`
}

func (c shardsVerify) Run(con *console) error {
	problems, err := con.program.Stores.Verify(con.ctx, c.Dataset, c.Deep)
	if err != nil {
		problems = []shards.Problem{{File: shards.ManifestName, Row: -1, Kind: shards.Unreadable, What: err.Error()}}
	}
	if c.JSON {
		if err := con.printJSON(verdict{len(problems) == 0, problems}); err != nil {
			return err
		}
	} else {
		for _, p := range problems {
			con.println(p)
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("%s has %s", c.Dataset, plural(len(problems), "problem"))
	}
	if !c.JSON {
		con.println("ok")
	}
	return nil
}

type shardsHead struct {
	Dataset string `arg:"" help:"${dataset}"`
	N       int    `short:"n" default:"5" help:"Number of rows."`
	From    int    `default:"0" help:"First row."`
	Rejects bool   `help:"Show rejected records instead."`
}

func (c shardsHead) Run(con *console) error {
	d, err := con.open(c.Dataset)
	if err != nil {
		return err
	}
	defer d.Close()
	if c.N < 0 || c.From < 0 {
		return errors.New("-n and --from must be 0 or more")
	}
	encoder := con.lines()
	if c.Rejects {
		return c.rejects(d, encoder)
	}
	for i := c.From; i < min(c.From+c.N, d.Len()); i++ {
		s, err := d.Row(i)
		if err != nil {
			return err
		}
		if err := encoder.Encode(s); err != nil {
			return err
		}
	}
	return nil
}

func (c shardsHead) rejects(d *shards.Dataset, encoder *json.Encoder) error {
	i := 0
	for r, err := range d.Rejects() {
		if err != nil {
			return err
		}
		if i++; i <= c.From {
			continue
		}
		if i > c.From+c.N {
			return nil
		}
		if err := encoder.Encode(r); err != nil {
			return err
		}
	}
	return nil
}
