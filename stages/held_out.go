package stages

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// heldOut is the evaluation of a recipe during training: first a plan, then open.
type heldOut struct {
	Eval
	recipe  Recipe // whose tasks are on the held-out split
	set     string // identifies the samples
	scorers []func(context.Context) (map[string]Score, error)
	closers []func() error
}

// planEvaluation looks for the held-out samples of a recipe's eval, with which the data of the
// training are filled in.
func (r Recipe) planEvaluation(training mixture.Recipe) (*heldOut, error) {
	e := r.Eval.withDefaults()
	set, err := e.checkSplits(r, training)
	if err != nil {
		return nil, err
	}
	r.Mixture = training.HeldOut(e.Data, e.Split)
	return &heldOut{Eval: e, recipe: r, set: set}, nil
}

// checkSplits returns an error if no dataset has samples of the split, and otherwise what
// identifies the samples.
func (e Eval) checkSplits(r Recipe, training mixture.Recipe) (string, error) {
	r.Mixture = training.HeldOut(e.Data, e.Split)
	folders := slices.Compact(slices.Sorted(slices.Values(r.datasets())))
	sum := sha256.New()
	fmt.Fprintln(sum, e.Split, e.Samples, r.Mixture.Seed, r.Mixture.Images.Ops)
	var found int64
	var have []string
	for _, folder := range folders {
		d, err := r.Mixture.Registry.OpenData(context.Background(), folder)
		if err != nil {
			return "", err
		}
		splits, id, err := splitsOf(d)
		if err := errors.Join(err, d.Close()); err != nil {
			return "", fmt.Errorf("recipe: eval: %w", err)
		}
		found += splits[e.Split]
		have = append(have, fmt.Sprintf("%s has %s", folder, listSplits(splits)))
		fmt.Fprintln(sum, id)
	}
	if found == 0 {
		return "", fmt.Errorf("recipe: eval: split %q has no sample: %s; name a split that is there with eval.split, or make one: pali3 shards split %s --fraction %s=0.05 --to DATASET",
			e.Split, strings.Join(have, ", "), folders[0], e.Split)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12], nil
}

// splitsOf counts the samples of each split, and returns what identifies the content of data.
func splitsOf(d mixture.Data) (splits map[string]int64, id string, err error) {
	if d, ok := d.(*shards.Dataset); ok {
		return d.Manifest().Totals.Splits, fingerprint(d.Manifest()), nil
	}
	splits = map[string]int64{}
	row := 0
	for s, err := range mixture.Scan(d) {
		if err != nil {
			return nil, "", fmt.Errorf("%s row %d: %w", d.Dir(), row, err)
		}
		splits[strings.Clone(s.Split)]++
		row++
	}
	return splits, mixture.DataFingerprint(d), nil
}

// listSplits lists splits with their numbers of samples.
func listSplits(splits map[string]int64) string {
	if len(splits) == 0 {
		return "no splits"
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(splits)) {
		parts = append(parts, fmt.Sprintf("%s (%d)", name, splits[name]))
	}
	return strings.Join(parts, ", ")
}

// open opens what the evaluations need, and returns what the training loop needs of them. It fails,
// before any training, if they cannot be made. The caller closes h in any case.
func (h *heldOut) open(network Network, set *weights.Set, vocabulary *tokenize.Vocabulary, kept *VisualTokenFolder, o Options) (*Evaluating, error) {
	others := slices.DeleteFunc(slices.Clone(h.Metrics), func(name string) bool { return name == lossMetric })
	if len(others) < len(h.Metrics) {
		if err := h.addLoss(network, set, kept, o); err != nil {
			return nil, fmt.Errorf("recipe: eval: %w", err)
		}
	}
	if len(others) > 0 {
		model := &Trained{Network: network, Recipe: h.recipe, Weights: set, Vocabulary: vocabulary}
		if h.recipe.locksImages() {
			model.VisualTokens = kept
		}
		model.sizes()
		if err := h.addMetrics(others, model, o); err != nil {
			return nil, fmt.Errorf("recipe: eval: %w", err)
		}
	}
	return &Evaluating{
		Every: h.Every, Score: h.score, Split: h.Split, Samples: h.Samples, Set: h.set,
		Best: h.Best, Patience: h.Patience, Evaluated: o.Evaluated,
	}, nil
}

// addLoss adds the validation loss.
func (h *heldOut) addLoss(network Network, set *weights.Set, kept *VisualTokenFolder, o Options) error {
	r := h.recipe
	var known knownImages
	stream, err := mixture.Open(r.Mixture, known.options(mixture.Options{Workers: o.Workers, Lenient: true}, kept != nil))
	if err != nil {
		return err
	}
	h.closers = append(h.closers, stream.Close)
	tokens, err := r.visualTokens(network, o.Backend, set, stream, max(1, r.tokenCacheMebibytes()/4), kept)
	if err != nil {
		return err
	}
	known.Store(tokens)
	for i, n := range stream.Examples() {
		name := r.Mixture.Tasks[i].Name
		if n > 0 || r.Mixture.Tasks[i].Weight == 0 {
			continue
		}
		o.warn("eval: task %s can use no sample of split %q: it has no validation loss", name, h.Split)
		if h.Best == lossMetric+"/"+name {
			return fmt.Errorf("best: %s: task %s can use no sample of split %q", h.Best, name, h.Split)
		}
	}
	v, err := newValidation(o.Backend, network, set, stream, tokens, h.Samples)
	if err == nil {
		h.scorers = append(h.scorers, v.scores)
	}
	return err
}

// addMetrics adds the metrics that the evaluator of the options computes.
func (h *heldOut) addMetrics(names []string, model *Trained, o Options) error {
	if o.Evaluator == nil {
		return fmt.Errorf("metrics: this program has no evaluator for %s; it computes loss only", strings.Join(names, ", "))
	}
	r := h.recipe
	folder := r.Mixture.Data
	if folder == "" { // each task has its own
		folder = r.datasets()[0]
	}
	d, err := h.recipe.Mixture.Registry.OpenData(context.Background(), folder)
	if err != nil {
		return err
	}
	h.closers = append(h.closers, d.Close)
	if model.Pipeline, err = r.Mixture.EvalPipeline(); err != nil {
		return err
	}
	on := HeldOut{Data: d, Split: h.Split, Samples: h.Samples, Seed: r.Mixture.Seed, Warn: o.Warn}
	score, err := o.Evaluator.Prepare(o.Backend, model, on, names)
	if err == nil {
		h.scorers = append(h.scorers, score)
	}
	return err
}

// score evaluates the weights.
func (h *heldOut) score(ctx context.Context) (map[string]Score, error) {
	all := map[string]Score{}
	for _, score := range h.scorers {
		some, err := score(ctx)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, some)
	}
	for name, s := range all {
		if !finite(float32(s.Value)) {
			return nil, fmt.Errorf("%s is %g", name, s.Value)
		}
	}
	return all, nil
}

func (h *heldOut) close() error {
	var all error
	for _, c := range h.closers {
		all = errors.Join(all, c())
	}
	return all
}
