package report_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/evalsuite/report"
)

func ExampleWriteFile() {
	dir, err := os.MkdirTemp("", "report")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	blind := metrics.Score{Value: 0.47, Lo: 0.44, Hi: 0.49, N: 1204}
	err = report.WriteFile(filepath.Join(dir, "report.html"), &report.Report{
		Title:   "A small PaLI-3",
		Seconds: 372,
		Stages:  []report.Stage{{Name: "Stage 1", Losses: []report.Point{{Step: 1, Loss: 8.2}, {Step: 2, Loss: 7.9}, {Step: 3, Loss: 7.7}}}},
		Scores: []report.Score{
			{Split: "held_out", Metric: "vqa_accuracy", Model: metrics.Score{Value: 0.84, Lo: 0.82, Hi: 0.86, N: 1204}, Blind: &blind},
		},
	})
	fmt.Println(err)
	// Output: <nil>
}

// Write lays a report out as one page that needs nothing but itself.
func ExampleWrite() {
	var page strings.Builder
	err := report.Write(&page, &report.Report{Title: "Cats & dogs"})
	fmt.Println(strings.Contains(page.String(), "<title>Cats &amp; dogs</title>"), strings.Contains(page.String(), "<script"), err)
	// Output: true false <nil>
}
