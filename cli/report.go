package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/pali3/pali3/evalsuite/report"
)

// reportCommand writes a page about one run, several runs side by side, or a project.
type reportCommand struct {
	Runs    []string `arg:"" name:"run" help:"Run folder of train; several are compared side by side. Or one project folder, which holds run folders. Or one folder that eval --bench --out wrote."`
	Out     string   `default:"report.html" placeholder:"FILE" help:"The page."`
	Samples int      `default:"12" help:"Images in a random gallery; other galleries scale with it."`
	Seed    uint64   `help:"Seed that draws the images shown."`
	Images  string   `placeholder:"FOLDER" help:"Of a benchmark: folder of its images, which are found by name."`
	Data    string   `placeholder:"DATASET" help:"Of a benchmark: dataset with its images, instead of --images."`
	JSON    bool     `help:"Print the sections of the page and what is missing as one JSON object."`
}

// reported is what report prints as JSON.
type reported struct {
	File       string           `json:"file"`
	Bytes      int64            `json:"bytes"`
	Title      string           `json:"title"`
	Sections   []string         `json:"sections"`
	Notes      []string         `json:"notes"`
	Missing    []reportedGap    `json:"missing"`
	Difference []reportedKey    `json:"differences,omitempty"`
	Changed    []reportedChange `json:"changed,omitempty"`
}

type reportedGap struct {
	What    string `json:"what"`
	Command string `json:"command,omitempty"`
}

type reportedKey struct {
	Key    string   `json:"key"`
	Values []string `json:"values"`
}

type reportedChange struct {
	Title  string `json:"title"`
	From   string `json:"from"`
	To     string `json:"to"`
	Asked  int    `json:"asked"`
	Same   int    `json:"same"`
	Fixed  int    `json:"fixed"`
	Broken int    `json:"broken"`
	Other  int    `json:"other"`
}

func (c reportCommand) Run(ctx context.Context, con *console) error {
	if c.Samples < 1 {
		return fmt.Errorf("--samples must be 1 or more, not %d", c.Samples)
	}
	page, err := report.Build(ctx, c.Runs, report.Options{
		Samples: c.Samples, Seed: c.Seed, Registry: con.registry(), Images: c.Images, Data: c.Data, Benchmarks: con.program.Benchmarks,
	})
	if err != nil {
		return err
	}
	if err := report.WriteFile(c.Out, page); err != nil {
		return err
	}
	if c.JSON {
		return c.printJSON(con, page)
	}
	for _, note := range page.Notes {
		con.log.Warn().Msg(note)
	}
	con.printf("wrote %s:", c.Out)
	for i, section := range page.Sections() {
		if i > 0 {
			con.printf(",")
		}
		con.printf(" %s", section.ID)
	}
	con.println()
	for _, m := range page.Missing {
		con.println(m.What)
		if m.Command != "" {
			con.println("    " + m.Command)
		}
	}
	return nil
}

func (c reportCommand) printJSON(con *console, page *report.Report) error {
	info, err := os.Stat(c.Out)
	if err != nil {
		return err
	}
	found := reported{File: c.Out, Bytes: info.Size(), Title: page.Title, Sections: []string{}, Notes: []string{}, Missing: []reportedGap{}}
	for _, s := range page.Sections() {
		found.Sections = append(found.Sections, s.ID)
	}
	found.Notes = append(found.Notes, page.Notes...)
	for _, m := range page.Missing {
		found.Missing = append(found.Missing, reportedGap(m))
	}
	if page.Differences != nil {
		for _, d := range page.Differences.Keys {
			found.Difference = append(found.Difference, reportedKey(d))
		}
	}
	for _, ch := range page.Changes {
		found.Changed = append(found.Changed, reportedChange{ch.Title, ch.From, ch.To, ch.Asked, ch.Same, ch.Fixed, ch.Broken, ch.Other})
	}
	return con.printJSON(found)
}
