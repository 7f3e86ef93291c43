package project

import (
	"context"
	"fmt"
	"runtime"

	"github.com/pali3/pali3/evalsuite/report"
)

// report writes the page of the project.
func (r *runner) report(ctx context.Context) error {
	page, err := report.Build(ctx, []string{r.dir}, report.Options{Seed: r.pipeline.Seed, Registry: r.Registry})
	if err != nil {
		return err
	}
	if r.pipeline.Title != "" {
		page.Title = r.pipeline.Title
	}
	if r.pipeline.About != "" {
		page.Summary = r.pipeline.About
	}
	page.Machine = fmt.Sprintf("%d cores, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, r.Backend.Name())
	return report.WriteFile(r.path(ReportFile), page)
}
