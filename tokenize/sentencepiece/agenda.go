package sentencepiece

// agenda is a heap of merges, the highest order first.
type agenda []merge

// order makes a heap of merges in any order.
func (a agenda) order() {
	for i := len(a)/2 - 1; i >= 0; i-- {
		a.sink(i)
	}
}

func (a *agenda) push(m merge) {
	*a = append(*a, m)
	h := *a
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent].order >= m.order {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = m
}

func (a *agenda) pop() merge {
	h := *a
	top, last := h[0], len(h)-1
	h[0] = h[last]
	*a = h[:last]
	a.sink(0)
	return top
}

// sink moves the merge at i below all that are higher.
func (a agenda) sink(i int) {
	if i >= len(a) {
		return
	}
	m := a[i]
	for {
		child := 2*i + 1
		if child >= len(a) {
			break
		}
		if child+1 < len(a) && a[child+1].order > a[child].order {
			child++
		}
		if a[child].order <= m.order {
			break
		}
		a[i] = a[child]
		i = child
	}
	a[i] = m
}
