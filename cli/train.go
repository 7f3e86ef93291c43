package cli

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/stages"
)

// trainCommand runs a stage of training.
type trainCommand struct {
	Recipe string   `required:"" placeholder:"RECIPE" help:"Shipped recipe or YAML file; the run.yaml in a run folder repeats that run."`
	Out    string   `required:"" placeholder:"RUN" help:"Run folder. An interrupted run in it is resumed."`
	Set    []string `sep:"none" placeholder:"KEY=VALUE" help:"Override a value of the recipe, for example data=DATASET or optimizer.learning_rate=1e-3."`
	backendFlag
	Workers int  `help:"Goroutines that make examples; default one per core."`
	JSON    bool `help:"Print the result as one JSON object."`
}

func (c trainCommand) Run(ctx context.Context, con *console) error {
	recipe, err := con.readRecipe(c.Recipe, c.Set)
	if err != nil {
		return err
	}
	be, err := c.openBackend(con)
	if err != nil {
		return err
	}
	if c.Workers == 0 {
		c.Workers = runtime.NumCPU()
	}
	con.log.Info().Str("family", recipe.Family).Int("steps", recipe.Steps).Str("out", c.Out).Msg("training")
	var line *progress
	result, err := stages.Run(ctx, recipe, c.Out, stages.Options{
		Backend: be, Workers: c.Workers, Version: con.program.Version,
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
	con.printf("%d steps", r.Steps)
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
		con.printf("split %s, %d evaluations, the last after step %d: %s\n", last.Split, n, last.Step, last)
	}
	if r.StoppedEarly {
		con.printf("stopped early after step %d: too many evaluations without a better score\n", r.Steps)
	}
	if r.Best != nil {
		con.printf("the weights are those of step %d, the best by %s: %.4f (%.4f to %.4f)\n", r.Best.Step, r.Best.Metric, r.Best.Score.Value, r.Best.Score.Lo, r.Best.Score.Hi)
	}
	con.printf("wrote %s; see its curves with: tensorboard --logdir %s\n", r.Weights, c.Out)
}

// evaluatedLine describes an evaluation in one line.
func evaluatedLine(e stages.Evaluated) string {
	line := fmt.Sprintf("after step %d, split %s: %s", e.Step, e.Split, e)
	if e.Best != "" {
		line += "; the best so far by " + e.Best
	}
	return line
}
