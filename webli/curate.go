package webli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/pali3/pali3/shards"
)

// Report says what became of the samples: In = Out + the sum of Removed.
type Report struct {
	In    int       `json:"in"`
	Out   int       `json:"out"`
	Rules []Removal `json:"rules"`
	// Texts counts texts taken out of samples that stayed.
	Texts int `json:"texts_removed"`
	// Merged counts texts, and MergedQuestions questions, that moved from duplicates to the sample
	// that stays.
	Merged          int `json:"texts_merged"`
	MergedQuestions int `json:"questions_merged"`
	// Warnings say what is likely to be a mistake in the recipe, for example a rule that removes
	// more than half.
	Warnings []string `json:"warnings,omitempty"`
}

// Removal says how many samples a rule removed.
type Removal struct {
	Name    string `json:"name"`
	Removed int    `json:"removed"`
}

// Options are about how Curate works; nothing in them changes what it decides.
type Options struct {
	Workers int    // that decode pictures; 0 means one a core
	Command string // for the manifest's provenance; "curate" if empty
	// Progress is called from one goroutine at a time with the samples examined so far; may be nil.
	Progress func(done, all int)
}

// Curate writes to the new dataset folder out what the config leaves of the datasets in, in their
// order, and returns the account of it. out must not exist or be empty: the dataset is made in a
// temporary folder beside it and renamed when whole, so an interrupted run leaves nothing at out.
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
	records, err := examineAll(ctx, in, config, options)
	if err != nil {
		return Report{}, err
	}
	removals, err := decide(records, config.rules(against))
	if err != nil {
		return Report{}, err
	}
	report := Report{In: len(records), Rules: removals}
	for _, r := range records {
		if r.removedBy == "" {
			report.Out++
			report.Texts += r.droppedTexts()
		}
	}
	var gifts map[*record]*gift
	if config.Duplicates.MergeTexts {
		if gifts, err = gather(ctx, in, records, &report); err != nil {
			return Report{}, err
		}
	}
	report.warnOfLosses(config, records)
	return report, write(ctx, in, records, gifts, out, cmp.Or(options.Command, "curate"))
}

// examineAgainst takes the pictures of the datasets that are held out as a whole.
func examineAgainst(ctx context.Context, config Config, options Options) ([]*record, error) {
	var all []*record
	options.Progress = nil // which counts the samples to curate
	for _, dir := range config.Contamination.Against {
		d, err := shards.Open(dir)
		if err != nil {
			return nil, fmt.Errorf("decontaminating: %w", err)
		}
		records, err := examineAll(ctx, []*shards.Dataset{d}, Config{}, options)
		if err = errors.Join(err, d.Close()); err != nil {
			return nil, fmt.Errorf("decontaminating against %s: %w", dir, err)
		}
		all = append(all, records...)
	}
	return all, nil
}
