package schedule

import "math"

// state is how many turns each task has had at a position of the stream.
//
// A turn straddles a position if it may be over there and is not due there. A state has some of the
// turns that straddle its position, but not any: those that it has need slots before the position,
// and not too many of them may have opened late. Those that it has not need slots behind it, and
// not too many of them may be due soon.
type state struct {
	position int
	counts   []int
}

// straddler is a turn that straddles a position.
type straddler struct {
	task       int
	opens, due int
	part       float64 // how much of it the ideal count has at the position, up to 1
	free       bool    // the states around do not say whether it is over
}

// between returns a state at a position between two others, such that all turns find slots within
// one of the ideal counts. The right state may be nil: then the stream goes on without end.
//
// In a stretch that ends at the position, turns that open and are due there take slots. How many
// is not known without a look at each. But they are at most what all ideal counts grow by in the
// stretch, less what the counts of the straddling turns do. So for straddling turns there are at
// least as many slots as their own ideal counts grow by, rounded up. The same holds for stretches
// that begin at the position. It follows that there is always a choice of turns:
//
//   - If turns could be divided, and the state had of each the part that its ideal count has, they
//     would keep to these slots on both sides. The sets of turns that open behind some x lie within
//     each other, and so do those that are due before some x. The matrix of two such families is
//     totally unimodular (Edmonds 1970), so that whole turns can keep to them, too, and to slots
//     that are rounded up.
//   - Turns that the left state has, or that the right one has not, are not free. When those states
//     were chosen, such turns kept to slots that are fewer than those here.
//
// Turns take the slots by their deadlines. This finds places for all if there are any, so that only
// the slots on the left need to be counted.
func (c *ideal) between(left, right *state, position int) *state {
	s := &state{position, make([]int, len(left.counts))}
	var all []straddler
	had := 0
	for task := range s.counts {
		turns, t, straddles := c.turnsAt(task, position)
		if straddles {
			t.free = left.counts[task] <= turns && (right == nil || right.counts[task] > turns)
			all = append(all, t)
			turns = max(turns, left.counts[task])
		}
		s.counts[task] = turns
		had += turns
	}
	for _, task := range choose(all, c.slotsBefore(all, left.position, position, position-had)) {
		s.counts[task]++
	}
	return s
}

// turnsAt returns how many of a task's turns are due at a position, and the turn that straddles it,
// if one does.
func (c *ideal) turnsAt(task, position int) (turns int, t straddler, straddles bool) {
	x := float64(position)
	count := c.pieces[c.pieceAt(x)].count(task, x)
	turns = int(math.Floor(count))
	for turns > 0 && c.due(task, turns-1) > position {
		turns--
	}
	for c.due(task, turns) <= position {
		turns++
	}
	opens := c.opens(task, turns)
	if opens > position {
		return turns, t, false
	}
	part := min(max(count-float64(turns), 0), 1)
	return turns, straddler{task: task, opens: opens, due: c.due(task, turns), part: part}, true
}
