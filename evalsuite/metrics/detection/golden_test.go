package detection

import (
	"cmp"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// goldens is the folder of files that parity/detection_goldens.py made with pycocotools 2.0.11 and
// lvis-api 0.5.3.
func goldens(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cmp.Or(os.Getenv("DETECTION_GOLDENS"), "testdata"), pattern))
	if err != nil || len(files) == 0 {
		t.Fatal("no goldens", err)
	}
	return files
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(path, err)
	}
}

// golden is annotations and results in COCO's layouts, and the scores of the owner's program.
type golden struct {
	Annotations struct {
		Images []struct {
			ID, Height, Width int
			Absent            []int `json:"neg_category_ids"`
			Incomplete        []int `json:"not_exhaustive_category_ids"`
		}
		Categories []struct {
			ID        int
			Frequency string
		}
		Annotations []goldenRegion
	}
	Results      []goldenRegion
	Boxes        ownersScores
	Masks        *ownersScores
	MasksAlone   *ownersScores `json:"masks_alone"`
	BoxesOfMasks *ownersScores `json:"boxes_of_masks"`
	Weights      map[string]int32
	Weighted     *ownersScores
}

type ownersScores struct {
	Scores     []float64
	Categories [][]float64
}

type goldenRegion struct {
	ID           int
	ImageID      int `json:"image_id"`
	CategoryID   int `json:"category_id"`
	BBox         Box
	Area, Score  float64
	IsCrowd      int
	Ignore       int
	Segmentation json.RawMessage
}

// mask returns the mask of a region, or nil.
func (r *goldenRegion) mask(t *testing.T, height, width int) *Mask {
	t.Helper()
	if len(r.Segmentation) == 0 {
		return nil
	}
	var polygons [][]float64
	var runs struct{ Counts []uint32 }
	var text struct{ Counts string }
	var m *Mask
	var err error
	switch {
	case json.Unmarshal(r.Segmentation, &polygons) == nil:
		m, err = PolygonMask(polygons, height, width)
	case json.Unmarshal(r.Segmentation, &runs) == nil:
		m, err = NewMask(runs.Counts, height, width)
	case json.Unmarshal(r.Segmentation, &text) == nil:
		m, err = ParseMask(text.Counts, height, width)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// images returns the images in the order of their ids. Areas of results are those of boxes, or of
// masks if the boxes are left out.
func (g *golden) images(t *testing.T, alone bool) (images []Image, frequencies []Frequency) {
	var category []int
	for _, c := range g.Annotations.Categories {
		category = append(category, c.ID)
		if c.Frequency != "" {
			frequencies = append(frequencies, Frequency(c.Frequency[0]))
		}
	}
	number := func(id int) int32 { return int32(slices.Index(category, id)) }
	slices.SortFunc(g.Annotations.Images, func(a, b struct {
		ID, Height, Width int
		Absent            []int `json:"neg_category_ids"`
		Incomplete        []int `json:"not_exhaustive_category_ids"`
	}) int {
		return a.ID - b.ID
	})
	at := map[int]int{}
	for n, i := range g.Annotations.Images {
		at[i.ID] = n
		image := Image{}
		for _, c := range i.Absent {
			image.Absent = append(image.Absent, number(c))
		}
		for _, c := range i.Incomplete {
			image.Incomplete = append(image.Incomplete, number(c))
		}
		images = append(images, image)
	}
	for _, a := range g.Annotations.Annotations {
		n := at[a.ImageID]
		size := g.Annotations.Images[n]
		images[n].Truths = append(images[n].Truths, Truth{Category: number(a.CategoryID), Box: a.BBox, Mask: a.mask(t, size.Height, size.Width),
			Area: a.Area, Crowd: a.IsCrowd != 0, Ignore: a.Ignore != 0, ZeroID: a.ID == 0})
	}
	for _, r := range g.Results {
		n := at[r.ImageID]
		size := g.Annotations.Images[n]
		d := Detection{Category: number(r.CategoryID), Box: r.BBox, Mask: r.mask(t, size.Height, size.Width), Score: r.Score, Area: r.BBox.Area()}
		if alone {
			d.Area, d.Box = float64(d.Mask.Area()), d.Mask.Box()
		}
		images[n].Detections = append(images[n].Detections, d)
	}
	return images, frequencies
}

// differ reports numbers that are not equal to 1e-12.
func differ(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= 1e-12) {
			t.Errorf("%s: number %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func TestScores_EqualPycocotools(t *testing.T) {
	for _, path := range goldens(t, "coco_*.json") {
		var g golden
		readJSON(t, path, &g)
		for _, c := range []struct {
			name  string
			of    Region
			alone bool
			want  *ownersScores
		}{{"boxes", Boxes, false, &g.Boxes}, {"masks", Masks, false, g.Masks}, {"masks alone", Masks, true, g.MasksAlone}, {"boxes of masks", Boxes, true, g.BoxesOfMasks}} {
			if c.want == nil {
				continue
			}
			images, _ := g.images(t, c.alone)
			e, err := Evaluate(images, Options{Rule: COCO, Compare: c.of})
			if err != nil {
				t.Fatal(path, err)
			}
			name := filepath.Base(path) + " " + c.name
			scores, each := e.Scores(nil)
			differ(t, name, scores, c.want.Scores)
			for k, want := range c.want.Categories {
				if k < len(each) {
					differ(t, name+" category "+strconv.Itoa(k), each[k], want)
				} else if want[0] != -1 {
					t.Errorf("%s: no category %d", name, k)
				}
			}
		}
	}
}

func TestScores_EqualLVIS(t *testing.T) {
	for _, path := range goldens(t, "lvis_*.json") {
		var g golden
		readJSON(t, path, &g)
		images, frequencies := g.images(t, false)
		for of, want := range map[Region]*ownersScores{Boxes: &g.Boxes, Masks: g.Masks} {
			if want == nil {
				continue
			}
			e, err := Evaluate(images, Options{Rule: LVIS, Compare: of, Frequencies: frequencies})
			if err != nil {
				t.Fatal(path, err)
			}
			scores, _ := e.Scores(nil)
			differ(t, filepath.Base(path)+" "+strconv.Itoa(int(of)), scores, want.Scores)
		}
	}
}

func TestScores_WeightsRepeatImages(t *testing.T) {
	for _, path := range goldens(t, "coco_plain*.json") {
		var g golden
		readJSON(t, path, &g)
		images, _ := g.images(t, false)
		var weights []int32
		for _, i := range g.Annotations.Images {
			weights = append(weights, g.Weights[strconv.Itoa(i.ID)])
		}
		e, err := Evaluate(images, Options{})
		if err != nil {
			t.Fatal(err)
		}
		scores, _ := e.Scores(weights)
		differ(t, filepath.Base(path), scores, g.Weighted.Scores)
	}
}

// goldenMask is polygons, and what maskApi.c makes of them and of another mask.
type goldenMask struct {
	Height, Width       int
	Polygons            [][]float64
	Counts, Other       string
	Area                int
	Box                 Box
	OtherBox            Box `json:"other_box"`
	Union, Intersection string
	IoU                 float64
	CrowdIoU            float64 `json:"crowd_iou"`
}

func TestMask_EqualsMaskAPI(t *testing.T) {
	for _, path := range goldens(t, "masks*.json") {
		var all []goldenMask
		readJSON(t, path, &all)
		for n, g := range all {
			m, err := PolygonMask(g.Polygons, g.Height, g.Width)
			if err != nil {
				t.Fatal(err)
			}
			other, err := ParseMask(g.Other, g.Height, g.Width)
			if err != nil {
				t.Fatal(err)
			}
			union, _ := Union(m, other)
			intersection, _ := Intersection(m, other)
			for what, pair := range map[string][2]string{"polygon": {m.String(), g.Counts}, "other": {other.String(), g.Other}, "union": {union.String(), g.Union},
				"intersection": {intersection.String(), g.Intersection}, "pixels": {MaskOf(m.Image()).String(), g.Counts}} {
				if pair[0] != pair[1] {
					t.Errorf("%s mask %d %s: %s, want %s", path, n, what, pair[0], pair[1])
				}
			}
			if got := [4]any{m.Area(), m.Box(), MaskIoU(m, other, false), MaskIoU(m, other, true)}; got != [4]any{g.Area, g.Box, g.IoU, g.CrowdIoU} {
				t.Errorf("%s mask %d: %v, want %v", path, n, got, [4]any{g.Area, g.Box, g.IoU, g.CrowdIoU})
			}
			if got := other.Box(); other.Area() > 0 && got != g.OtherBox {
				t.Errorf("%s mask %d: box %v, want %v", path, n, got, g.OtherBox)
			}
		}
	}
}

// TestMatches_TextHasWhatScoresNeed scores matches that were written and read.
func TestMatches_TextHasWhatScoresNeed(t *testing.T) {
	images, options := map[string][]Image{"coco": likeCOCO(50)}, map[string]Options{"coco": {}, "lvis": {Rule: LVIS, Frequencies: slices.Repeat([]Frequency{Rare, Frequent}, 40)}, "open": {Rule: OpenImages, GroupWeight: 0.5}}
	for name, o := range options {
		matches, err := Match(images["coco"], o)
		if err != nil {
			t.Fatal(name, err)
		}
		read := make([]Matches, len(matches))
		for n, image := range matches {
			for _, m := range image {
				text, err := m.MarshalText()
				if err != nil {
					t.Fatal(err)
				}
				again := CategoryMatches{Category: m.Category}
				if err := again.UnmarshalText(text); err != nil {
					t.Fatal(name, err)
				}
				read[n] = append(read[n], again)
			}
		}
		got, categories := Gather(read, o).Scores(nil)
		e, err := Evaluate(images["coco"], o)
		if err != nil {
			t.Fatal(err)
		}
		if want, of := e.Scores(nil); !slices.Equal(got, want) || !slices.EqualFunc(categories, of, slices.Equal) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
		weights := make([]int32, len(matches))
		weights[7] = 1
		if want, _ := e.Scores(weights); !slices.Equal(matches[7].Alone(o), want) {
			t.Errorf("%s: alone %v, want %v", name, matches[7].Alone(o), want)
		}
	}
}
