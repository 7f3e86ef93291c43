package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/format/hf"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/arrow"
	"github.com/pali3/pali3/shards/format/webdataset"
)

type shardsExport struct {
	Dataset     string   `arg:"" help:"${dataset}"`
	Format      string   `arg:"" enum:"webdataset,img2dataset,parquet,jsonl,arrow,arrow-stream,hf" help:"webdataset, img2dataset, parquet, jsonl, arrow, arrow-stream or hf."`
	To          string   `required:"" help:"Folder or URL to write to; it must be empty." placeholder:"DIR"`
	Rows        int      `help:"Rows per file of webdataset and img2dataset; default 10,000."`
	Compression string   `enum:",gz,zst" default:"" help:"Compression of webdataset: gz or zst."`
	Where       []string `help:"Keep rows with COLUMN=VALUE, COLUMN>=VALUE or COLUMN<=VALUE; may be repeated." sep:"none"`
}

func (c shardsExport) Run(ctx context.Context, con *console) error {
	d, err := con.open(c.Dataset)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := con.mustBeEmpty(c.To); err != nil {
		return err
	}
	v := d.All()
	for _, condition := range c.Where {
		f, err := parseFilter(condition)
		if err == nil {
			v, err = v.Where(f)
		}
		if err != nil {
			return err
		}
	}
	left := map[string]int64{}
	write := func(dir string) error {
		clear(left)
		return c.write(dir, c.counting(v.Samples(), left))
	}
	if err := deliver(c.To, write, func(dir string) error { return con.sendFiles(dir, c.To) }); err != nil {
		return fmt.Errorf("exporting %s: %w", c.Dataset, err)
	}
	con.printf("wrote %s\n", c.To)
	if len(left) > 0 {
		con.printf("%-11s%s; %s holds one image and one text per record, webdataset holds all\n", "left out", counts(left), c.Format)
	}
	return nil
}

// counting counts what the format cannot hold.
func (c shardsExport) counting(samples iter.Seq2[shards.Sample, error], left map[string]int64) iter.Seq2[shards.Sample, error] {
	if c.Format != "img2dataset" {
		return samples
	}
	add := func(what string, n int) {
		if n > 0 {
			left[what] += int64(n)
		}
	}
	return func(yield func(shards.Sample, error) bool) {
		for s, err := range samples {
			add("images", len(s.Images)-1)
			add("texts", len(s.Texts)-1)
			add("questions", len(s.Questions))
			add("boxes", len(s.Boxes))
			if len(s.Images) == 0 && err == nil {
				add("samples without an image", 1)
			}
			if !yield(s, err) {
				return
			}
		}
	}
}

func (c shardsExport) write(dir string, samples iter.Seq2[shards.Sample, error]) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	options := webdataset.Options{Rows: c.Rows, Compression: c.Compression}
	switch c.Format {
	case "webdataset":
		_, err := webdataset.Write(dir, samples, options)
		return err
	case "img2dataset":
		return webdataset.WriteImg2dataset(dir, samples, options)
	case "jsonl":
		return writeJSONL(dir, samples)
	case "arrow":
		file, err := atomicfile.Create(filepath.Join(dir, "data.arrow"))
		if err != nil {
			return err
		}
		defer file.Abort()
		if err := arrow.WriteFile(file, samples); err != nil {
			return err
		}
		return file.Commit()
	case "arrow-stream":
		return atomicfile.Write(filepath.Join(dir, "data.arrows"), func(w io.Writer) error { return arrow.WriteStream(w, samples) })
	case "hf":
		return atomicfile.Write(filepath.Join(dir, "train-00000-of-00001.parquet"), func(w io.Writer) error { return hf.Write(w, samples) })
	}
	return atomicfile.Write(filepath.Join(dir, "data.parquet"), func(w io.Writer) error { return shards.WriteParquet(w, samples) })
}

// writeJSONL writes rows as lines of data.jsonl and their images as files in the folder images,
// named by row. The field files of a line lists them.
func writeJSONL(dir string, samples iter.Seq2[shards.Sample, error]) error {
	if err := os.MkdirAll(filepath.Join(dir, "images"), 0o755); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, "data.jsonl"), func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		row := 0
		for s, err := range samples {
			if err != nil {
				return err
			}
			line := struct {
				shards.Sample
				Files []string `json:"files,omitempty"`
			}{Sample: s}
			for i := range s.Images {
				name := fmt.Sprintf("images/%09d.%d.%s", row, i, s.Images[i].Format)
				if err := os.WriteFile(filepath.Join(dir, name), s.Images[i].Bytes, 0o644); err != nil {
					return err
				}
				line.Files = append(line.Files, name)
			}
			if err := encoder.Encode(line); err != nil {
				return err
			}
			row++
		}
		return nil
	})
}
