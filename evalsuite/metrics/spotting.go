package metrics

import (
	"math"
	"slices"
	"strings"
)

// Word is a word in an image: its corners, in order, and what it says.
type Word struct {
	Corners [][2]float64 // x, y in pixels
	Text    string
	// DontCare is for a word that cannot be read: it need not be found.
	DontCare bool
}

// Spotted counts how the words that a model found in an image, or in several, match those that are
// there.
type Spotted struct {
	Words    int // that count
	Found    int // that count: those on words that need not be found do not
	Detected int // pairs at the same place
	Read     int // pairs at the same place that say the same
}

// Plus returns the counts of both.
func (s Spotted) Plus(other Spotted) Spotted {
	return Spotted{s.Words + other.Words, s.Found + other.Found, s.Detected + other.Detected, s.Read + other.Read}
}

// Spot matches found words to the words of an image, as the end-to-end evaluation of the ICDAR
// Robust Reading Competition does (its script.py; for polygons that of Total-Text in
// MhLiao/MaskTextSpotterV3, evaluation/totaltext/e2e/script.py): corners are cut to whole pixels;
// words in order take the first free found word with an intersection over union above 0.5; found
// words of which more than half lies on a word that need not be found do not count. Texts are
// compared in any case; a mark at the beginning or end of the right text may be missing.
func Spot(words, found []Word) (s Spotted) {
	right, places := polygonsOf(words), polygonsOf(found)
	aside := make([]bool, len(found))
	for n := range found {
		for at := range words {
			if area := places[n].area; words[at].DontCare && area > 0 && overlapArea(&right[at], &places[n])/area > 0.5 {
				aside[n] = true
				break
			}
		}
		if !aside[n] {
			s.Found++
		}
	}
	taken := make([]bool, len(found))
	for at := range words {
		if words[at].DontCare {
			continue
		}
		s.Words++
		for n := range found {
			if aside[n] || taken[n] {
				continue
			}
			both := overlapArea(&right[at], &places[n])
			if union := right[at].area + places[n].area - both; !(union > 0 && both/union > 0.5) {
				continue
			}
			taken[n] = true
			s.Detected++
			if sameWord(strings.ToUpper(words[at].Text), strings.ToUpper(found[n].Text)) {
				s.Read++
			}
			break
		}
	}
	return s
}

// wordMarks are the marks that may be missing at the ends of a word.
const wordMarks = `!?.:,*"()·[]/'`

// sameWord compares a right word, in upper case, with a found one.
func sameWord(right, found string) bool {
	if right == found {
		return true
	}
	letters := []rune(right)
	if len(letters) == 0 {
		return false
	}
	first, last := strings.ContainsRune(wordMarks, letters[0]), strings.ContainsRune(wordMarks, letters[len(letters)-1])
	end := len(letters) - 1
	return first && string(letters[1:]) == found || last && string(letters[:end]) == found ||
		first && last && end >= 1 && string(letters[1:end]) == found
}

// polygon is an outline with whole corners.
type polygon struct {
	corners                [][2]float64
	area                   float64
	top, left, right, base float64
}

func polygonsOf(words []Word) []polygon {
	all := make([]polygon, len(words))
	for n := range words {
		p := &all[n]
		for _, c := range words[n].Corners {
			p.corners = append(p.corners, [2]float64{math.Trunc(c[0]), math.Trunc(c[1])})
		}
		p.top, p.left, p.right, p.base = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
		twice := 0.0
		for i, c := range p.corners {
			next := p.corners[(i+1)%len(p.corners)]
			twice += c[0]*next[1] - next[0]*c[1]
			p.left, p.right, p.top, p.base = min(p.left, c[0]), max(p.right, c[0]), min(p.top, c[1]), max(p.base, c[1])
		}
		p.area = math.Abs(twice) / 2
	}
	return all
}

// overlapArea returns the area that two polygons share. Between two heights at which corners lie or
// edges cross, both are trapezoids beside each other.
func overlapArea(a, b *polygon) float64 {
	top, base := max(a.top, b.top), min(a.base, b.base)
	if top >= base || max(a.left, b.left) >= min(a.right, b.right) {
		return 0
	}
	edges := append(a.edges(0), b.edges(1)...)
	heights := []float64{top, base}
	for i := range edges {
		heights = append(heights, edges[i].y0, edges[i].y1)
		for j := range i {
			if y, ok := edges[i].crosses(&edges[j]); ok {
				heights = append(heights, y)
			}
		}
	}
	slices.Sort(heights)
	area := 0.0
	var cuts []edgeCut
	for n := 1; n < len(heights); n++ {
		y0, y1 := heights[n-1], heights[n]
		if y1 <= y0 || y0 < top || y1 > base {
			continue
		}
		middle := (y0 + y1) / 2
		cuts = cuts[:0]
		for i := range edges {
			if e := &edges[i]; e.y0 < middle && middle < e.y1 {
				cuts = append(cuts, edgeCut{e.at(middle), e.of})
			}
		}
		slices.SortFunc(cuts, func(p, q edgeCut) int {
			switch {
			case p.x < q.x:
				return -1
			case p.x > q.x:
				return 1
			}
			return p.of - q.of
		})
		var inside [2]bool
		for i, c := range cuts {
			if inside[0] && inside[1] {
				area += (c.x - cuts[i-1].x) * (y1 - y0)
			}
			inside[c.of] = !inside[c.of]
		}
	}
	return area
}

// edge is an edge of a polygon from the upper to the lower corner.
type edge struct {
	x0, y0, x1, y1 float64
	of             int
}

// edgeCut is where an edge crosses a height.
type edgeCut struct {
	x  float64
	of int
}

// edges returns the edges that are not level.
func (p *polygon) edges(of int) (all []edge) {
	for i, c := range p.corners {
		next := p.corners[(i+1)%len(p.corners)]
		switch {
		case c[1] < next[1]:
			all = append(all, edge{c[0], c[1], next[0], next[1], of})
		case c[1] > next[1]:
			all = append(all, edge{next[0], next[1], c[0], c[1], of})
		}
	}
	return all
}

func (e *edge) at(y float64) float64 { return e.x0 + (e.x1-e.x0)*(y-e.y0)/(e.y1-e.y0) }

// crosses returns the height at which two edges cross.
func (e *edge) crosses(f *edge) (y float64, ok bool) {
	top, base := max(e.y0, f.y0), min(e.y1, f.y1)
	if top >= base {
		return 0, false
	}
	above, below := e.at(top)-f.at(top), e.at(base)-f.at(base)
	if above*below >= 0 {
		return 0, false
	}
	return top + (base-top)*above/(above-below), true
}
