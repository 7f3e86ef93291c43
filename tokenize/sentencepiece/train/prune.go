package train

import (
	"cmp"
	"context"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"
)

// rewriting is the best segmentation of a piece into other pieces.
type rewriting struct {
	pieces []int32 // empty for a single character
	better bool    // it is more probable than the piece itself
}

// rewritings returns the rewriting of every piece.
func (u *unigram) rewritings(ctx context.Context) ([]rewriting, error) {
	all := make([]rewriting, len(u.set.pieces))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(u.options.threads())
	const block = 4096
	for begin := 0; begin < len(all); begin += block {
		group.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			var l lattice
			var ids []int32
			for i := begin; i < min(begin+block, len(all)); i++ {
				text := u.set.pieces[i].text
				l.fill(u.set, text)
				itself := slices.IndexFunc(l.arcs, func(a arc) bool { return a.begin == 0 && int(a.end) == len(text) })
				path, score := l.viterbi(itself)
				start := len(ids)
				for _, at := range path {
					ids = append(ids, l.arcs[at].id)
				}
				all[i] = rewriting{ids[start:len(ids):len(ids)], len(path) > 0 && score > u.set.pieces[i].score}
			}
			return nil
		})
	}
	return all, group.Wait()
}

// prune keeps the fraction ShrinkingFactor of the pieces: those whose removal would lower the
// probability of the text most. The loss of a piece is that of rewriting it wherever the best
// segmentation of the text uses it.
func (u *unigram) prune(ctx context.Context) error {
	rewritten, err := u.rewritings(ctx)
	if err != nil {
		return err
	}
	freq, err := u.sumShards(ctx, func(sums []float32, l *lattice, word Sentence) {
		path, _ := l.viterbi(-1)
		for _, at := range path {
			sums[l.arcs[at].id] += float32(word.Count)
		}
	})
	if err != nil {
		return err
	}
	total := 0.0
	for _, f := range freq {
		total += float64(f)
	}
	u.keep(rewritten, freq, float32(total))
	return nil
}

// keep drops the pieces that are never used, and of the others those with the least loss.
func (u *unigram) keep(rewritten []rewriting, freq []float32, sum float32) {
	type candidate struct {
		id   int32
		loss float32
	}
	var candidates []candidate
	var kept []int32
	logSum := float32(math.Log(float64(sum)))
	for i, f := range freq {
		others := rewritten[i].pieces
		if f == 0 || rewritten[i].better {
			continue
		}
		if len(others) == 0 {
			kept = append(kept, int32(i))
			continue
		}
		logProbability := float32(math.Log(float64(f)) - float64(logSum))
		logSumWithout := float32(math.Log(float64(sum + float32(f*float32(len(others)-1)))))
		logWithout := float32(0)
		for _, id := range others {
			logWithout = float32(float64(logWithout) + (math.Log(float64(freq[id]+f)) - float64(logSumWithout)))
		}
		candidates = append(candidates, candidate{int32(i), float32(f/sum) * (logProbability - logWithout)})
	}
	slices.SortFunc(candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.loss, a.loss), cmp.Compare(a.id, b.id))
	})
	size := max(u.desired, int(float32(u.options.ShrinkingFactor)*float32(len(freq))))
	for _, c := range candidates {
		if len(kept) == size {
			break
		}
		kept = append(kept, c.id)
	}
	u.keepPieces(kept)
}

func (u *unigram) keepPieces(ids []int32) {
	scores := make([]float32, len(ids))
	for i, id := range ids {
		scores[i] = u.set.pieces[id].score
	}
	u.set = u.set.kept(ids, scores)
}

// dropUnreachable drops pieces whose rewriting is more probable: no segmentation would ever use
// them.
func (u *unigram) dropUnreachable(ctx context.Context) error {
	rewritten, err := u.rewritings(ctx)
	if err != nil {
		return err
	}
	var kept []int32
	for i, r := range rewritten {
		if !r.better {
			kept = append(kept, int32(i))
		}
	}
	u.keepPieces(kept)
	return nil
}
