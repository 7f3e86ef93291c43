package contamination

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/evalsuite/compare"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

// scene draws an image of soft blobs, a different one for each seed.
func scene(seed uint64, width, height int) *image.NRGBA {
	rng := random.New(random.Name("scene"), seed)
	type blob struct{ y, x, size, r, g, b float64 }
	var blobs []blob
	for range 14 {
		blobs = append(blobs, blob{rng.Float64(), rng.Float64(), 0.03 + 0.15*rng.Float64(), 300*rng.Float64() - 150, 300*rng.Float64() - 150, 300*rng.Float64() - 150})
	}
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		y, x := float64(i/width)/float64(height), float64(i%width)/float64(width)
		c := [3]float64{110 + 40*y, 120, 130 - 30*x}
		for _, b := range blobs {
			w := math.Exp(-((y-b.y)*(y-b.y) + (x-b.x)*(x-b.x)) / (2 * b.size * b.size))
			c[0], c[1], c[2] = c[0]+w*b.r, c[1]+w*b.g, c[2]+w*b.b
		}
		level := func(v float64) uint8 { return uint8(min(255, max(0, v))) }
		m.SetNRGBA(i%width, i/width, color.NRGBA{level(c[0]), level(c[1]), level(c[2]), 255})
	}
	return m
}

func asPNG(m image.Image, level png.CompressionLevel) []byte {
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: level}).Encode(&b, m); err != nil {
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

// framed lays an image on a ground of one colour.
func framed(m image.Image, margin int, ground color.NRGBA) image.Image {
	b := m.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx()+2*margin, b.Dy()+2*margin))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.Set(x, y, ground)
			if p := image.Pt(x-margin+b.Min.X, y-margin+b.Min.Y); p.In(b) {
				out.Set(x, y, m.At(p.X, p.Y))
			}
		}
	}
	return out
}

func mirrored(m *image.NRGBA) image.Image {
	out := image.NewNRGBA(m.Rect)
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			out.Set(m.Rect.Dx()-1-x, y, m.At(x, y))
		}
	}
	return out
}

func withImage(key string, encoded []byte, texts ...string) shards.Sample {
	s := shards.Sample{Key: key}
	if encoded != nil {
		s.Images = []shards.Image{{Bytes: encoded}}
	}
	for _, text := range texts {
		s.Texts = append(s.Texts, shards.Text{Kind: shards.Caption, Language: "en", Value: text})
	}
	return s
}

func asking(key string, encoded []byte, id, question string, answers ...string) shards.Sample {
	s := withImage(key, encoded)
	q := shards.Question{ID: id, Text: question, Language: "en"}
	for _, a := range answers {
		q.Answers = append(q.Answers, shards.Answer{Text: a})
	}
	s.Questions = []shards.Question{q}
	return s
}

func dataset(t testing.TB, samples ...shards.Sample) *shards.Dataset {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	w, err := shards.Create(dir, shards.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples { // broken images, too, which Write refuses
		for i := range s.Images {
			s.Images[i].Format, s.Images[i].Width, s.Images[i].Height = "png", 1, 1
		}
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

func audit(t testing.TB, o Options, benchmark []shards.Sample, train ...*shards.Dataset) *Result {
	t.Helper()
	a, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range benchmark {
		a.Add(&benchmark[i], ItemsOf(&benchmark[i]))
	}
	r, err := a.Search(context.Background(), train)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// matches lists what was found of an item as "rule row", in order.
func matches(r *Result, id string) (found []string) {
	for _, c := range r.Contaminated {
		if c.ID == id {
			for _, m := range c.Matches {
				found = append(found, fmt.Sprintf("%s %s", m.Rule, m.Key))
			}
		}
	}
	return found
}

func TestSearch_FindsChangedImages(t *testing.T) {
	const side = 160
	var benchmark, train []shards.Sample
	want := map[string]string{}
	seed := uint64(0)
	plant := func(rule string, change func(m *image.NRGBA) []byte) {
		seed++
		m := scene(seed, side, 120)
		key := fmt.Sprintf("b%d", seed)
		benchmark = append(benchmark, withImage(key, asPNG(m, png.DefaultCompression)))
		train = append(train, withImage(fmt.Sprintf("t%d", seed), change(m)))
		if rule != "" {
			want[key] = rule
		}
	}
	plant(ImageBytes, func(m *image.NRGBA) []byte { return asPNG(m, png.DefaultCompression) })
	plant(ImagePixels, func(m *image.NRGBA) []byte { return asPNG(m, png.NoCompression) })
	plant(ImageNear, func(m *image.NRGBA) []byte { return asJPEG(m, 60) })
	plant(ImageNear, func(m *image.NRGBA) []byte { return asJPEG(scene(seed, side/2, 60), 75) })
	plant(ImageNear, func(m *image.NRGBA) []byte { return asPNG(scene(seed, 2*side, 200), png.DefaultCompression) })
	plant(ImageMirrored, func(m *image.NRGBA) []byte { return asJPEG(mirrored(m), 75) })
	plant(ImageCropped, func(m *image.NRGBA) []byte { return asJPEG(m.SubImage(image.Rect(8, 6, side-8, 114)), 75) })
	plant(ImageCropped, func(m *image.NRGBA) []byte { return asJPEG(m.SubImage(image.Rect(0, 0, side, 106)), 75) })
	plant(ImageCropped, func(m *image.NRGBA) []byte { return asJPEG(framed(m, 20, color.NRGBA{A: 255}), 85) })
	plant(ImageCropped, func(m *image.NRGBA) []byte {
		return asJPEG(framed(m, 12, color.NRGBA{255, 255, 255, 255}), 85)
	})
	plant("", func(m *image.NRGBA) []byte { return asJPEG(scene(seed+1000, side, 120), 75) })
	plant("", func(m *image.NRGBA) []byte { return asJPEG(m.SubImage(image.Rect(side/2, 0, side, 60)), 75) })
	r := audit(t, Options{}, benchmark, dataset(t, train...))
	for i, s := range benchmark {
		var wanted []string
		if rule := want[s.Key]; rule != "" {
			wanted = []string{rule + " " + train[i].Key}
		}
		if got := matches(r, s.Key); !slices.Equal(got, wanted) {
			t.Errorf("%s: found %q, want %q", s.Key, got, wanted)
		}
	}
	if r.Counts.Contaminated != len(want) || r.Counts.Image != len(want) || r.Counts.Clean != 2 || r.Touched != len(want) {
		t.Errorf("counts %+v, %d rows", r.Counts, r.Touched)
	}
}

// TestSearch_ImagesOfOneColour checks that they are equal to the byte or by their pixels only.
func TestSearch_ImagesOfOneColour(t *testing.T) {
	plain := func(c color.NRGBA, side int) []byte {
		return asPNG(framed(image.NewNRGBA(image.Rectangle{}), side, c), png.DefaultCompression)
	}
	white := color.NRGBA{255, 255, 255, 255}
	benchmark := []shards.Sample{withImage("white", plain(white, 30)), withImage("clear", plain(color.NRGBA{}, 30))}
	train := dataset(t, withImage("other size", plain(white, 40)), withImage("same", plain(white, 30)))
	r := audit(t, Options{}, benchmark, train)
	if got := matches(r, "white"); !slices.Equal(got, []string{"image_bytes same"}) {
		t.Errorf("white: %q", got)
	}
	if got := matches(r, "clear"); got != nil {
		t.Errorf("clear: %q", got)
	}
}

const long = "The quick brown fox jumps over the lazy dog while fourteen grey cats watch from a red wall"

func TestSearch_FindsTexts(t *testing.T) {
	words := strings.Fields(long) // 18
	for _, c := range []struct {
		name, rule, benchmark, train string
		found                        bool
	}{
		{"whole", GPT3, long, long, true},
		{"within another", GPT3, long, "Once upon a time " + long + " and then", true},
		{"13 words at its end", GPT3, long, "so " + strings.Join(words[5:], " "), true},
		{"13 words at its beginning", GPT3, long, strings.Join(words[:13], " ") + " x", true},
		{"12 words", GPT3, long, strings.Join(words[:12], " ") + " x", false},
		{"a word changed in the middle", GPT3, long, strings.Replace(long, "dog", "cow", 1), false},
		{"case and punctuation", GPT3, long, strings.ToUpper(strings.ReplaceAll(long, " ", "--")) + "!!!", true},
		{"full width", GPT3, long, strings.Map(func(r rune) rune {
			if r > ' ' && r < 127 {
				return r - ' ' + 0xff00
			}
			return r
		}, long), true},
		{"a text of 8 words as a whole", GPT3, "what is written on the big red sign", "Q: What is written on the big, red sign? A: stop", true},
		{"7 of 8 words", GPT3, "what is written on the big red sign", "what is written on the big red", false},
		{"a text of 7 words", GPT3, "what is written on the red sign", "what is written on the red sign", false},
		{"without blanks", GPT3, "照片里红色的大标志牌上写着什么字", "问：照片里红色的大标志牌上写着什么字？", true},
		{"other characters", GPT3, "照片里红色的大标志牌上写着什么字", "照片里红色的小标志牌上有没有字", false},
		{"70 percent of the runs", PaLM, long, strings.Join(words[:16], " "), true}, // 9 of 11
		{"half of the runs", PaLM, long, strings.Join(words[:13], " "), false},      // 6 of 11
		{"a word changed after the tenth", Llama2, long, strings.Replace(long, "fourteen", "fifty", 1), true},
		{"five words changed", Llama2, long, strings.Join(words[:10], " ") + " a a a a a " + strings.Join(words[15:], " "), false},
		{"ten words only", Llama2, strings.Join(words[:12], " "), strings.Join(words[:10], " "), false},
		{"half of the words", Tulu3, long, strings.Join(words[:9], " "), false}, // 9 of 18
		{"more than half", Tulu3, long, strings.Join(words[:10], " "), true},
		{"50 letters", GPT4, long, "x" + strings.ReplaceAll(strings.ToLower(long), " ", "") + "y", true},
		{"other letters", GPT4, long, strings.ReplaceAll(long, "e", "a"), false},
		{"the caption", Exact, "a dog", "A dog.", true},
		{"more than the caption", Exact, "a dog", "A dog barks.", false},
	} {
		t.Run(c.rule+"/"+c.name, func(t *testing.T) {
			r := audit(t, Options{Rules: []string{c.rule}}, []shards.Sample{withImage("b", nil, c.benchmark)}, dataset(t, withImage("other", nil, "a text about nothing"), withImage("t", nil, c.train)))
			var want []string
			if c.found {
				want = []string{c.rule + " t"}
			}
			if got := matches(r, "b/en"); !slices.Equal(got, want) {
				t.Errorf("found %q, want %q", got, want)
			}
		})
	}
}

// TestSearch_PaLMUnitesRows checks that runs are looked for anywhere in the training data, whereas
// Tülu's rule looks at one training text.
func TestSearch_PaLMUnitesRows(t *testing.T) {
	words := strings.Fields(long)
	train := dataset(t, withImage("first", nil, strings.Join(words[:12], " ")), withImage("second", nil, strings.Join(words[6:16], " ")))
	r := audit(t, Options{Rules: []string{PaLM}}, []shards.Sample{withImage("b", nil, long)}, train)
	if len(r.Contaminated) != 1 {
		t.Fatalf("%+v", r.Counts)
	}
	if m := r.Contaminated[0].Matches[0]; m.Key != "first" || m.Rows != 2 || math.Abs(m.Share-8.0/11) > 1e-12 {
		t.Errorf("%+v", m)
	}
}

func TestSearch_ShortTextsCountWithTheImage(t *testing.T) {
	image1, image2 := asPNG(scene(1, 80, 60), png.DefaultCompression), asPNG(scene(2, 80, 60), png.DefaultCompression)
	benchmark := []shards.Sample{
		asking("one", image1, "q1", "What color is the cat?", "black"),
		asking("two", image2, "q2", "What color is the cat?", "white"),
		asking("three", asPNG(scene(3, 80, 60), png.DefaultCompression), "q3", "Is it raining?", "no"),
	}
	train := dataset(t,
		withImage("caption", asJPEG(scene(1, 80, 60), 70), "a room"),
		asking("question", nil, "x", "what color is the cat", "black"),
		withImage("pair", image2, "Question: what color is the cat? Answer: white"),
	)
	r := audit(t, Options{}, benchmark, train)
	for id, want := range map[string][]string{"q1": {"image_near caption"}, "q2": {"image_bytes pair", "image_and_text pair"}, "q3": nil} {
		if got := matches(r, id); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	if r.Counts.Unjudged != 3 || r.Counts.Pair != 1 || r.Counts.Text != 0 || r.Counts.Image != 2 {
		t.Errorf("%+v", r.Counts)
	}
	exact := audit(t, Options{Rules: []string{Exact}}, benchmark, train)
	if got := matches(exact, "q1"); !slices.Equal(got, []string{"exact question"}) {
		t.Errorf("question and answer: %q", got)
	}
	if got := matches(exact, "q2"); got != nil {
		t.Errorf("another answer: %q", got)
	}
}

// many returns a benchmark and training data in which much is shared.
func many(t testing.TB) ([]shards.Sample, []*shards.Dataset) {
	rng := random.New(7)
	text := func() string {
		var words []string
		for range 6 + rng.IntN(20) {
			words = append(words, string(rune('a'+rng.IntN(2))))
		}
		return strings.Join(words, " ")
	}
	var benchmark []shards.Sample
	for i := range 30 {
		benchmark = append(benchmark, withImage(fmt.Sprintf("b%02d", i), asPNG(scene(uint64(i), 40, 30), png.DefaultCompression), text(), text()))
	}
	var train []*shards.Dataset
	for d := range 2 {
		var samples []shards.Sample
		for i := range 300 {
			s := withImage(fmt.Sprintf("t%d-%d", d, i), asJPEG(scene(uint64(rng.IntN(400)), 40, 30), 50+rng.IntN(50)), text())
			if i%50 == 7 {
				s.Images[0].Bytes = s.Images[0].Bytes[:200+i]
				s.Images[0].Bytes = append(s.Images[0].Bytes, 0xff, 0xd9)
			}
			samples = append(samples, s)
		}
		train = append(train, dataset(t, samples...))
	}
	return benchmark, train
}

func TestSearch_DoesNotDependOnWorkers(t *testing.T) {
	benchmark, train := many(t)
	var first string
	for _, workers := range []int{1, 2, 7} {
		r := audit(t, Options{Rules: []string{"all"}, Workers: workers}, benchmark, train...)
		dir := t.TempDir()
		if err := r.Write(dir); err != nil {
			t.Fatal(err)
		}
		var all string
		for _, name := range []string{SummaryFile, ItemsFile} {
			content, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			all += string(content)
		}
		if first == "" {
			first = all
			if r.Counts.Contaminated == 0 || r.Train[0].Undecodable.Count == 0 || len(r.Train[0].Undecodable.First) != fewNames {
				t.Fatalf("%+v", r)
			}
		}
		if all != first {
			t.Errorf("with %d workers:\n%s\nwith one:\n%s", workers, all, first)
		}
	}
}

// written returns what a result writes.
func written(t *testing.T, r *Result) (all string) {
	t.Helper()
	dir := t.TempDir()
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{SummaryFile, ItemsFile} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all += string(content)
	}
	return all
}

// TestMerge_EqualsTheWhole searches the training data in shares.
func TestMerge_EqualsTheWhole(t *testing.T) {
	benchmark, train := many(t)
	o := Options{Rules: []string{"all"}}
	want := written(t, audit(t, o, benchmark, train...))
	newAudit := func(o Options) *Audit {
		a, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		for i := range benchmark {
			a.Add(&benchmark[i], ItemsOf(&benchmark[i]))
		}
		return a
	}
	for _, shares := range []int{1, 2, 5} {
		var paths []string
		for n := range shares {
			paths = append(paths, filepath.Join(t.TempDir(), "part.jsonl"))
			if err := newAudit(o).SearchPart(t.Context(), train, Shard{n, shares}, paths[n]); err != nil {
				t.Fatal(err)
			}
		}
		slices.Reverse(paths)
		r, err := newAudit(o).Merge(train, paths)
		if err != nil {
			t.Fatal(err)
		}
		if got := written(t, r); got != want {
			t.Errorf("%d shares:\n%s\nwant:\n%s", shares, got, want)
		}
		for name, of := range map[string][]string{"are missing": paths[1:], "are both part": append(paths, paths[0])} {
			if _, err := newAudit(o).Merge(train, of); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%v, want %q", err, name)
			}
		}
		if _, err := newAudit(Options{}).Merge(train, paths); err == nil || !strings.Contains(err.Error(), "other rules") {
			t.Error(err)
		}
	}
}

// FuzzMerge reads files of parts. They may be an error.
func FuzzMerge(f *testing.F) {
	benchmark := []shards.Sample{asking("a", nil, "q1", long, "one two three four five six seven eight nine")}
	train := []*shards.Dataset{dataset(f, benchmark[0])}
	audited := func() *Audit {
		a, err := New(Options{Rules: []string{"all"}})
		if err != nil {
			f.Fatal(err)
		}
		a.Add(&benchmark[0], ItemsOf(&benchmark[0]))
		return a
	}
	path := filepath.Join(f.TempDir(), "part.jsonl")
	if err := audited().SearchPart(context.Background(), train, whole, path); err != nil {
		f.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(content), "\n")
	f.Add(rest)
	f.Fuzz(func(t *testing.T, rows string) {
		if err := os.WriteFile(path, []byte(head+"\n"+rows), 0o666); err != nil {
			t.Fatal(err)
		}
		if r, err := audited().Merge(train, []string{path}); err == nil {
			r.Counts.All++
		}
	})
}

// drawn is an image with many corners, a different one for each seed.
func drawn(seed uint64, width, height int) *image.NRGBA {
	rng := random.New(random.Name("drawn"), seed)
	m := scene(seed, width, height)
	for range 90 {
		y, x, h, w := rng.IntN(height), rng.IntN(width), 6+rng.IntN(height/5), 6+rng.IntN(width/5)
		c := color.NRGBA{uint8(rng.IntN(256)), uint8(rng.IntN(256)), uint8(rng.IntN(256)), 255}
		for i := y; i < min(y+h, height); i++ {
			for j := x; j < min(x+w, width); j++ {
				m.SetNRGBA(j, i, c)
			}
		}
	}
	return m
}

// TestSearch_FindsImagesThatWereCut cuts 10 to 90% of the area of training images, resizes the cuts
// and encodes them again. Half of the benchmark's images are not in the training data.
func TestSearch_FindsImagesThatWereCut(t *testing.T) {
	var benchmark, train []shards.Sample
	const images = 24
	rng := random.New(5)
	for n := range uint64(images) {
		m := drawn(n, 480, 360)
		if n%2 == 0 {
			train = append(train, withImage(fmt.Sprint("train", n), asJPEG(m, 90)))
		}
		share := math.Sqrt(0.1 + 0.8*float64(n)/images)
		h, w := int(360*share), int(480*share)
		y, x := rng.IntN(361-h), rng.IntN(481-w)
		content := asJPEG(m.SubImage(image.Rect(x, y, x+w, y+h)), 95)
		side := 200 + rng.IntN(200)
		small, err := augment.Decode(content)
		if err != nil {
			t.Fatal(err)
		}
		resized := small.Resize(side*h/w, side, augment.Bilinear, true)
		again := image.NewNRGBA(image.Rect(0, 0, resized.Width, resized.Height))
		for i := range resized.Width * resized.Height {
			p := resized.Pix[3*i:]
			again.SetNRGBA(i%resized.Width, i/resized.Width, color.NRGBA{uint8(p[0]), uint8(p[1]), uint8(p[2]), 255})
		}
		benchmark = append(benchmark, withImage(fmt.Sprint(n), asJPEG(again, 60)))
	}
	r := audit(t, Options{Rules: []string{ImagePart}}, benchmark, dataset(t, train...))
	found := 0
	for n := range images {
		got := matches(r, fmt.Sprint(n))
		switch {
		case n%2 == 1 && got != nil:
			t.Errorf("image %d is found as %v", n, got)
		case n%2 == 0 && len(got) == 1 && got[0] == fmt.Sprint("image_part train", n):
			found++
		case n%2 == 0:
			t.Logf("image %d is found as %v", n, got)
		}
	}
	if found < images/2-1 {
		t.Errorf("%d of %d are found", found, images/2)
	}
	like := r.Contaminated[0].Matches[0].Like
	if like.From == nil || like.Corners < 5 || like.Detail < 0.95 || like.Part != [4]float64{0, 0, 1, 1} {
		t.Errorf("%+v", like)
	}
}

func TestSearch_CountsWhatItCannotRead(t *testing.T) {
	good := asPNG(scene(1, 80, 60), png.DefaultCompression)
	broken := slices.Concat(good[:len(good)/2], make([]byte, 40))
	d := dataset(t, withImage("broken", broken, "a text"), withImage("good", good, "another"))
	r := audit(t, Options{}, []shards.Sample{withImage("b", good, long), withImage("c", broken)}, d)
	if got := r.Train[0].Undecodable; got.Count != 1 || !strings.HasPrefix(got.First[0], "row 0 (broken) image 0: ") {
		t.Errorf("training images: %+v", got)
	}
	if got := r.Undecodable; got.Count != 1 || !strings.HasPrefix(got.First[0], "image 0 of c: ") {
		t.Errorf("images of the benchmark: %+v", got)
	}
	if r.Complete() {
		t.Error("the search is called complete")
	}
	if got := matches(r, "c"); !slices.Equal(got, []string{"image_bytes broken"}) {
		t.Errorf("an image that does not decode is found by its bytes: %q", got)
	}
}

// TestSearch_GoesOnAfterADamagedPart damages the first of two parts.
func TestSearch_GoesOnAfterADamagedPart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	for part := range 2 {
		w, err := shards.Create(dir, shards.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			if err := w.Append(withImage(fmt.Sprintf("%d-%d", part, i), nil, fmt.Sprintf("%s %d", long, part))); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Commit("test"); err != nil {
			t.Fatal(err)
		}
	}
	parts, err := filepath.Glob(filepath.Join(dir, "part-*.parquet"))
	if err != nil || len(parts) != 2 {
		t.Fatal(parts, err)
	}
	content, err := os.ReadFile(parts[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := 4; i < len(content)*2/3; i++ {
		content[i] ^= 0x5a
	}
	if err := os.WriteFile(parts[0], content, 0o644); err != nil {
		t.Fatal(err)
	}
	d, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	r := audit(t, Options{}, []shards.Sample{withImage("b", nil, long)}, d)
	if u := r.Train[0].Unread; u.Count != 5 || r.Train[0].Rows != 5 || len(u.First) != 1 || !strings.HasPrefix(u.First[0], "rows 0 to 4: ") {
		t.Errorf("%+v", r.Train[0])
	}
	if got := matches(r, "b/en"); !slices.Equal(got, []string{"gpt3 1-0"}) {
		t.Errorf("%q", got)
	}
}

func TestSearch_TakesTheNamedSplits(t *testing.T) {
	in, out := withImage("in", nil, "nothing"), withImage("out", nil, long)
	in.Split, out.Split = "train", "test"
	d := dataset(t, in, out)
	r := audit(t, Options{Splits: []string{"train"}}, []shards.Sample{out}, d)
	if r.Counts.Contaminated != 0 || r.Train[0].Rows != 1 || r.Train[0].OtherSplits != 1 {
		t.Errorf("%+v, %+v", r.Counts, r.Train)
	}
	if all := audit(t, Options{}, []shards.Sample{out}, d); all.Counts.Contaminated != 1 {
		t.Errorf("all splits: %+v", all.Counts)
	}
}

func TestScore_SplitsScores(t *testing.T) {
	var benchmark, train []shards.Sample
	var items []compare.Item
	for i := range 40 {
		key, id := fmt.Sprintf("i%d", i), fmt.Sprintf("q%d", i)
		encoded := asPNG(scene(uint64(i), 40, 30), png.DefaultCompression)
		benchmark = append(benchmark, asking(key, encoded, id, "What is it?", "a cat"))
		value := float64(i % 2)
		if i < 10 {
			train = append(train, withImage(key, encoded, "a photo"))
			value = 1
		}
		items = append(items, compare.Item{Task: "vqa", ID: id, Cluster: key, Question: "What is it?", Values: map[string]float64{"vqa_accuracy": value}})
	}
	r := audit(t, Options{}, benchmark, dataset(t, train...))
	if err := r.Score(items[:38], metrics.Bootstrap{}); err != nil {
		t.Fatal(err)
	}
	s := r.Scores[0]
	if s.Clean.Value != 0.5 || s.Contaminated.Value != 1 || s.Difference.Value != 0.5 || s.Difference.Lo < 0.2 || s.Difference.Hi > 0.8 || s.Kinds[Image].N != 10 {
		t.Errorf("%+v", s)
	}
	if math.Abs(s.Raised.Value-(24.0/38-0.5)) > 1e-12 || r.Unscored.Count != 2 {
		t.Errorf("raised %+v, unscored %+v", s.Raised, r.Unscored)
	}
	items[3].ID = "another"
	if err := r.Score(items, metrics.Bootstrap{}); err == nil || !strings.Contains(err.Error(), `1 of 40 scored items are not in the benchmark that was searched for, for example "another"`) {
		t.Errorf("an unknown item: %v", err)
	}
}

func TestNew_NamesTheRules(t *testing.T) {
	if _, err := New(Options{Rules: []string{"gpt5"}}); err == nil || !strings.Contains(err.Error(), `no rule "gpt5"; choose from image_bytes,`) {
		t.Errorf("%v", err)
	}
	if _, err := New(Options{Bits: 16}); err == nil {
		t.Error("16 bits are accepted")
	}
	for _, r := range Rules() {
		if r.Name == "" || r.About == "" || r.Source == "" || r.Kind != Image && r.Kind != Text {
			t.Errorf("%+v", r)
		}
	}
}

// TestSearch_ManyEqualTexts checks that a text which a million items share is one text.
func TestSearch_ManyEqualTexts(t *testing.T) {
	a, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := shards.Sample{Key: "b"}
	for i := range 100_000 {
		s.Questions = append(s.Questions, shards.Question{ID: fmt.Sprint(i), Text: long})
	}
	a.Add(&s, ItemsOf(&s))
	r, err := a.Search(context.Background(), []*shards.Dataset{dataset(t, withImage("t", nil, strings.Repeat(long+" ", 10_000)))})
	if err != nil {
		t.Fatal(err)
	}
	if r.Counts.Contaminated != 100_000 || r.Train[0].GivenUp.Count != 0 {
		t.Errorf("%+v %+v", r.Counts, r.Train)
	}
	line, err := json.Marshal(&r.Contaminated[0])
	if err != nil || len(line) > 1000 {
		t.Errorf("%d bytes, %v: %s", len(line), err, line)
	}
}

func TestItemsOf_NumbersQuestionsWithoutIDsAsEvalDoes(t *testing.T) {
	yes := []shards.Answer{{Text: "yes"}}
	s := shards.Sample{Key: "a.png", Questions: []shards.Question{
		{Text: "Is it red?", Answers: yes}, {Text: "Who knows?"}, {ID: "own", Text: "Is it big?", Answers: yes}, {Text: "Is it round?", Answers: yes},
	}}
	task := mixture.Task{Kind: "vqa"}
	kind, _ := mixture.Builtin().Kind("vqa")
	var want, got []string
	for _, ask := range kind.Asks(&task, &s) {
		want = append(want, ask.ID)
	}
	for _, item := range ItemsOf(&s) {
		got = append(got, item.ID)
	}
	if !slices.Equal(slices.Concat(got[:1], got[2:]), want) || got[1] != "a.png#unanswered1" {
		t.Errorf("ids %q, eval has %q", got, want)
	}
}
