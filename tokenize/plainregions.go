package tokenize

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
)

// PlainLocations is how many places an edge of a [PlainRegion] can have: 0 to 999.
const PlainLocations = 1000

// PlainRegion is an object as PaLI writes it, in plain text: "102 0 921 999 cat" (PaLI, arXiv
// 2209.06794, section 3.2; the coordinates are those of Pix2Seq, arXiv 2109.10852).
type PlainRegion struct {
	// Box is ymin, xmin, ymax, xmax, fractions of the image's height and width times 999.
	Box [4]int
	// Label has one word or several, none of them a number.
	Label string
}

// LocatePlain returns the box of a plain region whose edges y0, x0, y1, x1 are fractions of the
// image. It rounds halves to even and clips.
func LocatePlain(edges [4]float64) (box [4]int, err error) { return locate(edges, PlainLocations) }

// Fractions returns the edges y0, x0, y1, x1 of the box as fractions of the image's height and
// width.
func (r PlainRegion) Fractions() (edges [4]float64) {
	for i, at := range r.Box {
		edges[i] = float64(at) / (PlainLocations - 1)
	}
	return edges
}

// String writes the region as a model does.
func (r PlainRegion) String() string {
	return fmt.Sprintf("%d %d %d %d %s", r.Box[0], r.Box[1], r.Box[2], r.Box[3], r.Label)
}

// Validate returns an error that says why [ParsePlainRegions] would not read the region back.
func (r PlainRegion) Validate() error {
	for i, at := range r.Box {
		if at < 0 || at >= PlainLocations {
			return fmt.Errorf("region %q: edge %d of the box is %d, want 0 to %d", r.Label, i, at, PlainLocations-1)
		}
	}
	if r.Box[2] <= r.Box[0] || r.Box[3] <= r.Box[1] {
		return fmt.Errorf("region %q: the box %v, ymin xmin ymax xmax, is empty", r.Label, r.Box)
	}
	words := strings.Fields(r.Label)
	if len(words) == 0 || strings.Join(words, " ") != r.Label {
		return fmt.Errorf("region %q: want a label of words with single spaces between", r.Label)
	}
	for _, word := range words {
		if isNumber(word) {
			return fmt.Errorf("region %q: the label has the number %s, which reads as an edge of a box", r.Label, word)
		}
	}
	return nil
}

// FormatPlainRegions writes regions as the target of a detection task of PaLI, separated by spaces.
func FormatPlainRegions(regions []PlainRegion) (string, error) {
	written := make([]string, len(regions))
	for i, r := range regions {
		if err := r.Validate(); err != nil {
			return "", err
		}
		written[i] = r.String()
	}
	return strings.Join(written, " "), nil
}

// ParsePlainRegions reads the regions of an answer of PaLI, one after the other: four integers and
// then a label. A region ends where a number follows its label. A part that has more or fewer
// numbers, an empty box or no label is returned as invalid: nothing is guessed. An empty answer has
// neither regions nor invalid parts.
func ParsePlainRegions(answer string) (found []PlainRegion, invalid []InvalidRegion) {
	for part := range plainParts(answer) {
		region, err := plainRegion(part.numbers, part.label)
		if err != nil {
			invalid = append(invalid, InvalidRegion{strings.Join(slices.Concat(part.numbers, part.label), " "), err.Error()})
		} else {
			found = append(found, region)
		}
	}
	return found, invalid
}

// PlainRegionSpans returns where the regions stand that [ParsePlainRegions] finds in an answer.
func PlainRegionSpans(answer string) (spans []Span) {
	for part := range plainParts(answer) {
		if _, err := plainRegion(part.numbers, part.label); err == nil {
			spans = append(spans, part.span)
		}
	}
	return spans
}

// plainPart is a part of an answer: numbers and then words.
type plainPart struct {
	numbers, label []string
	span           Span
}

// plainParts yields the parts of an answer.
func plainParts(answer string) iter.Seq[plainPart] {
	return func(yield func(plainPart) bool) {
		at := 0
		words := strings.Fields(answer)
		for len(words) > 0 {
			numbers := 0
			for numbers < len(words) && isNumber(words[numbers]) {
				numbers++
			}
			end := numbers
			for end < len(words) && !isNumber(words[end]) {
				end++
			}
			part := plainPart{numbers: words[:numbers:numbers], label: words[numbers:end:end]}
			for i, word := range words[:end] {
				at += strings.Index(answer[at:], word)
				if i == 0 {
					part.span.From = at
				}
				at += len(word)
			}
			part.span.To = at
			if !yield(part) {
				return
			}
			words = words[end:]
		}
	}
}

// plainRegion makes a region of the numbers and the words of a part of an answer.
func plainRegion(numbers, label []string) (r PlainRegion, err error) {
	if len(numbers) != len(r.Box) {
		return r, fmt.Errorf("%d integers, want 4", len(numbers))
	}
	r.Label = strings.Join(label, " ")
	for i, number := range numbers {
		if r.Box[i], err = strconv.Atoi(number); err != nil || strconv.Itoa(r.Box[i]) != number {
			return r, fmt.Errorf("edge %d of the box is %s, want an integer from 0 to %d", i, number, PlainLocations-1)
		}
	}
	return r, r.Validate()
}

// isNumber reports whether a word is a number as a model may write an edge: digits, perhaps with a
// sign.
func isNumber(word string) bool {
	digits := strings.TrimLeft(word, "+-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// locate rounds the edges of a box to places, as [Locate] says.
func locate(edges [4]float64, places int) (box [4]int, err error) {
	for i, edge := range edges {
		if math.IsNaN(edge) || math.IsInf(edge, 0) {
			return box, fmt.Errorf("locating the box %v: edge %d is not a number", edges, i)
		}
		at := math.RoundToEven(float64(float32(edge) * float32(places-1)))
		box[i] = int(min(max(at, 0), float64(places-1)))
	}
	return box, nil
}
