package mixture

import (
	"cmp"
	"maps"
	"slices"
	"sync"
)

// LeftOut counts things that a sample has and its example lacks.
type LeftOut struct {
	What  string // in the plural, such as "texts of the image that do not fit"
	Count int
}

// TaskLeftOut is what the examples of a task lack.
type TaskLeftOut struct {
	Task string `json:"task"`
	What string `json:"what"`
	// Count of the things, and of the examples that lack some.
	Count    int64 `json:"count"`
	Examples int64 `json:"examples"`
}

// leftOut counts what examples lack. Safe for concurrent use.
type leftOut struct {
	mu     sync.Mutex
	counts map[[2]string]TaskLeftOut // by task and what
}

func (l *leftOut) add(task string, all []LeftOut) {
	if len(all) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = map[[2]string]TaskLeftOut{}
	}
	for _, one := range all {
		if _, known := l.counts[[2]string{task, one.What}]; !known && len(l.counts) >= mostLeftOut {
			one.What = "other things"
		}
		id := [2]string{task, one.What}
		sum := l.counts[id]
		l.counts[id] = TaskLeftOut{task, one.What, sum.Count + int64(one.Count), sum.Examples + 1}
	}
}

// mostLeftOut bounds how many different things are counted by name.
const mostLeftOut = 10_000

// LeftOut returns what the examples made so far lack, by task and thing: images, texts or labels
// for which there was no room, shots for which there was no sample. An example that is made twice
// is counted twice.
func (s *Stream) LeftOut() []TaskLeftOut {
	s.leftOut.mu.Lock()
	defer s.leftOut.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.leftOut.counts), func(a, b TaskLeftOut) int {
		return cmp.Or(cmp.Compare(a.Task, b.Task), cmp.Compare(a.What, b.What))
	})
}
