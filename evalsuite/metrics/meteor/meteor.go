// Package meteor scores English captions by METEOR 1.5 (Denkowski and Lavie, WMT 2014), as
// pycocoevalcap does: with normalization, and with the parameters and weights for ranking.
//
// METEOR aligns a caption with each of its references, by equal words, equal stems, synonyms and
// paraphrases. Its tables are not part of pali3. [Open] reads them from a folder with
// meteor-1.5.jar and data/paraphrase-en.gz, as METEOR is distributed and as pycocoevalcap installs
// it; the jar is read as an archive, and nothing in it is run. With them the scores equal METEOR's.
// Without tables, [ExactStem] matches equal words and stems only; its scores are others and must
// not be called METEOR.
package meteor

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// Scorer scores captions. It is safe for concurrent use.
type Scorer struct {
	tables *tables // nil: equal words and stems only
}

// ExactStem returns a scorer without tables: it matches equal words and stems, and takes no word
// for a function word.
func ExactStem() *Scorer { return &Scorer{} }

// Open returns the scorer with the tables in a folder. The paraphrases, 61 MB, are read at each
// call of [Scorer.Captions], which keeps those that the captions can use.
func Open(dir string) (*Scorer, error) {
	t, err := openTables(dir)
	if err != nil {
		return nil, fmt.Errorf("tables of METEOR: %w", err)
	}
	return &Scorer{tables: t}, nil
}

// Name is the name of the metric: "meteor" with tables, else "meteor_exact_stem".
func (s *Scorer) Name() string {
	if s.tables == nil {
		return "meteor_exact_stem"
	}
	return "meteor"
}

// Captions aligns each candidate with its references, and returns the counts of the best alignment
// of each. The score of the corpus is that of their sum ([Counts.Add]), not the mean of their
// scores. Candidates and references are usually tokenized before, by metrics.PTBTokenize.
func (s *Scorer) Captions(ctx context.Context, candidates []string, references [][]string) ([]Counts, error) {
	if len(candidates) != len(references) {
		return nil, fmt.Errorf("METEOR: %d candidates for %d images", len(candidates), len(references))
	}
	for i, refs := range references {
		if len(refs) == 0 {
			return nil, fmt.Errorf("METEOR: image %d of %d has no reference caption", i, len(references))
		}
	}
	c := newCorpus(s.tables)
	tests, refs := make([][]int32, len(candidates)), make([][][]int32, len(candidates))
	for i, candidate := range candidates {
		tests[i] = c.words(candidate)
		for _, reference := range references[i] {
			refs[i] = append(refs[i], c.words(reference))
		}
	}
	if err := c.describe(ctx); err != nil {
		return nil, err
	}
	counts := make([]Counts, len(candidates))
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(candidates)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				counts[i] = c.best(tests[i], refs[i])
			}
		})
	}
	wait.Wait()
	return counts, context.Cause(ctx)
}
