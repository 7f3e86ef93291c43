package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/internal/hubfolder"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/project"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// trainCommand runs a stage of training.
type trainCommand struct {
	Recipe string   `required:"" placeholder:"RECIPE" help:"Shipped recipe or YAML file; the run.yaml in a run folder repeats that run."`
	Out    string   `required:"" placeholder:"RUN" help:"Run folder. An interrupted run in it is resumed."`
	Set    []string `sep:"none" placeholder:"KEY=VALUE" help:"Override a value of the recipe, for example data=DATASET or optimizer.learning_rate=1e-3."`
	backendFlag
	Workers workers `help:"Goroutines that make examples; default one per core."`
	JSON    bool    `help:"Print the result as one JSON object."`
}

func (c trainCommand) Run(ctx context.Context, con *console) error {
	recipe, err := con.readRecipe(c.Recipe, c.Set)
	if err != nil {
		return err
	}
	if err := checkRunFolder(c.Out); err != nil {
		return err
	}
	be, err := c.openBackend(con)
	if err != nil {
		return err
	}
	con.log.Info().Str("family", recipe.Family).Int("steps", recipe.Steps).Str("out", c.Out).Msg("training")
	var line *progress
	result, err := stages.Run(ctx, recipe, c.Out, stages.Options{
		Backend: be, Workers: c.Workers.orAll(), Version: con.program.Version,
		Note:      con.info,
		Warn:      con.warn,
		Evaluator: evalsuite.Validator{},
		Evaluated: func(e stages.Evaluated) {
			if line != nil {
				line.Clear()
			}
			con.log.Info().Msg(evaluatedLine(e))
		},
		Progress: func(p stages.Progress) {
			if line == nil {
				line = con.progress(recipe.Family, "steps", int64(p.Steps))
				line.Resume(int64(p.Resumed), p.Elapsed)
			}
			line.Note(fmt.Sprintf("loss %.4f", p.Loss))
			line.Set(int64(p.Step), 0)
		},
	})
	if line != nil {
		line.End()
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return con.printJSON(result)
	}
	c.print(con, result)
	return nil
}

func (c trainCommand) print(con *console, r stages.Result) {
	took := time.Duration(r.Seconds * float64(time.Second)).Round(time.Second)
	con.printf("%s", plural(r.Steps, "step"))
	if r.Resumed > 0 {
		con.printf(", %d of them found in %s", r.Resumed, c.Out)
	}
	con.printf("; loss %.4f; %s of %s parameters trained in %s\n", r.Loss, grouped(int64(r.Trained)), grouped(int64(r.Parameters)), took)
	if r.Skipped > 0 {
		con.printf("%s\n", mixture.Skipped{Samples: r.Skipped, Reasons: r.SkippedReasons})
	}
	if r.Truncated > 0 {
		con.printf("%.1f%% of examples were truncated; raise lengths.*\n", 100*r.Truncated)
	}
	if r.Packing != nil {
		con.printf("%s\n", r.Packing)
	}
	if n := len(r.Evaluations); n > 0 {
		last := r.Evaluations[n-1]
		con.printf("split %s, %s, the last after step %d: %s\n", last.Split, plural(n, "evaluation"), last.Step, last)
	}
	if r.StoppedEarly {
		con.printf("stopped early after step %d: too many evaluations without a better score\n", r.Steps)
	}
	if r.Best != nil {
		con.printf("the weights are those of step %d, the best by %s: %.4f (%.4f to %.4f)\n", r.Best.Step, r.Best.Metric, r.Best.Score.Value, r.Best.Score.Lo, r.Best.Score.Hi)
	}
	con.printf("wrote %s; see its curves with: tensorboard --logdir %s\n", r.Weights, c.Out)
}

// checkRunFolder returns an error for a folder of a dataset, a project or a published model: the
// files of a run must not be mixed with theirs.
func checkRunFolder(dir string) error {
	for _, other := range []struct{ file, what string }{
		{shards.ManifestName, "a dataset"}, {project.PipelineFile, "a project"}, {hubfolder.ConfigFile, "a published model"},
	} {
		if _, err := os.Stat(filepath.Join(dir, other.file)); err == nil {
			return fmt.Errorf("--out %s is %s, since it has a %s; name a new folder, or that of the run to resume", dir, other.what, other.file)
		}
	}
	return nil
}

// evaluatedLine describes an evaluation in one line.
func evaluatedLine(e stages.Evaluated) string {
	line := fmt.Sprintf("after step %d, split %s: %s", e.Step, e.Split, e)
	if e.Best != "" {
		line += "; the best so far by " + e.Best
	}
	return line
}
