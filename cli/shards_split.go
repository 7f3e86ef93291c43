package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/webli"
)

// shardsSplit writes each split as a dataset, or with --fraction one dataset with new splits.
type shardsSplit struct {
	Dataset      string   `arg:"" help:"${dataset}"`
	To           string   `required:"" help:"Folder of the new datasets, or a URL; with --fraction the new dataset." placeholder:"DIR"`
	Parts        int      `help:"Cut into this many datasets of consecutive rows, of equal length, instead of by split."`
	Fraction     []string `placeholder:"NAME=PART" help:"Write one dataset with samples drawn into these splits, for example val=0.05,test=0.05; all others go to --rest."`
	Rest         string   `default:"train" help:"With --fraction: split of all other samples."`
	By           string   `default:"key" help:"With --fraction: what to draw by: key, provenance.url, provenance.page_url or a metadata field. Samples with the same value go to the same split."`
	KeepTogether string   `enum:",near-duplicates" default:"" placeholder:"near-duplicates" help:"With --fraction: keep samples in the same split if their images are near-duplicates, or if they have no images and the same texts."`
	Near         string   `placeholder:"BITS,COLOUR" help:"Threshold for near-duplicates, as duplicates.near of a curation recipe; default 3,5."`
	Seed         uint64   `help:"With --fraction: seed of the draw."`
	Resplit      bool     `help:"With --fraction: draw from all samples. By default samples keep a split other than --rest."`
	Workers      workers  `help:"Goroutines that decode images; default one per core."`
	JSON         bool     `help:"With --fraction: print the report as one JSON object."`
}

func (c shardsSplit) Run(ctx context.Context, con *console) error {
	if len(c.Fraction) > 0 {
		return c.draw(ctx, con)
	}
	if c.KeepTogether != "" || c.By != "key" || c.Rest != "train" || c.Near != "" || c.Seed != 0 || c.Resplit || c.JSON {
		return errors.New("--rest, --by, --keep-together, --near, --seed, --resplit and --json need --fraction, for example --fraction val=0.05")
	}
	d, err := con.open(c.Dataset)
	if err != nil {
		return err
	}
	defer d.Close()
	if c.Parts > 0 {
		return c.cut(con, d)
	}
	return c.bySplit(con, d)
}

// cut writes datasets of consecutive rows, of equal length.
func (c shardsSplit) cut(con *console, d *shards.Dataset) error {
	for n := range c.Parts {
		rows := numbers(n*d.Len()/c.Parts, (n+1)*d.Len()/c.Parts)
		if err := writeDataset(con, shards.Below(c.To, fmt.Sprintf("%05d", n)), shards.Limits{}, "shards split", []string{c.Dataset}, d.Rows(rows)); err != nil {
			return err
		}
	}
	return nil
}

// bySplit writes each split as a dataset.
func (c shardsSplit) bySplit(con *console, d *shards.Dataset) error {
	names, err := splitNames(d)
	if err != nil {
		return err
	}
	for _, name := range names {
		v, err := d.Where(shards.Equal("split", name))
		if err != nil {
			return err
		}
		folder := name
		if folder == "" {
			folder = "unnamed"
		}
		if !filepath.IsLocal(folder) || strings.ContainsAny(folder, `/\`) {
			return fmt.Errorf("the split %q cannot be the name of a folder", name)
		}
		if err := writeDataset(con, shards.Below(c.To, folder), shards.Limits{}, "shards split", []string{c.Dataset}, v.Samples()); err != nil {
			return err
		}
	}
	return nil
}

// splitNames returns the splits of a dataset in the order of their first rows.
func splitNames(d *shards.Dataset) (names []string, err error) {
	v, err := d.Select("split")
	if err != nil {
		return nil, err
	}
	for s, err := range v.Scan() {
		if err != nil {
			return nil, err
		}
		if !slices.Contains(names, s.Split) {
			names = append(names, strings.Clone(s.Split))
		}
	}
	return names, nil
}

// draw writes one dataset with new splits.
func (c shardsSplit) draw(ctx context.Context, con *console) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	if shards.IsURL(c.To) {
		if err := con.mustBeEmpty(c.To); err != nil {
			return err
		}
	}
	d, err := con.open(c.Dataset)
	if err != nil {
		return err
	}
	defer d.Close()
	bar := con.progress("split", "samples", int64(d.Len()))
	var report webli.SplitReport
	err = deliver(c.To, func(dir string) (err error) {
		report, err = webli.Split(ctx, d, dir, config, webli.Options{
			Workers: int(c.Workers), Command: con.commandLine(), Progress: func(done, _ int) { bar.Set(int64(done), 0) },
		})
		return err
	}, func(dir string) error {
		_, err := con.program.Stores.Copy(ctx, dir, c.To, shards.CopyOptions{})
		return err
	})
	bar.End()
	if err != nil {
		return err
	}
	for _, warning := range report.Warnings {
		con.log.Warn().Msg(warning)
	}
	if c.JSON {
		return con.printJSON(report)
	}
	c.print(con, report)
	return nil
}

// config returns the configuration that the flags describe.
func (c shardsSplit) config() (webli.SplitConfig, error) {
	config := webli.SplitConfig{Rest: c.Rest, By: c.By, KeepTogether: c.KeepTogether, Seed: c.Seed, Resplit: c.Resplit}
	if c.Parts > 0 {
		return config, errors.New("--parts and --fraction exclude each other")
	}
	for _, f := range c.Fraction {
		name, text, found := strings.Cut(f, "=")
		part, err := strconv.ParseFloat(text, 64)
		if !found || err != nil {
			return config, fmt.Errorf("--fraction %s: want NAME=PART, for example val=0.05", f)
		}
		config.Fractions = append(config.Fractions, webli.Fraction{Name: name, Part: part})
	}
	if c.Near != "" {
		if c.KeepTogether == "" {
			return config, errors.New("--near needs --keep-together near-duplicates")
		}
		bits, colour, _ := strings.Cut(c.Near, ",")
		var errs [2]error
		config.Near.Bits, errs[0] = strconv.Atoi(bits)
		config.Near.Colour, errs[1] = strconv.Atoi(colour)
		if errors.Join(errs[:]...) != nil || config.Near == (webli.NearDuplicate{}) {
			return config, fmt.Errorf("--near %s: want BITS,COLOUR that are not both 0, for example 3,5", c.Near)
		}
	}
	if err := config.Validate(); err != nil {
		return config, fmt.Errorf("--fraction %s: %w", strings.Join(c.Fraction, ","), err)
	}
	return config, nil
}

func (c shardsSplit) print(con *console, report webli.SplitReport) {
	width := len("split")
	for _, p := range report.Splits {
		width = max(width, len(p.Name))
	}
	con.printf("%-*s %9s %9s %7s %7s %7s\n", width, "split", "samples", "images", "asked", "got", "kept")
	for _, p := range report.Splits {
		asked, got := "", ""
		if p.Asked > 0 {
			asked, got = fmt.Sprintf("%.1f%%", 100*p.Asked), fmt.Sprintf("%.1f%%", 100*p.Got)
		}
		con.printf("%-*s %9d %9d %7s %7s %7d\n", width, p.Name, p.Samples, p.Images, asked, got, p.Kept)
	}
	if report.Groups > 0 {
		con.printf("%d groups of 2 to %d samples, %d samples in all, kept together\n", report.Groups-report.Torn, report.Largest, report.Grouped)
	}
	if kept := slices.ContainsFunc(report.Splits, func(p webli.SplitPart) bool { return p.Kept > 0 }); kept {
		con.printf("kept: samples that already had this split; --resplit draws them again\n")
	}
	con.printf("wrote %s: %d rows\n", c.To, report.Samples)
}
