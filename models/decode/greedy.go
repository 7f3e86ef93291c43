package decode

// sequences are the answers of a batch that are decoded one by one, without beams.
type sequences struct {
	*rules
	all     []Answer
	ended   []bool
	rows    []int   // the sequence of each row of the batch on the backend
	ids     []int32 // chosen last in each row; every answer begins with the padding id 0
	compact bool
	emit    func(Token) error // may be nil
}

func newSequences(r *rules, n int, compact bool, emit func(Token) error) sequences {
	s := sequences{rules: r, all: make([]Answer, n), ended: make([]bool, n), rows: make([]int, n), ids: make([]int32, n), compact: compact, emit: emit}
	for i := range s.all {
		s.all[i].End = -1
		s.rows[i] = i
	}
	return s
}

// answers returns one answer per sample.
func (s *sequences) answers() [][]Answer {
	out := make([][]Answer, len(s.all))
	for i := range s.all {
		s.all[i].Score = s.all[i].LogProbability
		out[i] = s.all[i : i+1]
	}
	return out
}

// collect appends the id chosen in each row, with its log probability, to the row's sequence. It
// reports whether every sequence has ended.
func (s *sequences) collect(d *decoder, logps []float64) (bool, error) {
	left := 0
	for row, id := range s.ids {
		i := s.rows[row]
		if s.ended[i] {
			continue
		}
		a := &s.all[i]
		a.LogProbability += logps[row]
		a.LogProbabilities = append(a.LogProbabilities, logps[row])
		if s.ended[i] = s.ends(id); s.ended[i] {
			a.End = id
		} else {
			a.IDs = append(a.IDs, id)
			left++
		}
		if s.emit != nil {
			if err := s.emit(Token{Sample: i, ID: id, LogProbability: logps[row], End: s.ended[i]}); err != nil {
				return false, err
			}
		}
	}
	if left == 0 || !s.compact {
		return left == 0, nil
	}
	return false, s.shrink(d, left)
}

// shrink takes rows whose sequences have ended out of the batch once half of them have.
func (s *sequences) shrink(d *decoder, left int) error {
	size := halved(len(s.rows), left)
	if size == len(s.rows) {
		return nil
	}
	var keep []int32
	for row, i := range s.rows {
		if spare := size - left; !s.ended[i] || spare > 0 {
			keep = append(keep, int32(row))
			if s.ended[i] {
				left++
			}
		}
	}
	if err := d.take(keep); err != nil {
		return err
	}
	for to, from := range keep {
		s.rows[to], s.ids[to] = s.rows[from], s.ids[from]
	}
	s.rows, s.ids = s.rows[:size], s.ids[:size]
	return nil
}

// halved halves n, rounding up, as long as the result is at least left.
func halved(n, left int) int {
	for n > 1 && (n+1)/2 >= left {
		n = (n + 1) / 2
	}
	return n
}

// note appends the alternatives to the last id of a sequence, if they were asked for.
func (s *sequences) note(row int, logits []float32, normalizer float64) {
	if s.Alternatives > 0 && !s.ended[s.rows[row]] {
		a := &s.all[s.rows[row]]
		a.Alternatives = append(a.Alternatives, alternatives(s.Alternatives, logits, normalizer))
	}
}

// alternatives returns the n likeliest ids.
func alternatives(n int, logits []float32, normalizer float64) []Alternative {
	var out []Alternative
	for _, c := range likeliest(nil, min(n, len(logits)), 0, logits, -normalizer) {
		out = append(out, Alternative{c.id, c.logp})
	}
	return out
}

// greedy chooses the likeliest id at each step.
type greedy struct{ sequences }

func (g *greedy) step(d *decoder, position int) (bool, error) {
	if g.plain() && g.Alternatives == 0 {
		next, logps, err := d.likeliest(g.ids, position)
		if err != nil {
			return false, err
		}
		copy(g.ids, next)
		return g.collect(d, logps)
	}
	logps := make([]float64, len(g.ids))
	next := make([]int32, len(g.ids))
	err := d.logits(g.ids, nil, position, func(row int, logits []float32, normalizer float64) error {
		i := g.rows[row]
		if g.ended[i] {
			return nil
		}
		g.note(row, logits, normalizer)
		scores, err := g.scores(i, g.all[i].IDs, logits, 0)
		if err != nil {
			return err
		}
		for id, score := range scores {
			if score > scores[next[row]] {
				next[row] = int32(id)
			}
		}
		logps[row] = float64(logits[next[row]]) - normalizer
		return nil
	})
	if err != nil {
		return false, err
	}
	copy(g.ids, next)
	return g.collect(d, logps)
}
