package cli

import (
	"context"
	"strings"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/recipes"
	"github.com/pali3/pali3/stages"
	"github.com/pali3/pali3/webli"
)

type recipeCheck struct {
	Recipe string   `arg:"" help:"Shipped recipe, or a YAML file."`
	Set    []string `sep:"none" placeholder:"KEY=VALUE" help:"Override a value of the recipe, for example data=DATASET."`
	JSON   bool     `help:"Print one JSON object."`
}

// checked is what check prints as JSON.
type checked struct {
	Recipe string `json:"recipe"`
	OK     bool   `json:"ok"`   // no errors; there may be warnings
	Kind   string `json:"kind"` // "training" or "curation"
	stages.Inspection
}

func (c recipeCheck) Run(ctx context.Context, con *console) error {
	file, err := recipes.Open(c.Recipe)
	if err != nil {
		return err
	}
	result := checked{Recipe: c.Recipe, Kind: file.Kind()}
	if result.Kind == recipes.Curation {
		result.Findings = append([]strict.Finding{}, webli.Inspect(file.Text, file.Name, file.Dir, con.program.Rules, con.program.Stores, c.Set...)...)
	} else {
		be, err := backend.Open("")
		if err != nil {
			return err
		}
		defer be.Finalize()
		_, free := memory()
		options := stages.InspectOptions{Backend: be, Registry: con.registry(), Memory: free}
		if result.Inspection, err = stages.Inspect(ctx, file.Text, file.Name, file.Dir, c.Set, options); err != nil {
			return err
		}
	}
	result.OK = !result.Failed()
	if c.JSON {
		err = con.printJSON(result)
	} else {
		result.print(con)
	}
	if err == nil && !result.OK {
		err = exitStatus{status: 1}
	}
	return err
}

func (c checked) print(con *console) {
	errors, warnings := 0, 0
	for _, f := range c.Findings {
		con.println(f)
		if f.Severity == strict.Error {
			errors++
		} else {
			warnings++
		}
	}
	for _, s := range c.Sources {
		con.printf("source %s: %s, %s of %.1f MB, for %s\n", s.Dataset, plural(s.Rows, "row"), plural(s.Files, "file"), float64(s.Bytes)/1e6, strings.Join(s.Tasks, ", "))
	}
	if v := c.Vocabulary; v != nil {
		con.printf("vocabulary: %d ids in %d rows, %d sentinels of which %d are needed\n", v.Pieces, v.Size, v.Sentinels, v.Needed)
	}
	for _, t := range c.Tasks {
		con.printf("task %s: %d samples; the longest of %d examples have %d encoder ids and %d decoder ids\n",
			t.Task, t.Samples, t.Examples, t.LongestEncoder, t.LongestDecoder)
	}
	if c.Model != nil {
		con.printf("model: %s parameters, %s of them trained, for %d steps\n", grouped(int64(c.Model.Parameters)), grouped(int64(c.Model.Trained)), c.Steps)
	}
	if c.Memory != nil {
		con.printf("memory: about %d MiB\n", c.Memory.Total()>>20)
	}
	switch {
	case errors+warnings == 0:
		con.printf("%s: no problems found\n", c.Recipe)
	default:
		con.printf("%s: %s, %s\n", c.Recipe, plural(errors, "error"), plural(warnings, "warning"))
	}
}
