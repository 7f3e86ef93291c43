package report_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/evalsuite/report"
)

// A run whose training has only begun has a page with its curve so far.
func ExampleBuild() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	lines := `{"step":1,"loss":8.1}` + "\n" + `{"step":2,"loss":7.4}` + "\n"
	if err := os.WriteFile(filepath.Join(dir, "metrics.jsonl"), []byte(lines), 0o644); err != nil {
		fmt.Println(err)
		return
	}
	page, err := report.Build(context.Background(), []string{dir}, report.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(page.Sections()[0].Name, len(page.Stages[0].Losses), "steps")
	fmt.Println(report.WriteFile(filepath.Join(dir, "report.html"), page))
	// Output:
	// Training 2 steps
	// <nil>
}
