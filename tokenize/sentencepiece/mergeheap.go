package sentencepiece

// mergeHeap is a binary heap of merges. The one of highest order is at index 0.
type mergeHeap []merge

// init turns merges in any order into a heap.
func (h mergeHeap) init() {
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.siftDown(i)
	}
}

func (h *mergeHeap) push(m merge) {
	*h = append(*h, m)
	a := *h
	i := len(a) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if a[parent].order >= m.order {
			break
		}
		a[i] = a[parent]
		i = parent
	}
	a[i] = m
}

// pop removes and returns the merge of highest order.
func (h *mergeHeap) pop() merge {
	a := *h
	top, last := a[0], len(a)-1
	a[0] = a[last]
	*h = a[:last]
	h.siftDown(0)
	return top
}

// siftDown moves the merge at i below every child of higher order.
func (h mergeHeap) siftDown(i int) {
	if i >= len(h) {
		return
	}
	m := h[i]
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].order > h[child].order {
			child++
		}
		if h[child].order <= m.order {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = m
}
