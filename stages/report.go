package stages

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/weights"
)

// Result reports what a run did.
type Result struct {
	Family string `json:"family"`
	// Stage is the older name of the family.
	Stage string `json:"stage"`
	// Steps taken, of which Resumed were found in the folder.
	Steps   int `json:"steps"`
	Resumed int `json:"resumed"`
	// Loss is the mean over the last twentieth of the steps.
	Loss float64 `json:"loss"`
	// Parameters of the model, of which Trained were not frozen.
	Parameters int `json:"parameters"`
	Trained    int `json:"trained"`
	// Skipped counts samples that could not be used, and SkippedReasons tell why.
	Skipped        int                     `json:"skipped"`
	SkippedReasons []mixture.SkippedReason `json:"skipped_reasons,omitempty"`
	// LeftOut is what examples lack of their samples, such as images for which there was no room.
	LeftOut []mixture.TaskLeftOut `json:"left_out,omitempty"`
	// Truncated is the share of examples whose texts were truncated to their windows.
	Truncated float64 `json:"cut"`
	// Packing tells how full packed rows were, and which examples were left out. Nil without
	// packing.
	Packing *mixture.Packed `json:"packing,omitempty"`
	Seconds float64         `json:"seconds"`
	// Weights is the file that holds the model.
	Weights string `json:"weights"`
	// Evaluations that the recipe's eval asked for, in order.
	Evaluations []Evaluated `json:"evaluations,omitempty"`
	// Best tells which step the weights are from if the recipe asks for the best ones; nil means
	// the last step.
	Best *Best `json:"best,omitempty"`
	// StoppedEarly reports whether the run ended before the recipe's steps because the best score
	// no longer improved.
	StoppedEarly bool `json:"stopped_early,omitempty"`
}

// finish writes what is needed to use a trained model into its folder and reports on the run.
func (r Recipe) finish(f *Folder, n Network, set *weights.Set, stream *mixture.Stream, end ending, o Options) (Result, error) {
	set, err := f.writeBest(set, end.best)
	if err != nil {
		return Result{}, err
	}
	if r.Eval != nil && r.Eval.Best != "" && end.best == nil {
		o.warn("eval: no evaluation scored best: %s, so the weights are those of the last step", r.Eval.Best)
	}
	if err := copyTokenizer(f.Dir, r.Mixture); err != nil {
		return Result{}, err
	}
	if err := stream.Seen().Write(f.Dir); err != nil {
		return Result{}, err
	}
	if err := writeModel(f.Dir, n, set); err != nil {
		return Result{}, err
	}
	skipped := stream.Skipped()
	result := Result{
		LeftOut: stream.LeftOut(),
		Family:  r.Family, Stage: r.stageName(), Steps: end.steps, Skipped: skipped.Samples, SkippedReasons: skipped.Reasons, Truncated: stream.Truncated(),
		Weights: filepath.Join(f.Dir, WeightsFile), Best: end.best, StoppedEarly: end.stopped,
	}
	if packed, packs := stream.Packed(); packs {
		result.Packing = &packed
	}
	if err := result.count(set, r.Freeze); err != nil {
		return Result{}, err
	}
	return result, result.readMetrics(f.Dir)
}

// copyTokenizer copies the tokenizer model of a recipe into its run folder.
func copyTokenizer(dir string, r mixture.Recipe) error {
	content, err := r.Registry.ReadTokenizer(r.Tokenizer.Model)
	if err != nil {
		return fmt.Errorf("copying the tokenizer into %s: %w", dir, err)
	}
	return atomicfile.WriteBytes(filepath.Join(dir, TokenizerFile), content)
}

// writeModel writes the weights and the model's config.
func writeModel(dir string, network Network, set *weights.Set) error {
	if err := set.Save(filepath.Join(dir, WeightsFile), map[string]string{"family": network.Family.Name}); err != nil {
		return err
	}
	content, err := json.MarshalIndent(network, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(dir, ModelFile), append(content, '\n'))
}

// count counts the parameters.
func (r *Result) count(set *weights.Set, freeze []string) error {
	frozen, err := weights.Frozen(set.Specs(), freeze)
	if err != nil {
		return err
	}
	r.Parameters = set.Parameters()
	for i, spec := range set.Specs() {
		if !frozen[i] {
			r.Trained += spec.Size()
		}
	}
	return nil
}

// readMetrics reads the losses and the evaluations of the run.
func (r *Result) readMetrics(dir string) error {
	steps, evaluations, err := readMetrics(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	last := steps[len(steps)-min(len(steps), max(1, r.Steps/20)):]
	for _, m := range last {
		r.Loss += float64(m.Loss) / float64(len(last))
	}
	r.Evaluations = evaluations
	return nil
}
