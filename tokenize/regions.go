package tokenize

import (
	"fmt"
	"iter"
	"strings"
	"unicode"
)

// Sizes of the pieces that name regions: a box is four of <loc0000> to <loc1023>, a mask sixteen of
// <seg000> to <seg127>.
const (
	Locations   = 1024
	MaskCodes   = 128
	CodesOfMask = 16
)

// Region is an object as a model writes it: "<loc0102><loc0000><loc0921><loc1023> cat", or with the
// codes of its mask between the box and the label (PaliGemma, arXiv 2407.07726, section 3.2.5;
// big_vision pp/proj/paligemma/segmentation.py). Package maskvae decodes the codes.
type Region struct {
	// Box is ymin, xmin, ymax, xmax, fractions of the image's height and width times 1023.
	Box [4]int
	// Mask is the 16 codes of the mask, or nil.
	Mask []int32
	// Label may be empty.
	Label string
}

// Locate returns the box of a region whose edges y0, x0, y1, x1 are fractions of the image. Like
// the reference it multiplies in float32, rounds halves to even and clips.
func Locate(edges [4]float64) (box [4]int, err error) { return locate(edges, Locations) }

// Fractions returns the edges y0, x0, y1, x1 of the box as fractions of the image's height and
// width.
func (r Region) Fractions() (edges [4]float64) {
	for i, at := range r.Box {
		edges[i] = float64(at) / (Locations - 1)
	}
	return edges
}

// String writes the region as a model does.
func (r Region) String() string {
	var b strings.Builder
	for _, at := range r.Box {
		fmt.Fprintf(&b, "<loc%04d>", at)
	}
	for _, code := range r.Mask {
		fmt.Fprintf(&b, "<seg%03d>", code)
	}
	if r.Label != "" {
		b.WriteString(" " + r.Label)
	}
	return b.String()
}

// Validate returns an error that says why [ParseRegions] would not read the region back.
func (r Region) Validate() error {
	for i, at := range r.Box {
		if at < 0 || at >= Locations {
			return fmt.Errorf("region %q: edge %d of the box is %d, want 0 to %d", r.Label, i, at, Locations-1)
		}
	}
	if r.Box[2] <= r.Box[0] || r.Box[3] <= r.Box[1] {
		return fmt.Errorf("region %q: the box %v, ymin xmin ymax xmax, is empty", r.Label, r.Box)
	}
	if r.Mask != nil && len(r.Mask) != CodesOfMask {
		return fmt.Errorf("region %q: %d codes of a mask, want %d or none", r.Label, len(r.Mask), CodesOfMask)
	}
	for i, code := range r.Mask {
		if code < 0 || code >= MaskCodes {
			return fmt.Errorf("region %q: code %d of the mask is %d, want 0 to %d", r.Label, i, code, MaskCodes-1)
		}
	}
	if strings.ContainsAny(r.Label, ";<>") || strings.TrimSpace(r.Label) != r.Label {
		return fmt.Errorf("region %q: the label has a ';', '<' or '>', or begins or ends with a space", r.Label)
	}
	return nil
}

// FormatRegions writes regions as the target of a detection or segmentation task, separated by " ;
// ".
func FormatRegions(regions []Region) (string, error) {
	written := make([]string, len(regions))
	for i, r := range regions {
		if err := r.Validate(); err != nil {
			return "", err
		}
		written[i] = r.String()
	}
	return strings.Join(written, " ; "), nil
}

// InvalidRegion is a part of an answer that is no region.
type InvalidRegion struct {
	// Text is the part, Reason what is wrong with it.
	Text, Reason string
}

// ParseRegions reads the regions of a model's answer, which ';' separates. Each part is four <loc>
// pieces, then perhaps sixteen <seg> pieces, then perhaps a label. A part that is anything else, or
// whose box is empty, is returned as invalid: nothing is guessed. An empty answer has neither
// regions nor invalid parts, and the answer may end with a separator.
func ParseRegions(answer string) (found []Region, invalid []InvalidRegion) {
	for _, part := range parts(answer) {
		region, err := readRegion(part)
		if err != nil {
			invalid = append(invalid, InvalidRegion{part, err.Error()})
			continue
		}
		found = append(found, region)
	}
	return found, invalid
}

// Span is where a region stands in an answer: the bytes from From to To, without To.
type Span struct{ From, To int }

// RegionSpans returns where the regions stand that [ParseRegions] finds in an answer.
func RegionSpans(answer string) (spans []Span) {
	for at, part := range parts(answer) {
		if _, err := readRegion(part); err == nil {
			spans = append(spans, Span{at, at + len(part)})
		}
	}
	return spans
}

// parts yields the parts of an answer, without the spaces around them, and where they begin. A
// separator at the end has no part after it.
func parts(answer string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		trimmed := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(answer), ";"))
		if trimmed == "" {
			return
		}
		at := len(answer) - len(strings.TrimLeftFunc(answer, unicode.IsSpace))
		for part := range strings.SplitSeq(trimmed, ";") {
			inner := strings.TrimSpace(part)
			before := len(part) - len(strings.TrimLeftFunc(part, unicode.IsSpace))
			if inner == "" {
				before = 0
			}
			if !yield(at+before, inner) {
				return
			}
			at += len(part) + len(";")
		}
	}
}

// readRegion reads a part of an answer.
func readRegion(part string) (Region, error) {
	region, rest, err := leadingRegion(part)
	if err != nil {
		return Region{}, err
	}
	region.Label = strings.TrimSpace(rest)
	return region, region.Validate()
}

// ParseMask reads an answer that names one region with its mask, as to "segment cat". Like
// big_vision's evaluator it looks at the first four <loc> and sixteen <seg> pieces and ignores what
// follows them (evaluators/proj/paligemma/transfers/segmentation.py).
func ParseMask(answer string) (Region, error) {
	region, _, err := leadingRegion(answer)
	if err == nil && region.Mask == nil {
		err = fmt.Errorf("no <seg> piece follows the box")
	}
	if err == nil {
		err = region.Validate()
	}
	if err != nil {
		return Region{}, err
	}
	return region, nil
}

// leadingRegion reads the box and the mask that text begins with, and returns what follows. It
// leaves the ranges to [Region.Validate].
func leadingRegion(text string) (r Region, rest string, err error) {
	rest = text
	for i := range r.Box {
		at, after, ok := cutPiece(rest, "<loc", 4)
		if !ok {
			return Region{}, text, fmt.Errorf("%d <loc> pieces, want 4", i)
		}
		r.Box[i], rest = at, after
	}
	codes := make([]int32, 0, CodesOfMask)
	following := strings.TrimLeft(rest, " ")
	for len(codes) < CodesOfMask {
		code, after, ok := cutPiece(following, "<seg", 3)
		if !ok {
			break
		}
		codes, following = append(codes, int32(code)), after
	}
	switch len(codes) {
	case 0:
		return r, rest, nil
	case CodesOfMask:
		r.Mask = codes
		return r, following, nil
	}
	return Region{}, text, fmt.Errorf("%d <seg> pieces, want %d or none", len(codes), CodesOfMask)
}

// cutPiece reads a piece such as <loc0123>, a name and a fixed number of digits, at the beginning
// of text.
func cutPiece(text, name string, digits int) (value int, rest string, ok bool) {
	text, ok = strings.CutPrefix(text, name)
	if !ok || len(text) <= digits || text[digits] != '>' {
		return 0, "", false
	}
	for _, d := range []byte(text[:digits]) {
		if d < '0' || d > '9' {
			return 0, "", false
		}
		value = 10*value + int(d-'0')
	}
	return value, text[digits+1:], true
}
