package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"os"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/maskvae"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// scores are those of the held-out images.
type scores struct {
	// objects are those asked for by detect, found those that an answer has a box for.
	objects, found int
	boxIoU         float64 // mean over the objects; one that is not found counts 0
	boxAt50        float64 // part of the objects whose box overlaps by half or more
	masks          int     // objects asked for by segment
	maskIoU        float64 // mean over these
	bestIoU        float64 // mean of what the codes of the true masks decode to
	invalid        int     // parts of answers that are no regions
}

func (s scores) String() string {
	return fmt.Sprintf("detect: %d of %d objects found, mean IoU of boxes %.3f, %.3f of them at least 0.5\n"+
		"segment: mean IoU of %d masks %.3f; with the true boxes and codes %.3f\n%d parts of answers are no regions",
		s.found, s.objects, s.boxIoU, s.boxAt50, s.masks, s.maskIoU, s.bestIoU, s.invalid)
}

// score compares the model's answers about the held-out images with their boxes and masks.
func (s study) score(ctx context.Context) (all scores, err error) {
	answers := map[string]string{}
	for _, task := range []string{"detect", "segment"} {
		file := s.path(task + ".jsonl")
		if _, err := s.pali3(ctx, "predict", "--model", s.path("model"), "--data", s.path("coded"), "--split", "held_out", "--task", task, "--out", file); err != nil {
			return all, err
		}
		if err := readAnswers(file, answers); err != nil {
			return all, err
		}
	}
	be, err := backend.Open("")
	if err != nil {
		return all, err
	}
	codec, err := maskvae.Open(be, s.path("vae"))
	if err != nil {
		return all, err
	}
	d, err := shards.Open(s.path("coded"))
	if err != nil {
		return all, err
	}
	defer d.Close()
	registry := mixture.Builtin()
	for sample, err := range d.Samples() {
		if err != nil {
			return all, err
		}
		if sample.Split != "held_out" {
			continue
		}
		for _, ask := range registry.Asks(mixture.Task{Kind: "detect"}, &sample) {
			all.addBoxes(answers[ask.ID], ask.Truths[0])
		}
		for _, ask := range registry.Asks(mixture.Task{Kind: "segment"}, &sample) {
			if err := all.addMasks(codec, &sample, answers[ask.ID], ask.Truths[0]); err != nil {
				return all, err
			}
		}
	}
	all.boxIoU /= float64(max(all.objects, 1))
	all.boxAt50 /= float64(max(all.objects, 1))
	all.maskIoU /= float64(max(all.masks, 1))
	all.bestIoU /= float64(max(all.masks, 1))
	return all, nil
}

// readAnswers reads predictions by the id of what was asked.
func readAnswers(path string, answers map[string]string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		var one evalsuite.Prediction
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			return err
		}
		answers[one.ID] = one.Prediction
	}
	return lines.Err()
}

// match returns the region of an answer for each true one: of those of its label the one that
// overlaps most, nil if there is none.
func (s *scores) match(answer, truth string) (want []tokenize.Region, got []*tokenize.Region) {
	want, _ = tokenize.ParseRegions(truth)
	found, invalid := tokenize.ParseRegions(answer)
	s.invalid += len(invalid)
	got = make([]*tokenize.Region, len(want))
	for i, w := range want {
		best := -1.0
		for k, f := range found {
			if o := overlap(w.Box, f.Box); f.Label == w.Label && o > best {
				got[i], best = &found[k], o
			}
		}
	}
	return want, got
}

func (s *scores) addBoxes(answer, truth string) {
	want, got := s.match(answer, truth)
	for i, w := range want {
		s.objects++
		if got[i] == nil {
			continue
		}
		o := overlap(w.Box, got[i].Box)
		s.found++
		s.boxIoU += o
		if o >= 0.5 {
			s.boxAt50++
		}
	}
}

// addMasks compares decoded masks with those of the sample.
func (s *scores) addMasks(codec *maskvae.Codec, sample *shards.Sample, answer, truth string) error {
	height, width := int(sample.Images[0].Height), int(sample.Images[0].Width)
	want, got := s.match(answer, truth)
	for i, w := range want {
		whole, err := maskOf(sample, w)
		if err != nil {
			return err
		}
		pair := []tokenize.Region{w}
		if got[i] != nil {
			pair = append(pair, *got[i])
		}
		masks, err := codec.Masks(pair, height, width)
		if err != nil {
			return err
		}
		s.masks++
		s.bestIoU += maskOverlap(whole, masks[0])
		if got[i] != nil {
			s.maskIoU += maskOverlap(whole, masks[1])
		}
	}
	return nil
}

// maskOf returns the mask of the sample's box that a true region was made of.
func maskOf(sample *shards.Sample, r tokenize.Region) (*image.Gray, error) {
	for i := range sample.Boxes {
		b := &sample.Boxes[i]
		at, err := tokenize.Locate([4]float64{float64(b.Y0), float64(b.X0), float64(b.Y1), float64(b.X1)})
		if err == nil && at == r.Box && b.Label == r.Label {
			return b.WholeMask(int(sample.Images[0].Height), int(sample.Images[0].Width))
		}
	}
	return nil, fmt.Errorf("%s has no box %v", sample.Key, r)
}

// overlap is the intersection over union of two boxes ymin, xmin, ymax, xmax.
func overlap(a, b [4]int) float64 {
	height, width := min(a[2], b[2])-max(a[0], b[0]), min(a[3], b[3])-max(a[1], b[1])
	if height <= 0 || width <= 0 {
		return 0
	}
	area := func(x [4]int) int { return (x[2] - x[0]) * (x[3] - x[1]) }
	return float64(height*width) / float64(area(a)+area(b)-height*width)
}

// maskOverlap is the intersection over union of two masks of one size.
func maskOverlap(a, b *image.Gray) float64 {
	both, either := 0, 0
	for i := range a.Pix {
		if a.Pix[i] > 0 || b.Pix[i] > 0 {
			either++
		}
		if a.Pix[i] > 0 && b.Pix[i] > 0 {
			both++
		}
	}
	return float64(both) / float64(max(either, 1))
}
