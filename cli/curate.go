package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/webli"
)

// curateCommand writes a dataset without the samples that a recipe's rules reject.
type curateCommand struct {
	Datasets []string `arg:"" name:"dataset" help:"Datasets: folders or URLs of object stores (s3://, gs://, azblob://, file:///); several are combined into one."`
	Recipe   string   `required:"" placeholder:"RECIPE" help:"Shipped recipe or YAML file."`
	To       string   `required:"" placeholder:"OUT" help:"The new dataset: a folder or a URL."`
	Against  []string `placeholder:"DATASET" help:"Also remove what is in these datasets, by the recipe's rules of contamination: exact, near and words."`
	Set      []string `placeholder:"KEY=VALUE" sep:"none" help:"Override a value of the recipe, for example images.min_side=100."`
	Workers  workers  `help:"Goroutines that decode images; default one per core."`
	JSON     bool     `help:"Print the report as one JSON object."`
}

func (c curateCommand) Run(ctx context.Context, con *console) (err error) {
	config, err := con.readCuration(c.Recipe, c.Set)
	if err != nil {
		return err
	}
	rules := config.Contamination
	if len(c.Against) > 0 && !rules.Exact && rules.Near == (webli.NearDuplicate{}) && rules.Words == 0 {
		return fmt.Errorf("--against: the recipe %s sets none of contamination.exact, contamination.near and contamination.words, by which datasets are compared; for example --set contamination.exact=true", c.Recipe)
	}
	config.Contamination.Against = append(config.Contamination.Against, c.Against...)
	if shards.IsURL(c.To) {
		if err := con.mustBeEmpty(c.To); err != nil {
			return err
		}
	}
	var in []*shards.Dataset
	rows := 0
	for _, dir := range c.Datasets {
		d, err := con.open(dir)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, d.Close()) }()
		in, rows = append(in, d), rows+d.Len()
	}
	bar := con.progress("curate", "samples", int64(rows))
	var report webli.Report
	curate := func(dir string) (err error) {
		report, err = webli.Curate(ctx, in, dir, config, webli.Options{
			Stores:   con.program.Stores,
			Workers:  int(c.Workers),
			Command:  con.typed(),
			Progress: func(done, _ int) { bar.Set(int64(done), 0) },
		})
		return err
	}
	err = deliver(c.To, curate, func(dir string) error {
		_, err := con.program.Stores.Copy(ctx, dir, c.To, shards.CopyOptions{})
		return err
	})
	bar.End()
	if err != nil {
		return err
	}
	for _, warning := range report.Warnings {
		con.log.Warn().Msgf("%s; list the removed samples with: %s shards head %s --rejects", warning, con.program.Name, c.To)
	}
	if c.JSON {
		return con.printJSON(report)
	}
	c.print(con, report)
	return nil
}

func (c curateCommand) print(con *console, report webli.Report) {
	con.printf("%-20s %9d\n", "samples in", report.In)
	for _, r := range report.Rules {
		con.printf("%-20s %9d\n", r.Name, -r.Removed)
	}
	con.printf("%-20s %9d\n", "samples out", report.Out)
	if report.Texts > 0 {
		con.printf("%d texts were also removed from the remaining samples\n", report.Texts)
	}
	if report.Merged+report.MergedQuestions > 0 {
		con.printf("%d texts and %d questions moved from duplicates to the remaining samples\n", report.Merged, report.MergedQuestions)
	}
	con.printf("wrote %s; list the removed samples and why with: %s shards head %s --rejects\n", c.To, con.program.Name, c.To)
}
