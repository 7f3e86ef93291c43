package webli

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

// figure draws head and shoulders like an emoji, with a skin tone, a hair colour and smooth edges:
// every pixel is the mean of 16.
func figure(tone, hair color.NRGBA, side int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	for i := range side * side {
		var sum [3]int
		for sub := range 16 {
			x := (float64(i%side) + (float64(sub%4)+0.5)/4) / float64(side)
			y := (float64(i/side) + (float64(sub/4)+0.5)/4) / float64(side)
			c := figureAt(tone, hair, x-0.5, y-0.4)
			sum[0], sum[1], sum[2] = sum[0]+int(c.R), sum[1]+int(c.G), sum[2]+int(c.B)
		}
		m.Set(i%side, i/side, color.NRGBA{uint8(sum[0] / 16), uint8(sum[1] / 16), uint8(sum[2] / 16), 255})
	}
	return m
}

// figureAt returns the colour at a position relative to the middle of the face.
func figureAt(tone, hair color.NRGBA, x, y float64) color.NRGBA {
	switch {
	case x*x+y*y < 0.044:
		return tone
	case x*x+(y+0.08)*(y+0.08) < 0.078:
		return hair
	case y > 0.25 && x*x+(y-0.6)*(y-0.6) < 0.1:
		return color.NRGBA{60, 90, 200, 255}
	}
	return color.NRGBA{255, 255, 255, 255}
}

// The tones of the Fitzpatrick scale as emoji are drawn, lightest first.
var tones = []color.NRGBA{{247, 222, 206, 255}, {243, 210, 162, 255}, {213, 171, 136, 255}, {175, 126, 87, 255}, {124, 83, 62, 255}}

var brown, blond = color.NRGBA{90, 60, 40, 255}, color.NRGBA{240, 200, 80, 255}

// noise returns an image that does not resemble those of other keys.
func noise(key uint64, width, height int) image.Image {
	rng := random.New(key)
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	var grid [8][8]color.NRGBA
	for y := range grid {
		for x := range grid[y] {
			grid[y][x] = color.NRGBA{uint8(64 + rng.IntN(128)), uint8(64 + rng.IntN(128)), uint8(64 + rng.IntN(128)), 255}
		}
	}
	for y := range height {
		for x := range width {
			m.Set(x, y, grid[y*8/height][x*8/width])
		}
	}
	return m
}

func asPNG(m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func asJPEG(m image.Image, quality int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// sample returns a sample with an encoded image and texts.
func sample(key, split string, encoded []byte, texts ...string) shards.Sample {
	s := shards.Sample{Key: key, Split: split}
	if encoded != nil {
		s.Images = []shards.Image{{Bytes: encoded, Format: "png"}}
	}
	for _, text := range texts {
		s.Texts = append(s.Texts, shards.Text{Kind: shards.Alt, Language: "en", Value: text})
	}
	return s
}

func dataset(t testing.TB, samples ...shards.Sample) *shards.Dataset {
	t.Helper()
	dir := t.TempDir()
	w, err := shards.Create(dir, shards.Limits{GroupRows: 7})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		if err := w.Append(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	d, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

var everything = Config{
	HeldOut:       []string{"held_out"},
	Images:        Images{MinSide: 16, MaxAspect: 3, MaxPixels: 1 << 18},
	Texts:         Texts{Required: true, MinRunes: 2, MaxRunes: 50, Letters: true, MaxRun: 5, Boilerplate: true, MaxSamples: 3},
	Contamination: Contamination{Exact: true, Near: NearDuplicate{3, 5}},
	Duplicates:    Duplicates{Exact: true, Near: NearDuplicate{3, 5}},
}

// badSamples returns good samples and some that each rule must remove, whose keys begin with the
// rule.
func badSamples() []shards.Sample {
	held := noise(1, 64, 64)
	kept := noise(2, 64, 64)
	all := []shards.Sample{
		sample("good-kept", "train", asPNG(kept), "a picture of colours"),
		sample("good-held", "held_out", asPNG(held), "IMG_1.jpg"), // bad text, but held out
		sample("good-held-again", "held_out", asPNG(held), "x"),
		sample("good-tiny-held", "held_out", asPNG(noise(3, 8, 8)), "tiny"),
		sample("undecodable-html", "train", []byte("<html>"), "a page"),
		sample("undecodable-cut", "held_out", asPNG(kept)[:200], "half a picture"),
		sample("min_side-1", "train", asPNG(noise(4, 15, 40)), "narrow one"),
		sample("max_aspect-1", "train", asPNG(noise(5, 100, 32)), "long one"),
		sample("max_pixels-1", "train", asPNG(noise(6, 600, 500)), "large one"),
		sample("text_length-short", "train", asPNG(noise(7, 64, 64)), "x"),
		sample("text_length-long", "train", asPNG(noise(8, 64, 64)), strings.Repeat("long ", 20)),
		sample("text_letters-1", "train", asPNG(noise(9, 64, 64)), "12345 !!"),
		sample("text_run-1", "train", asPNG(noise(10, 64, 64)), "aaaaaaaargh"),
		sample("text_boilerplate-name", "train", asPNG(noise(11, 64, 64)), "DSC_0042.JPG", "Click  to Enlarge"),
		sample("text_boilerplate-url", "train", asPNG(noise(12, 64, 64)), "https://example.org/a-b.png?x=1"),
		sample("good-one-text-left", "train", asPNG(noise(13, 64, 64)), "DSC_0042.JPG", "a dog"),
		sample("text_required-1", "train", asPNG(noise(14, 64, 64))),
		sample("contamination-1", "train", asPNG(held), "the held-out one"),
		sample("near_contamination-1", "train", asJPEG(held, 80), "the held-out one coded again"),
		sample("duplicate-1", "train", asPNG(kept), "the kept one again"),
		sample("near_duplicate-1", "train", asJPEG(kept, 70), "the kept one coded again"),
	}
	for i := range 4 {
		all = append(all, sample(fmt.Sprintf("text_frequent-%d", i), "train", asPNG(noise(uint64(100+i), 64, 64)), "  SUMMER   sale"))
	}
	for i, tone := range tones {
		all = append(all, sample(fmt.Sprintf("good-tone-%d", i), "train", asPNG(figure(tone, brown, 64)), fmt.Sprintf("person of tone %d", i)))
	}
	asked := sample("good-asked", "train", asPNG(noise(15, 64, 64)), "img")
	asked.Questions = []shards.Question{{ID: "q", Text: "what colour?", Answers: []shards.Answer{{Text: "red"}}}}
	return append(all, asked)
}

func TestCurate_CountsEverySampleForItsRule(t *testing.T) {
	samples := badSamples()
	out := filepath.Join(t.TempDir(), "out")
	report, err := Curate(t.Context(), []*shards.Dataset{dataset(t, samples...)}, out, everything, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	for _, s := range samples {
		rule, _, _ := strings.Cut(s.Key, "-")
		want[rule]++
	}
	sum := report.Out
	for _, r := range report.Rules {
		sum += r.Removed
		if r.Removed != want[r.Name] {
			t.Errorf("%s removed %d, want %d", r.Name, r.Removed, want[r.Name])
		}
	}
	if report.In != len(samples) || report.Out != want["good"] || sum != report.In {
		t.Errorf("%d in, %d out, %d accounted for; want %d and %d", report.In, report.Out, sum, len(samples), want["good"])
	}
	checkOutput(t, out, report)
}

// checkOutput checks the dataset and its rejects.
func checkOutput(t *testing.T, out string, report Report) {
	t.Helper()
	problems, err := shards.Verify(out, false)
	if err != nil || len(problems) > 0 {
		t.Errorf("the output does not verify: %v, %v", problems, err)
	}
	d, err := shards.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.Len() != report.Out {
		t.Errorf("%d rows written, %d reported", d.Len(), report.Out)
	}
	for s, err := range d.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(s.Key, "good") {
			t.Errorf("%s stayed", s.Key)
		}
		if s.Key == "good-one-text-left" && (len(s.Texts) != 1 || s.Texts[0].Value != "a dog") {
			t.Errorf("texts left: %+v", s.Texts)
		}
		if s.Key == "good-held" && len(s.Texts) != 1 {
			t.Error("a held-out sample lost its text")
		}
	}
	rejects := 0
	for r, err := range d.Rejects() {
		if err != nil {
			t.Fatal(err)
		}
		rejects++
		if !strings.HasPrefix(r.Key, r.Reason+"-") || r.Detail == "" || !strings.Contains(r.Origin, " row ") {
			t.Errorf("reject %+v", r)
		}
	}
	if rejects != report.In-report.Out {
		t.Errorf("%d rejects, want %d", rejects, report.In-report.Out)
	}
}

func TestCurate_SameForAnyNumberOfWorkers(t *testing.T) {
	d := dataset(t, badSamples()...)
	var first Report
	var firstFile []byte
	for i, workers := range []int{1, 2, 7} {
		out := filepath.Join(t.TempDir(), "out")
		report, err := Curate(t.Context(), []*shards.Dataset{d}, out, everything, Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		file, err := os.ReadFile(filepath.Join(out, "part-00000.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first, firstFile = report, file
		} else if !reflect.DeepEqual(report, first) || !bytes.Equal(file, firstFile) {
			t.Errorf("%d workers give another result", workers)
		}
	}
}

func TestCurate_SeveralDatasetsAndAgainst(t *testing.T) {
	a := dataset(t, sample("one", "train", asPNG(noise(1, 64, 64)), "first"), sample("two", "train", asPNG(noise(2, 64, 64)), "second"))
	b := dataset(t, sample("one", "train", asPNG(noise(3, 64, 64)), "key is taken"), sample("four", "train", asPNG(noise(2, 64, 64)), "as two"))
	eval := dataset(t, sample("e", "train", asJPEG(noise(1, 64, 64), 80)))
	config := Config{Contamination: Contamination{Near: NearDuplicate{3, 5}, Against: []string{eval.Dir()}}, Duplicates: Duplicates{Exact: true}}
	out := filepath.Join(t.TempDir(), "out")
	report, err := Curate(t.Context(), []*shards.Dataset{a, b}, out, config, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Removal{{"undecodable", 0}, {"same_key", 1}, {"near_contamination", 1}, {"duplicate", 1}}
	if report.In != 4 || report.Out != 1 || !slices.Equal(report.Rules, want) {
		t.Errorf("report %+v", report)
	}
}

func TestDuplicates_PairsKeepImagesWithOtherTexts(t *testing.T) {
	encoded := asPNG(noise(1, 64, 64))
	d := dataset(t, sample("a", "", encoded, "a dog"), sample("b", "", encoded, "a brown dog"), sample("c", "", encoded, "a dog"))
	config := Config{Duplicates: Duplicates{Exact: true, Near: NearDuplicate{3, 5}, Pairs: true}}
	report, err := Curate(t.Context(), []*shards.Dataset{d}, filepath.Join(t.TempDir(), "out"), config, Options{})
	if err != nil || report.Out != 2 {
		t.Errorf("%+v, %v; want a and b to stay", report, err)
	}
}

func TestTopFraction_KeepsTheBestOfEachLanguage(t *testing.T) {
	var samples []shards.Sample
	for i := range 20 {
		s := sample(fmt.Sprintf("%02d", i), "", asPNG(noise(uint64(i), 32, 32)), "text")
		s.Texts[0].Language = []string{"en", "de"}[i%2]
		s.Scores = map[string]float64{"similarity": float64(i % 10)}
		samples = append(samples, s)
	}
	samples = append(samples, sample("unscored", "", asPNG(noise(50, 32, 32)), "text"))
	d := dataset(t, samples...)
	out := filepath.Join(t.TempDir(), "out")
	report, err := Curate(t.Context(), []*shards.Dataset{d}, out, Config{Top: TopFraction{"similarity", 0.2}}, Options{})
	if err != nil || report.Out != 4 {
		t.Fatalf("%+v, %v", report, err)
	}
	got, err := shards.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	var keys []string
	for key := range got.Keys() {
		keys = append(keys, key)
	}
	if !slices.Equal(keys, []string{"08", "09", "18", "19"}) {
		t.Errorf("kept %v", keys)
	}
	_, err = Curate(t.Context(), []*shards.Dataset{d}, filepath.Join(t.TempDir(), "out"), Config{Top: TopFraction{"beauty", 0.2}}, Options{})
	if err == nil || !strings.Contains(err.Error(), `no sample has a score "beauty"`) {
		t.Errorf("unknown score: %v", err)
	}
}

func TestCurate_InterruptedLeavesNothing(t *testing.T) {
	d := dataset(t, badSamples()...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	parent := t.TempDir()
	if _, err := Curate(ctx, []*shards.Dataset{d}, filepath.Join(parent, "out"), everything, Options{}); err == nil {
		t.Error("no error from a cancelled run")
	}
	if entries, _ := os.ReadDir(parent); len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestCurate_RemovesTextsOfHeldOutSamples(t *testing.T) {
	const said = "A red bus stops at the corner of a busy street."
	asked := func(key, question, answer string) shards.Sample {
		s := sample(key, "train", asPNG(noise(uint64(len(key)), 64, 64)))
		s.Questions = []shards.Question{{ID: key, Text: question, Answers: []shards.Answer{{Text: answer}}}}
		return s
	}
	read := sample("good-read", "train", asPNG(noise(3, 64, 64)), "a sign")
	read.Texts = append(read.Texts, shards.Text{Kind: shards.OCR, Value: said})
	held := asked("held-question", "Which of the two people in front of the", "door?")
	held.Split = "test"
	samples := []shards.Sample{
		sample("held", "test", asPNG(noise(1, 64, 64)), said),
		held,
		sample("bad-caption", "train", asPNG(noise(2, 64, 64)), "Look: a RED bus stops, at the corner of Paris"),
		asked("bad-question", "which of the two people in front of the", "door"),
		asked("good-question", "which of the two people in front", "is left"),
		sample("good-short", "train", asPNG(noise(4, 64, 64)), "a red bus stops at the corner"), // seven words
		read,
	}
	against := dataset(t, sample("other", "", asPNG(noise(5, 64, 64)), "nobody knows how many words there are in here"))
	samples = append(samples, sample("bad-against", "train", asPNG(noise(6, 64, 64)), "and nobody knows how many words there are in it"))
	for _, c := range []struct {
		against []string
		out     int
	}{{nil, len(samples) - 2}, {[]string{against.Dir()}, len(samples) - 3}} {
		config := Config{HeldOut: []string{"test"}, Contamination: Contamination{Words: 8, Against: c.against}}
		report, err := Curate(t.Context(), []*shards.Dataset{dataset(t, samples...)}, filepath.Join(t.TempDir(), "out"), config, Options{})
		if err != nil {
			t.Fatal(err)
		}
		removed := 0
		for _, r := range report.Rules {
			if r.Name == "text_contamination" {
				removed = r.Removed
			}
		}
		if report.Out != c.out || removed != len(samples)-c.out {
			t.Errorf("against %v: %+v, want %d out", c.against, report, c.out)
		}
	}
}
