package wups

import "strings"

// root is above all synsets where rules ask for it. Its name orders before those of synsets.
const root = int32(-1)

const rootName = "*ROOT*"

// wuPalmer is the similarity of two synsets (Wu and Palmer, ACL 1994, as NLTK computes it,
// Synset.wup_similarity): how deep the lowest synset above both is, against how deep both are. It
// is 0 if there is none above both.
func (l *lexicon) wuPalmer(a, b int32, rules Rules) float64 {
	rooted := l.rooted(a, rules)
	if rules == NLTK39 {
		rooted = rooted || l.rooted(b, rules)
	}
	fromA, fromB := l.distances(a, rooted), l.distances(b, rooted)
	above, ok := l.lowestAbove(a, fromA, fromB)
	if !ok {
		return 0
	}
	depth := 1 // with both ends
	if above != root {
		depth += int(l.synsets[above].farthest)
	}
	down := l.distances(above, rooted)
	toA, toB := shortestOver(fromA, down), shortestOver(fromB, down)
	return 2 * float64(depth) / float64(toA+depth+toB+depth)
}

// rooted reports whether a root is assumed above the synset, because synsets of its kind have
// several.
func (l *lexicon) rooted(at int32, rules Rules) bool {
	p := l.synsets[at].pos
	return p == verb || rules == NLTK39 && p != noun
}

// distances returns the lengths of the shortest paths to the synsets above, the synset itself
// among them. The root is one above the farthest.
func (l *lexicon) distances(from int32, rooted bool) map[int32]int {
	if from == root {
		return map[int32]int{root: 0}
	}
	to := map[int32]int{from: 0}
	farthest := 0
	for queue := []int32{from}; len(queue) > 0; queue = queue[1:] {
		for _, above := range l.synsets[queue[0]].hypernyms {
			if _, seen := to[above]; !seen {
				to[above] = to[queue[0]] + 1
				farthest = max(farthest, to[above])
				queue = append(queue, above)
			}
		}
	}
	if rooted {
		to[root] = farthest + 1
	}
	return to
}

// lowestAbove returns the synset above both whose shortest path upwards is longest; of several,
// the first synset itself, else the first by name.
func (l *lexicon) lowestAbove(a int32, fromA, fromB map[int32]int) (lowest int32, found bool) {
	for at := range fromA {
		if _, both := fromB[at]; !both {
			continue
		}
		if !found || l.lower(at, lowest, a) {
			lowest, found = at, true
		}
	}
	return lowest, found
}

// lower reports whether x comes before y as the lowest synset above.
func (l *lexicon) lower(x, y, a int32) bool {
	if dx, dy := l.depth(x), l.depth(y); dx != dy {
		return dx > dy
	}
	if x == a || y == a {
		return x == a
	}
	return strings.Compare(l.name(x), l.name(y)) < 0
}

func (l *lexicon) depth(at int32) int16 {
	if at == root {
		return 0
	}
	return l.synsets[at].shortest
}

func (l *lexicon) name(at int32) string {
	if at == root {
		return rootName
	}
	return l.synsets[at].name
}

// shortestOver is the length of the shortest path over a synset that both reach. There is one.
func shortestOver(a, b map[int32]int) int {
	shortest := -1
	for at, da := range a {
		if db, both := b[at]; both && (shortest < 0 || da+db < shortest) {
			shortest = da + db
		}
	}
	return shortest
}
