package mixture

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pali3/pali3/shards"
)

const recipeYAML = `
seed: 3
data: DATA
tokenizer: {model: "MODEL", sentinels: 64, mode_tokens: true}
images: {ops: "decode|resize(4)|value_range(-1,1)"}
lengths: {encoder: 64, decoder: 32}
batch: 12
tasks:
  - {name: caption, kind: caption, weight: 2, languages: [en, fr]}
  - {name: split, kind: split_cap, weight: 1}
  - {name: vqa, kind: vqa, weight: 1}
  - {name: vqg, kind: vqg, weight: 0.5}
  - {name: objects, kind: object_vqa, weight: 1}
  - {name: text, kind: denoise, weight: 1, denoisers: ul2, modes: true}
  - {name: off, kind: caption, weight: 0}
`

// dataset writes 40 samples, of which one has an image that does not decode.
func dataset(t testing.TB) string {
	dir := filepath.Join(t.TempDir(), "data")
	w, err := shards.Create(dir, shards.Limits{GroupRows: 7})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		encoded := pngImage(i)
		if i == 5 {
			encoded.Bytes = encoded.Bytes[:50]
		}
		s := shards.Sample{
			Key: fmt.Sprint("s", i), Split: "train",
			Images:    []shards.Image{encoded},
			Texts:     []shards.Text{{Kind: shards.Caption, Language: "en", Value: fmt.Sprintf("picture number %d of a series", i)}, {Kind: shards.Caption, Language: "zh", Value: "一张图片"}},
			Questions: []shards.Question{{ID: fmt.Sprint("q", i), Text: "which number is it?", Language: "en", Answers: []shards.Answer{{Text: fmt.Sprint(i)}}}},
			Boxes:     []shards.Box{{Label: []string{"cat", "dog", "bird"}[i%3]}, {Label: []string{"tree", "house"}[i%2]}},
		}
		if i%8 == 7 {
			s.Split = "held_out"
		}
		if err := w.Append(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	return dir
}

// pngImage returns a black image of 6 by 6 pixels, one of them white.
func pngImage(i int) shards.Image {
	m := image.NewGray(image.Rect(0, 0, 6, 6))
	m.SetGray(i%6, i/6%6, color.Gray{Y: 255})
	var b bytes.Buffer
	png.Encode(&b, m)
	return shards.Image{Bytes: b.Bytes(), Format: "png", Width: 6, Height: 6}
}

const model = "../tokenize/sentencepiece/testdata/nmt_nfkc.model"

func recipe(t testing.TB, sets ...string) Recipe {
	t.Helper()
	text := strings.NewReplacer("DATA", dataset(t), "MODEL", model).Replace(recipeYAML)
	r, err := ParseRecipe([]byte(text), "test.yaml", nil, sets...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func open(t testing.TB, r Recipe, o Options) *Stream {
	t.Helper()
	s, err := Open(r, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func batch(t testing.TB, s *Stream, step int) *Batch {
	t.Helper()
	b, err := s.Batch(context.Background(), step)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestBatchesAreAFunctionOfTheStep asks for steps in any order, with any number of workers, from
// fresh streams.
func TestBatchesAreAFunctionOfTheStep(t *testing.T) {
	r := recipe(t)
	straight := open(t, r, Options{})
	var want []string
	for step := range 30 {
		want = append(want, batch(t, straight, step).Digest())
	}
	if want[0] == want[1] {
		t.Error("two steps have the same batch")
	}
	for _, workers := range []int{2, 4} {
		s := open(t, r, Options{Workers: workers})
		for _, step := range []int{29, 0, 17, 16} {
			if got := batch(t, s, step).Digest(); got != want[step] {
				t.Errorf("%d workers: step %d differs", workers, step)
			}
		}
	}
	other := r
	other.Seed++
	if batch(t, open(t, other, Options{}), 0).Digest() == want[0] {
		t.Error("another seed has the same batch")
	}
}

func TestBatch_DividesAmongHosts(t *testing.T) {
	r := recipe(t)
	whole := open(t, r, Options{})
	for _, hosts := range []int{2, 3, 5, 8, 12} {
		parts := make([]*Stream, hosts)
		for h := range parts {
			parts[h] = open(t, r, Options{ShardIndex: h, ShardCount: hosts, Workers: 1 + h%2})
		}
		for step := range 6 {
			var batches []*Batch
			for _, part := range parts {
				batches = append(batches, batch(t, part, step))
			}
			if joined(batches).Digest() != batch(t, whole, step).Digest() {
				t.Errorf("step %d: the batches of %d hosts joined are not the batch of one", step, hosts)
			}
		}
	}
}

// joined returns the batch that shards are parts of.
func joined(parts []*Batch) *Batch {
	all := *parts[0]
	for _, p := range parts[1:] {
		all.Shape.Rows += p.Shape.Rows
		all.Pixels, all.Grids, all.ImageMask = slices.Concat(all.Pixels, p.Pixels), slices.Concat(all.Grids, p.Grids), slices.Concat(all.ImageMask, p.ImageMask)
		all.EncoderIDs, all.DecoderInputs = slices.Concat(all.EncoderIDs, p.EncoderIDs), slices.Concat(all.DecoderInputs, p.DecoderInputs)
		all.Targets, all.Weights, all.Tasks = slices.Concat(all.Targets, p.Targets), slices.Concat(all.Weights, p.Weights), slices.Concat(all.Tasks, p.Tasks)
		all.Keys, all.Origins, all.Indices = slices.Concat(all.Keys, p.Keys), slices.Concat(all.Origins, p.Origins), slices.Concat(all.Indices, p.Indices)
		all.Truncated = slices.Concat(all.Truncated, p.Truncated)
		all.ImageRows, all.ImagePlaces = slices.Concat(all.ImageRows, p.ImageRows), slices.Concat(all.ImagePlaces, p.ImagePlaces)
	}
	return &all
}

// TestExamples reads what each kind of task asks and wants to hear.
func TestExamples(t *testing.T) {
	r := recipe(t)
	s := open(t, r, Options{})
	seen := map[string][]Example{}
	for step := range 40 {
		for _, e := range s.Describe(batch(t, s, step)) {
			if e.Split != "train" {
				t.Fatalf("task %s was fed %s of split %s", e.Task, e.Key, e.Split)
			}
			seen[e.Task] = append(seen[e.Task], e)
		}
	}
	for task, want := range map[string][2]string{
		"caption": {"Generate the alt_text in en at 0: <extra_id_0>", "picture number "},
		"split":   {"Generate the alt_text in ", ""},
		"vqa":     {"Answer in EN: which number is it? <extra_id_0>", ""},
		"vqg":     {"Generate a question in en for ", "which number is it?"},
		"objects": {"Answer in EN: ", ""},
		"text":    {"[", ""},
	} {
		if len(seen[task]) == 0 {
			t.Errorf("task %s was never fed", task)
			continue
		}
		for _, e := range seen[task] {
			if !strings.HasPrefix(e.Prompt, want[0]) || !strings.HasPrefix(e.Target, want[1]) {
				t.Errorf("task %s: %q -> %q", task, e.Prompt, e.Target)
				break
			}
		}
	}
	if len(seen["off"]) > 0 {
		t.Error("a task of weight zero was fed")
	}
	if share := float64(len(seen["caption"])) / 480; share < 0.26 || share > 0.36 { // 2 of 6.5
		t.Errorf("captions are %.2f of the mixture", share)
	}
	skipped := s.Skipped()
	if skipped.Samples != 5 { // of the tasks with images
		t.Errorf("%d samples are reported as skipped, of one image that does not decode", skipped.Samples)
	}
	for _, r := range skipped.Reasons {
		if len(r.Examples) != 1 || !strings.HasSuffix(r.Examples[0], "row 5 (s5)") || r.Reason != "image 0: "+strings.TrimPrefix(r.Reason, "image 0: ") {
			t.Errorf("skipped: %+v", r)
		}
	}
}

// TestSeveralTexts gives a contrastive example both names of its image.
func TestSeveralTexts(t *testing.T) {
	r := recipe(t)
	r.Tasks = []Task{{Name: "names", Kind: "contrastive", Weight: 1}}
	r.Lengths = Lengths{Encoder: 32, Texts: 2}
	s := open(t, r, Options{})
	b := batch(t, s, 0)
	for row := range b.Shape.Rows {
		texts := b.Texts(row)
		first, second := s.Vocabulary().DecodeToEOS(texts[:32]), s.Vocabulary().DecodeToEOS(texts[32:])
		if first == second || first != "一张图片" && second != "一张图片" {
			t.Errorf("row %d has the texts %q and %q", row, first, second)
		}
		if texts[31] != 1 || texts[63] != 1 {
			t.Errorf("row %d: a text does not end in an end of sentence: %v", row, texts)
		}
	}
	r.Tasks = []Task{{Name: "caption", Kind: "caption", Weight: 1}}
	r.Lengths.Decoder = 8
	if err := r.Check(); err == nil || !strings.Contains(err.Error(), "lengths.texts") {
		t.Errorf("several texts of a caption: %v", err)
	}
}

func TestSplitWords(t *testing.T) {
	for text, want := range map[string]int{"a b  c": 3, "one": 1, "日本語": 3, "ภาษา": 4, "cat 猫 x": 3} {
		words := splitWords(text)
		if strings.Join(words, "") != text || len(words) != want {
			t.Errorf("%q: %q", text, words)
		}
	}
}

func TestRecipesAreChecked(t *testing.T) {
	for set, want := range map[string]string{
		"tasks.0.weight=-1":         "weight: -1",
		"tasks.0.kind=captoin":      `the nearest legal kind is "caption"`,
		`tasks.0.prompt="{answer}"`: "{answer} is not filled",
		"batch=0":                   "batch",
		"lengths.decoder=0":         "lengths.decoder",
		"tasks.1.name=caption":      "is taken",
		"tasks.0.wieght=1":          `nearest legal key is "weight"`,
	} {
		text := strings.NewReplacer("DATA", "d", "MODEL", model).Replace(recipeYAML)
		if _, err := ParseRecipe([]byte(text), "test.yaml", nil, set); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", set, err, want)
		}
	}
	r := recipe(t)
	for name, c := range map[string]struct {
		change func(*Recipe)
		want   string
	}{
		"sentinels": {func(r *Recipe) { r.Tokenizer.Sentinels = 1 }, "sentinels"},
		"dataset":   {func(r *Recipe) { r.Data = "nowhere" }, "not a dataset"},
		"split":     {func(r *Recipe) { r.Tasks[0].Split = "test" }, "no sample"},
		"ops":       {func(r *Recipe) { r.Images.Ops = "decode|rezize(4)" }, "resize"},
		"size":      {func(r *Recipe) { r.Images.Ops = "decode" }, "various sizes"},
		"hosts":     {func(r *Recipe) {}, "divide"},
	} {
		changed := r
		changed.Tasks = slices.Clone(r.Tasks)
		c.change(&changed)
		o := Options{}
		if name == "hosts" {
			o = Options{ShardCount: 13}
		}
		if _, err := Open(changed, o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func BenchmarkBatch(b *testing.B) {
	s := open(b, recipe(b), Options{Workers: runtime.NumCPU()})
	batch(b, s, 0)
	b.ResetTimer()
	for i := range b.N {
		batch(b, s, i)
	}
	b.ReportMetric(float64(12*b.N)/b.Elapsed().Seconds(), "examples/s")
}

// TestBatch_LeavesKnownImagesUndecoded says that the images of some rows are known.
func TestBatch_LeavesKnownImagesUndecoded(t *testing.T) {
	r := recipe(t)
	known := func(_ string, row, image, length int) bool { return row%2 == 0 && image == 0 && length == 0 }
	whole, some := batch(t, open(t, r, Options{}), 1), batch(t, open(t, r, Options{Workers: 3, Known: known}), 1)
	if !slices.Equal(whole.ImageMask, some.ImageMask) || !slices.Equal(whole.EncoderIDs, some.EncoderIDs) || !slices.Equal(whole.Keys, some.Keys) {
		t.Error("the batches differ in more than pixels")
	}
	var mu sync.Mutex
	lengths := map[[sha256.Size]byte]int{} // of the images that were asked for
	byHash := batch(t, open(t, r, Options{Workers: 3, KnownHash: func(image [sha256.Size]byte, length int) bool {
		mu.Lock()
		defer mu.Unlock()
		lengths[image] = length
		return true
	}}), 1)
	for at, present := range byHash.ImageMask {
		length, asked := lengths[byHash.ImageHashes[at]]
		if (present == 1) != asked || length != 0 {
			t.Errorf("image %d: mask %g, asked %v", at, present, asked)
		}
	}
	if slices.ContainsFunc(byHash.Pixels, func(v float32) bool { return v != 0 }) {
		t.Error("images known by their hash have pixels")
	}
	left := 0
	for row := range whole.Shape.Rows {
		a, b := whole.Image(row).Pix, some.Image(row).Pix
		if whole.ImageMask[row] == 1 && known(whole.Origins[row], whole.Indices[row], 0, 0) {
			a, left = make([]float32, len(a)), left+1
		}
		if !slices.Equal(a, b) {
			t.Errorf("row %d (sample %d) has other pixels", row, whole.Indices[row])
		}
	}
	if left == 0 {
		t.Error("no image was known")
	}
}
