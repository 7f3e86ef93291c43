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
)

// heldOut is what a recipe's eval opens: the datasets, and what computes the scores of each.
type heldOut struct {
	Eval
	set     string // names the samples
	scorers []func(context.Context) (map[string]Score, error)
	closers []func() error
}

// openHeldOut opens what a recipe's evaluations need. It fails, before any training, where they
// could not be made.
func (r Recipe) openHeldOut(network Network, set *weights.Set, training *mixture.Stream, o Options) (h *heldOut, err error) {
	h = &heldOut{Eval: *r.Eval}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("recipe: eval: %w", err), h.close())
			h = nil
		}
	}()
	if h.set, err = h.checkSplits(r, training.Recipe()); err != nil {
		return h, err
	}
	r.Mixture = training.Recipe().HeldOut(h.Data, h.Split)
	others := slices.DeleteFunc(slices.Clone(h.Metrics), func(name string) bool { return name == lossMetric })
	if len(others) < len(h.Metrics) {
		if err := h.addLoss(r, network, set, o); err != nil {
			return h, err
		}
	}
	if len(others) > 0 {
		err = h.addMetrics(r, others, &Trained{Network: network, Recipe: r, Weights: set, Vocabulary: training.Vocabulary()}, o)
	}
	return h, err
}

func (h *heldOut) close() error {
	var all error
	for _, c := range h.closers {
		all = errors.Join(all, c())
	}
	return all
}

// checkSplits is an error if no dataset has samples of the split. Otherwise it returns the name of
// the samples.
func (e Eval) checkSplits(r Recipe, training mixture.Recipe) (string, error) {
	r.Mixture = training.HeldOut(e.Data, e.Split)
	folders := slices.Compact(slices.Sorted(slices.Values(r.datasets())))
	sum := sha256.New()
	fmt.Fprintln(sum, e.Split, e.Samples, r.Mixture.Seed, r.Mixture.Images.Ops)
	var found int64
	var have []string
	for _, folder := range folders {
		d, err := shards.Open(folder)
		if err != nil {
			return "", err
		}
		splits := d.Manifest().Totals.Splits
		found += splits[e.Split]
		have = append(have, fmt.Sprintf("%s has %s", folder, listSplits(splits)))
		fmt.Fprintln(sum, fingerprint(d.Manifest()))
		if err := d.Close(); err != nil {
			return "", err
		}
	}
	if found == 0 {
		return "", fmt.Errorf("recipe: eval: split %q has no sample: %s; name a split that is there with eval.split, or make one: pali3 shards split %s --fraction %s=0.05 --to DATASET",
			e.Split, strings.Join(have, ", "), folders[0], e.Split)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12], nil
}

// listSplits lists the names of splits with their numbers of samples.
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

// addLoss adds the validation loss of the recipe, whose tasks are on the held-out split.
func (h *heldOut) addLoss(r Recipe, network Network, set *weights.Set, o Options) error {
	stream, err := mixture.Open(r.Mixture, mixture.Options{Workers: o.Workers, Builtin: o.Builtin, Lenient: true})
	if err != nil {
		return err
	}
	h.closers = append(h.closers, stream.Close)
	var tokens *VisualTokenCache
	if r.caches(stream) { // the encoder is frozen, and its tokens are kept from one evaluation to the next
		if tokens, err = network.visualTokens(o.Backend, set, max(1, r.cacheSize()/4)); err != nil {
			return err
		}
	}
	for i, n := range stream.Examples() {
		if n == 0 && r.Mixture.Tasks[i].Weight > 0 {
			o.warn("eval: task %s can use no sample of split %q: it has no validation loss", r.Mixture.Tasks[i].Name, h.Split)
			if h.Best == lossMetric+"/"+r.Mixture.Tasks[i].Name {
				return fmt.Errorf("best: %s: task %s can use no sample of split %q", h.Best, r.Mixture.Tasks[i].Name, h.Split)
			}
		}
	}
	v, err := newValidation(o.Backend, network, set, stream, tokens, h.Samples)
	if err == nil {
		h.scorers = append(h.scorers, v.scores)
	}
	return err
}

// addMetrics adds the metrics that the evaluator of the options computes.
func (h *heldOut) addMetrics(r Recipe, names []string, model *Trained, o Options) error {
	if o.Evaluator == nil {
		return fmt.Errorf("metrics: this program has no evaluator for %s; it computes loss only", strings.Join(names, ", "))
	}
	folder := r.Mixture.Data
	if folder == "" { // each task has its own
		folder = r.datasets()[0]
	}
	d, err := shards.Open(folder)
	if err != nil {
		return err
	}
	h.closers = append(h.closers, d.Close)
	if model.Pipeline, err = r.Mixture.Images.EvalPipeline(); err != nil {
		return err
	}
	score, err := o.Evaluator.Prepare(o.Backend, model, h.on(d, r, o), names)
	if err == nil {
		h.scorers = append(h.scorers, score)
	}
	return err
}

func (h *heldOut) on(d *shards.Dataset, r Recipe, o Options) HeldOut {
	return HeldOut{Data: d, Split: h.Split, Samples: h.Samples, Seed: r.Mixture.Seed, Warn: o.Warn}
}

// scores evaluates the weights.
func (h *heldOut) scores(ctx context.Context) (map[string]Score, error) {
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

// evaluating is the plan of the training loop.
func (h *heldOut) evaluating(o Options) *Evaluating {
	return &Evaluating{
		Every: h.Every, Score: h.scores, Split: h.Split, Samples: h.Samples, Set: h.set,
		Best: h.Best, Patience: h.Patience, Evaluated: o.Evaluated,
	}
}
