package benchmarks

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// ClusterName returns the name of an item's cluster. An item without a cluster is one by itself.
func (b *Benchmark) ClusterName(i *Item) string {
	return cmp.Or(b.clusterOf(i), "\x00"+i.ID)
}

// failures counts what is wrong with the predictions of items, and returns the items that are
// scored. Without a partial evaluation, items without an answer are an error.
func (b *Benchmark) failures(items []Item, o Options, p *problems) (scored []Item, err error) {
	for n := range items {
		item := items[n] // what is found in its prediction is added to it
		i := &item
		switch {
		case i.unanswered():
			p.add(i.Failure, i.ID, nil)
			continue
		case len(i.References) == 0 && i.Scene == nil:
			if err := p.check(Unlabelled, i.ID, func() error {
				return fmt.Errorf("question %s has no right answer, so it cannot be scored", i.ID)
			}); err != nil {
				return nil, err
			}
			continue
		case i.Failure != "":
			p.add(i.Failure, i.ID, nil)
		case i.Error != "":
			p.add(Failed, i.ID, nil)
		case b.Task == Boxes:
			b.findIn(i, p)
		case strings.TrimSpace(i.Prediction) == "" && len(i.Found) == 0:
			p.add(Empty, i.ID, nil)
		}
		if i.fromDataset && i.Failure == "" && i.Error == "" {
			p.add(OfDataset, i.ID, nil)
		}
		if b.notDecoded(i) {
			p.add(NotDecoded, i.ID, nil)
		}
		if i.Failure == "" && metrics.Refused(i.Prediction) {
			p.add(Declined, i.ID, nil)
		}
		if i.Optional {
			p.add(NotAsked, i.ID, nil)
		}
		scored = append(scored, *i)
	}
	if o.Partial {
		return scored, nil
	}
	var wrong []string
	for _, problem := range p.sorted() {
		if problem.Kind == Missing || problem.Kind == TimedOut || problem.Kind == Unanswered {
			wrong = append(wrong, problem.String())
		}
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("%s; --partial scores the rest", strings.Join(wrong, "; "))
	}
	return scored, nil
}

// runFailures are the failures that a run of a benchmark on a model writes into its predictions.
var runFailures = []string{Refused, NoMatch, TimedOut, Unanswered}

// unanswered reports whether there is no answer of the model, which is not its fault.
func (i *Item) unanswered() bool {
	return i.Failure == Missing || i.Failure == TimedOut || i.Failure == Unanswered
}
