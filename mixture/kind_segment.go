package mixture

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// MaskCodesField is the field of a sample's metadata with the codes of its boxes' masks, which
// [SetMaskCodes] writes and kind segment reads. It has a line for each box, in the order of the
// boxes: 16 pieces <seg000> to <seg127>, or nothing for a box without codes.
const MaskCodesField = "mask_codes"

// SetMaskCodes records the codes of the masks of a sample's boxes, nil for a box without them.
// Package maskvae makes them of masks. Codes are kept in the dataset so that a stream of examples
// does not depend on the rounding of the machine that trains.
func SetMaskCodes(s *shards.Sample, codes [][]int32) error {
	if len(codes) != len(s.Boxes) {
		return fmt.Errorf("sample %s: the codes of %d masks for %d boxes", s.Key, len(codes), len(s.Boxes))
	}
	lines := make([]string, len(codes))
	for i, mask := range codes {
		if mask == nil {
			continue
		}
		if err := (tokenize.Region{Box: [4]int{0, 0, 1, 1}, Mask: mask}).Validate(); err != nil {
			return fmt.Errorf("sample %s: box %d: %w", s.Key, i, err)
		}
		for _, code := range mask {
			lines[i] += fmt.Sprintf("<seg%03d>", code)
		}
	}
	if s.Metadata == nil {
		s.Metadata = map[string]string{}
	}
	s.Metadata[MaskCodesField] = strings.Join(lines, "\n")
	return nil
}

// MaskCodes returns the codes of the masks of a sample's boxes, nil for each box without them.
func MaskCodes(s *shards.Sample) ([][]int32, error) {
	codes := make([][]int32, len(s.Boxes))
	written, known := s.Metadata[MaskCodesField]
	if !known {
		return codes, nil
	}
	lines := strings.Split(written, "\n")
	if len(lines) != len(s.Boxes) && (written != "" || len(s.Boxes) > 0) {
		return nil, fmt.Errorf("sample %s: metadata %s has %d lines for %d boxes", s.Key, MaskCodesField, len(lines), len(s.Boxes))
	}
	for i := range codes {
		if lines[i] == "" {
			continue
		}
		region, err := tokenize.ParseMask("<loc0000><loc0000><loc0001><loc0001>" + lines[i])
		if err != nil || len(lines[i]) != tokenize.CodesOfMask*len("<seg000>") {
			return nil, fmt.Errorf("sample %s: metadata %s: line %d is %q, want %d pieces <seg000> to <seg%03d>",
				s.Key, MaskCodesField, i+1, lines[i], tokenize.CodesOfMask, tokenize.MaskCodes-1)
		}
		codes[i] = region.Mask
	}
	return codes, nil
}

// masksOf returns the objects of a sample's first image, by label, in the order of the labels'
// first boxes. It leaves out labels of which a box cannot be written or has no codes, since an
// answer would lack that object.
func masksOf(t *Task, s *shards.Sample) (labels []string, objects map[string][]tokenize.Region) {
	codes, err := MaskCodes(s)
	if err != nil {
		return nil, nil
	}
	index, whole := map[*shards.Box]int{}, map[string]int{} // whole counts the boxes of each label
	for i := range s.Boxes {
		if b := &s.Boxes[i]; b.Image == 0 {
			index[b] = i
			whole[b.Label]++
		}
	}
	objects = map[string][]tokenize.Region{}
	for _, b := range boxesOf(t, s) {
		at, err := tokenize.Locate([4]float64{float64(b.Y0), float64(b.X0), float64(b.Y1), float64(b.X1)})
		if mask := codes[index[b]]; err == nil && mask != nil {
			if objects[b.Label] == nil {
				labels = append(labels, b.Label)
			}
			objects[b.Label] = append(objects[b.Label], tokenize.Region{Box: at, Mask: mask, Label: b.Label})
		}
	}
	labels = slices.DeleteFunc(labels, func(label string) bool { return len(objects[label]) < whole[label] })
	return labels, objects
}

// hasMasks takes a sample whose codes cannot be read for usable, so that it is drawn, replaced by
// another, and named with the reason.
func hasMasks(t *Task, s *shards.Sample) bool {
	if _, err := MaskCodes(s); err != nil {
		return true
	}
	labels, _ := masksOf(t, s)
	return len(labels) > 0
}

// makeSegment names one label of an image. The target has the boxes and masks of its objects, from
// top to bottom.
func makeSegment(m *Material) (Draft, error) {
	if _, err := MaskCodes(m.Sample); err != nil {
		return Draft{}, err
	}
	labels, objects := masksOf(m.Task, m.Sample)
	label := pick(labels, m.Rng)
	target, err := tokenize.FormatRegions(objects[label])
	return Draft{Prompt: m.Task.PromptFor(label), Target: target}, err
}

// askForMasks asks for each label of an image.
func askForMasks(t *Task, s *shards.Sample) (all []Ask) {
	labels, objects := masksOf(t, s)
	for i, label := range labels {
		target, err := tokenize.FormatRegions(objects[label])
		if err != nil {
			continue // boxesOf returns only boxes that can be written
		}
		all = append(all, Ask{ID: s.Key + "/mask" + strconv.Itoa(i+1), Language: "en", Kind: t.Kind, Prompt: t.PromptFor(label), Truths: []string{target}})
	}
	return all
}

// PromptFor returns the prompt that asks for objects: for their boxes in a task of kind detect, and
// for the masks of those of one label in a task of kind segment.
func (t Task) PromptFor(labels ...string) string {
	k := Kind{Prompt: detectPrompt}
	if t.Kind == "segment" {
		k.Prompt = segmentPrompt
	}
	t.fillPrompt(k, "")
	joined := t.Boxes.Join(labels)
	return t.FillIn("en", "labels", joined, "label", joined)
}
