package webli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/pali3/pali3/shards"
)

// Options say how Curate and Split work. They do not change what is decided.
type Options struct {
	Workers int           // goroutines that decode images. Default: one a core.
	Stores  shards.Stores // open datasets named by URLs. Default: folders only.
	Command string        // for the manifest's provenance. Default: "curate" or "split".
	// Progress is called with the number of samples examined so far, by one goroutine at a time; it
	// may be nil.
	Progress func(done, all int)
}

// Curate removes samples from the datasets in as the config says, writes the others, in their
// order, to the new dataset folder out, and reports what it removed. out must not exist or must be
// empty. The dataset is written to a temporary folder beside out and renamed when complete, so an
// interrupted run leaves nothing at out.
func Curate(ctx context.Context, in []*shards.Dataset, out string, config Config, options Options) (Report, error) {
	if err := config.Validate(); err != nil {
		return Report{}, fmt.Errorf("curation recipe: %w", err)
	}
	if err := mustBeFree(out); err != nil {
		return Report{}, err
	}
	against, err := examineAgainst(ctx, config, options)
	if err != nil {
		return Report{}, err
	}
	rules, err := config.rules(against)
	if err != nil {
		return Report{}, fmt.Errorf("curation recipe: %w", err)
	}
	candidates, err := examineAll(ctx, in, config, rules, options)
	if err != nil {
		return Report{}, err
	}
	removals, err := decide(candidates, rules)
	if err != nil {
		return Report{}, err
	}
	report := Report{In: len(candidates), Rules: removals}
	for _, c := range candidates {
		if c.removedBy == "" {
			report.Out++
			report.Texts += c.droppedTexts()
		}
	}
	var gifts map[*Candidate]*gift
	if config.Duplicates.MergeTexts {
		if gifts, err = gather(ctx, in, candidates, &report); err != nil {
			return Report{}, err
		}
	}
	report.warnOfLosses(config, rules, candidates)
	return report, write(ctx, in, candidates, gifts, out, cmp.Or(options.Command, "curate"))
}

// examineAgainst examines the datasets that are held out as a whole.
func examineAgainst(ctx context.Context, config Config, options Options) ([]*Candidate, error) {
	var all []*Candidate
	var rules []Rule
	if n := config.Contamination.Words; n > 0 {
		rules = []Rule{{Examine: wordRuns(n)}}
	}
	options.Progress = nil // it counts the samples to curate
	for _, dir := range config.Contamination.Against {
		d, err := options.Stores.Open(ctx, dir)
		if err != nil {
			return nil, fmt.Errorf("decontaminating: %w", err)
		}
		candidates, err := examineAll(ctx, []*shards.Dataset{d}, Config{}, rules, options)
		if err = errors.Join(err, d.Close()); err != nil {
			return nil, fmt.Errorf("decontaminating against %s: %w", dir, err)
		}
		all = append(all, candidates...)
	}
	return all, nil
}
