package mixture

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// BoxForm is how tasks of kinds detect and region_caption name objects and write boxes.
type BoxForm string

// The forms of boxes.
const (
	// BoxLocations is PaliGemma's form: "detect cat ; dog" is answered with
	// "<loc0102><loc0000><loc0921><loc1023> cat ; ..." (arXiv 2407.07726, section 3.2.5).
	BoxLocations BoxForm = "locations"
	// BoxIntegers is PaLI's form: "detect cat and dog" is answered with "102 0 921 999 cat ..."
	// (arXiv 2209.06794, section 3.2).
	BoxIntegers BoxForm = "integers"
)

// check returns an error for a form that does not exist. "" is BoxLocations.
func (f BoxForm) check() error {
	switch f {
	case "", BoxLocations, BoxIntegers:
		return nil
	}
	return fmt.Errorf("boxes: %q; legal are %s and %s", string(f), BoxLocations, BoxIntegers)
}

// Join lists labels as a prompt does: with " ; " between them, or " and " in PaLI's form.
func (f BoxForm) Join(labels []string) string {
	if f == BoxIntegers {
		return strings.Join(labels, " and ")
	}
	return strings.Join(labels, " ; ")
}

// write writes boxes as the target of a task.
func (f BoxForm) write(boxes []*shards.Box) (string, error) {
	if f == BoxIntegers {
		return writeBoxes(boxes, tokenize.LocatePlain, func(at [4]int, label string) tokenize.PlainRegion {
			return tokenize.PlainRegion{Box: at, Label: label}
		}, tokenize.FormatPlainRegions)
	}
	return writeBoxes(boxes, tokenize.Locate, func(at [4]int, label string) tokenize.Region {
		return tokenize.Region{Box: at, Label: label}
	}, tokenize.FormatRegions)
}

// writeBoxes locates boxes, makes regions of them and writes these.
func writeBoxes[R any](boxes []*shards.Box, locate func([4]float64) ([4]int, error), region func([4]int, string) R, format func([]R) (string, error)) (string, error) {
	regions := make([]R, len(boxes))
	for i, b := range boxes {
		at, err := locate([4]float64{float64(b.Y0), float64(b.X0), float64(b.Y1), float64(b.X1)})
		if err != nil {
			return "", err
		}
		regions[i] = region(at, b.Label)
	}
	return format(regions)
}

// boxesOf returns the boxes of a sample's first image that the task can write, from top to bottom.
func boxesOf(t *Task, s *shards.Sample) (boxes []*shards.Box) {
	for i := range s.Boxes {
		b := &s.Boxes[i]
		if b.Image != 0 || b.Label == "" {
			continue
		}
		if _, err := t.Boxes.write([]*shards.Box{b}); err == nil {
			boxes = append(boxes, b)
		}
	}
	slices.SortStableFunc(boxes, func(a, b *shards.Box) int {
		return cmp.Or(cmp.Compare(a.Y0, b.Y0), cmp.Compare(a.X0, b.X0))
	})
	return boxes
}

func hasBoxes(t *Task, s *shards.Sample) bool { return len(boxesOf(t, s)) > 0 }

// boxLabels returns the labels of the boxes that the task can write, each once.
func boxLabels(t *Task, s *shards.Sample) Labels {
	var found []string
	for _, b := range boxesOf(t, s) {
		if !slices.Contains(found, b.Label) {
			found = append(found, b.Label)
		}
	}
	return Labels{objectBoxes: found}
}

// maxAbsent is how many labels of a detection prompt are not in the image, at most.
const maxAbsent = 2

// makeDetect names all labels of an image and up to two that it lacks, in a random order. The
// target has the boxes in the order of the labels, those of a label from top to bottom. If they do
// not fit and the task says so, it names fewer labels.
func makeDetect(m *Material) (Draft, error) {
	named := boxLabels(m.Task, m.Sample)[objectBoxes]
	o := asked{present: slices.Clone(named), all: m.Labels[objectBoxes], rng: m.Rng}
	for range m.Rng.IntN(maxAbsent + 1) {
		if label := o.one(false); !slices.Contains(named, label) {
			named = append(named, label)
		}
	}
	labels := make([]string, len(named))
	for i, from := range m.Rng.Perm(len(named)) {
		labels[i] = named[from]
	}
	d, err := m.Task.detect(m.Sample, labels)
	if err != nil || m.Task.Fit != FitLeaveOut || m.Fits(d.Target) {
		return d, err
	}
	return m.detectFewer(labels, o.present)
}

// detectFewer asks for as many of the labels as fit: the present ones in their random order, one at
// least, and all absent ones, which need no room.
func (m *Material) detectFewer(labels, present []string) (Draft, error) {
	first := func(n int) []string {
		return slices.DeleteFunc(slices.Clone(labels), func(label string) bool {
			if !slices.Contains(present, label) {
				return false
			}
			n--
			return n < 0
		})
	}
	n := most(len(present), func(n int) bool {
		d, err := m.Task.detect(m.Sample, first(n))
		return err == nil && m.Fits(d.Target)
	})
	d, err := m.Task.detect(m.Sample, first(n))
	d.leave(len(present)-n, "labels whose boxes do not fit")
	return d, err
}

// detect asks for labels, and answers with the boxes that have them.
func (t *Task) detect(s *shards.Sample, labels []string) (Draft, error) {
	var boxes []*shards.Box
	all := boxesOf(t, s)
	for _, label := range labels {
		for _, b := range all {
			if b.Label == label {
				boxes = append(boxes, b)
			}
		}
	}
	target, err := t.Boxes.write(boxes)
	return Draft{Prompt: t.PromptFor(labels...), Target: target}, err
}

// askForBoxes asks for all labels of an image, in the order of their first boxes.
func askForBoxes(t *Task, s *shards.Sample) []Ask {
	labels := boxLabels(t, s)[objectBoxes]
	if len(labels) == 0 {
		return nil
	}
	d, err := t.detect(s, labels)
	if err != nil {
		return nil // boxesOf returns only boxes that can be written
	}
	return []Ask{{ID: s.Key + "/boxes", Language: "en", Kind: t.Kind, Prompt: d.Prompt, Truths: []string{d.Target}}}
}

// checkPieces returns an error if a vocabulary lacks a piece that the task writes, and the task's
// key that is to blame.
func checkPieces(t *Task, v *tokenize.Vocabulary) (key string, err error) {
	has := func(piece string) bool {
		ids := v.Encode(piece)
		return len(ids) > 0 && v.Token(ids[len(ids)-1]) == piece
	}
	if t.Kind != "segment" && (t.Kind != "detect" && t.Kind != "region_caption" || t.Boxes == BoxIntegers) {
		return "", nil
	}
	for _, at := range []int{0, tokenize.Locations - 1} {
		if piece := fmt.Sprintf("<loc%04d>", at); !has(piece) {
			err = fmt.Errorf("kind %s writes %s, which the vocabulary has not as a piece: set tokenizer.locations to %d", t.Kind, piece, tokenize.Locations)
			if t.Kind != "segment" {
				err = fmt.Errorf("%w, or boxes to %s", err, BoxIntegers)
			}
			return "boxes", err
		}
	}
	for _, code := range []int{0, tokenize.MaskCodes - 1} {
		if piece := fmt.Sprintf("<seg%03d>", code); t.Kind == "segment" && !has(piece) {
			return "kind", fmt.Errorf("kind segment writes %s, which the vocabulary has not as a piece: set tokenizer.segments to %d", piece, tokenize.MaskCodes)
		}
	}
	return "", nil
}
