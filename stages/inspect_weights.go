package stages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/weights"
)

// CheckModel returns an error if the recipe's model cannot be trained on batches of the given shape
// with a vocabulary of the given size: sizes do not fit, or prefixes cover no weight. It does not
// look for the weights of earlier runs.
func (r Recipe) CheckModel(be compute.Backend, shape mixture.Shape, vocabulary int) error {
	if err := r.Check(); err != nil {
		return err
	}
	network, err := r.Network(shape, vocabulary)
	if err != nil {
		return err
	}
	specs, err := network.Model.Specs(be)
	if err != nil {
		return fmt.Errorf("building the model: %w", err)
	}
	if _, problems := r.prefixProblems(specs); len(problems) > 0 {
		return fmt.Errorf("recipe: %w", problems.Err())
	}
	return nil
}

// prefixProblems lists prefixes that cover no weight, and reports which weights are frozen.
func (r Recipe) prefixProblems(specs []weights.Spec) (frozen []bool, all strict.Problems) {
	covers := func(path, what, prefix string, among []weights.Spec) {
		if _, err := weights.Frozen(among, []string{prefix}); err != nil {
			all.Add(path, "%s: no weight's name begins with %q; the model has %s", what, prefix, strings.Join(beginnings(among), ", "))
		}
	}
	for n, prefix := range r.Freeze {
		covers(fmt.Sprintf("freeze.%d", n), "freeze", prefix, specs)
	}
	frozen, err := weights.Frozen(specs, r.Freeze)
	trainable := specs
	if err == nil {
		trainable = nil
		for n, spec := range specs {
			if !frozen[n] {
				trainable = append(trainable, spec)
			}
		}
		if len(trainable) == 0 {
			all.Add("freeze", "freeze: all weights are frozen; leave at least one to train")
			return frozen, all
		}
	}
	for n, m := range r.Optimizer.RateMultipliers {
		covers(fmt.Sprintf("optimizer.rate_multipliers.%d.prefix", n), "optimizer: rate_multipliers", m.Prefix, trainable)
	}
	for n, prefix := range r.Optimizer.NoDecay {
		covers(fmt.Sprintf("optimizer.no_decay.%d", n), "optimizer: no_decay", prefix, trainable)
	}
	return frozen, all
}

// beginnings lists the first parts of the weights' names.
func beginnings(specs []weights.Spec) (all []string) {
	for _, spec := range specs {
		first, _, _ := strings.Cut(spec.Name, ".")
		if !slices.Contains(all, first) {
			all = append(all, first)
		}
	}
	return all
}

// maxMismatches is how many weights of another shape are listed.
const maxMismatches = 3

// problems lists why the weights of the init cannot be taken, unless its file cannot be opened,
// which files reports.
func (i Init) problems(path string, specs []weights.Spec, registry *Registry) (all strict.Problems) {
	for n, prefix := range i.Prefixes.ours() {
		if _, err := weights.Frozen(specs, []string{prefix}); err != nil {
			all.Add(fmt.Sprintf("%s.prefixes.%d", path, n), "%s: no weight's name begins with %q; the model has %s",
				path, prefix, strings.Join(beginnings(specs), ", "))
		}
	}
	if len(all) > 0 {
		return all
	}
	if strings.HasPrefix(i.From, hubPrefix) {
		return nil // checking a recipe downloads nothing
	}
	if file, err := i.openFile(); err == nil {
		file.Close()
	} else {
		return nil
	}
	opened, err := i.open(specs, registry)
	if err != nil {
		all.Add(path+".prefixes", "%s: %v", path, err)
		return all
	}
	defer opened.file.Close()
	wanted, err := i.wanted(opened.named, specs)
	if err != nil {
		all.Add(path+".from", "%s: %v", path, err)
		return all
	}
	wrong := 0
	for n, spec := range specs {
		if !wanted[n] {
			continue
		}
		if text := mismatch(opened.named, withoutRows(spec, opened.named)); text != "" {
			if wrong++; wrong <= maxMismatches {
				all.Add(path+".from", "%s: %s: weight %s %s", path, i.From, spec.Name, text)
			}
		}
	}
	if wrong > maxMismatches {
		all.Add(path+".from", "%s: %s: %d further weights do not fit", path, i.From, wrong-maxMismatches)
	}
	return all
}

// mismatch returns why a file's weight does not fit the model's, or "" if it does.
func mismatch(file *weights.File, spec weights.Spec) string {
	entry, ok := file.Entry(spec.Name)
	want := spec.Layout.FileShape(spec.Shape)
	switch {
	case !ok:
		return "is not in it"
	case slices.Equal(entry.Shape, want):
		return ""
	case spec.Adapt != nil && len(entry.Shape) == 2 && entry.Shape[1] == spec.Shape[1]:
		return "" // is resized
	}
	return fmt.Sprintf("has shape %v, the model's is %v", entry.Shape, want)
}
