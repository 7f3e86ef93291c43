package mixpage

import (
	"bytes"
	"encoding/base64"
	"image"
	_ "image/png"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/pali3/pali3/internal/batchtest"
	"github.com/pali3/pali3/mixture"
)

// pageOf returns the page of two batches.
func pageOf(t *testing.T, s *mixture.Stream) (*Page, string) {
	t.Helper()
	p, err := New("Batches", "test", s, 100)
	if err != nil {
		t.Fatal(err)
	}
	for step := range 2 {
		if err := p.Add(batchtest.Batch(t, s, step)); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return p, b.String()
}

func TestPage_ShowsAllFormsOfBatches(t *testing.T) {
	for name, c := range map[string]struct {
		assignments []string
		want        []string
	}{
		"images":      {nil, []string{"4 × 4 pixels", "Decoder ids", `class="piece sentinel`, `class="piece mode`, "picture number"}},
		"sequences":   {[]string{batchtest.Sequences}, []string{"at most 16 patches of 2 × 2", " patches</figcaption>"}},
		"contrastive": {batchtest.Contrastive, []string{"Texts of an example", "Text 1", "Text 2"}},
		"text":        {batchtest.Text, []string{"Target", "without loss"}},
		"packed":      {[]string{"packing={images: 3}"}, []string{"segment 1"}},
		"two images":  {[]string{"images.per_example=2"}, []string{"Images of an example"}},
	} {
		s := batchtest.Stream(t, mixture.Options{}, c.assignments...)
		p, page := pageOf(t, s)
		if name == "packed" {
			if len(p.Examples) < 30 || !strings.Contains(page, ", segment 2") {
				t.Errorf("%d examples of packed rows", len(p.Examples))
			}
		} else if len(p.Examples) != 24 || strings.Count(page, "<article") != 24 {
			t.Errorf("%s: %d examples", name, len(p.Examples))
		}
		for _, want := range c.want {
			if !strings.Contains(page, want) {
				t.Errorf("%s: no %q on the page", name, want)
			}
		}
		if strings.Contains(page, "ZgotmplZ") || strings.Contains(page, "<script") {
			t.Errorf("%s: a value that the template refuses, or a script", name)
		}
	}
}

// TestPage_MapsPixelsBack compares the images of the page of two value ranges with those of none.
func TestPage_MapsPixelsBack(t *testing.T) {
	var all [][]byte
	for _, ops := range []string{
		"decode|resize(4)", "decode|resize(4)|value_range(-1,1)", "decode|resize(4)|value_range(0.25, 0.5)",
		"decode|resize(4)|vgg_value_range(123, 117, 104, 58, 57, 56)",
	} {
		_, page := pageOf(t, batchtest.Stream(t, mixture.Options{}, "images.ops="+ops, "seed=1"))
		var pixels []byte
		for _, found := range regexp.MustCompile(`data:image/png;base64,([^"]+)`).FindAllStringSubmatch(page, -1) {
			encoded, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(found[1], "&#43;", "+"))
			if err != nil {
				t.Fatal(err)
			}
			m, _, err := image.Decode(bytes.NewReader(encoded))
			if err != nil {
				t.Fatal(err)
			}
			for y := range 4 {
				for x := range 4 {
					r, g, b, _ := m.At(x, y).RGBA()
					pixels = append(pixels, byte(r>>8), byte(g>>8), byte(b>>8))
				}
			}
		}
		all = append(all, pixels)
	}
	for i, pixels := range all {
		if len(pixels) != len(all[0]) || len(pixels) < 100 {
			t.Fatalf("%d values, %d without a value range", len(pixels), len(all[0]))
		}
		for at := range pixels {
			if math.Abs(float64(pixels[at])-float64(all[0][at])) > 1 {
				t.Fatalf("ops %d: value %d is %d, want %d", i, at, pixels[at], all[0][at])
			}
		}
	}
}

func TestPage_EscapesWhatDataHolds(t *testing.T) {
	r := batchtest.Recipe(t, `tasks=[{name: '<script>alert(1)</script>', kind: caption, weight: 1, prompt: '"><img src=x onerror=alert(2)> {lang}'}]`)
	s, err := mixture.Open(r, mixture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, page := pageOf(t, s)
	if strings.Contains(page, "<script") || strings.Contains(page, "<img src=x") {
		t.Error("text of the recipe is markup on the page")
	}
	if !strings.Contains(page, "&lt;script&gt;alert(1)") {
		t.Error("the task's name is not on the page")
	}
}

func TestPage_CountsWhatItLeavesOut(t *testing.T) {
	s := batchtest.Stream(t, mixture.Options{})
	p, err := New("Batches", "test", s, 5)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Add(batchtest.Batch(t, s, 0)); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	if p.LeftOut != 7 || !strings.Contains(b.String(), "7 more examples of these steps are not shown") {
		t.Errorf("%d examples left out", p.LeftOut)
	}
}
