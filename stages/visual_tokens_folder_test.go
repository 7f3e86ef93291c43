package stages

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/internal/tokencache"
	"github.com/pali3/pali3/shards"
)

// keptRun trains with visual tokens in a folder and returns what the run said.
func keptRun(t *testing.T, stage, data, dir, tokens string, sets ...string) (notes, warnings string) {
	t.Helper()
	r := testRecipe(t, stage, data, append([]string{"freeze=[vision_model]", "steps=8", "eval={every: 4, split: train, samples: 12}"}, sets...)...)
	r.VisualTokens = tokens
	_, err := Run(t.Context(), r, dir, Options{
		Backend: openBackend(t), Workers: 2,
		Note: func(m string) { notes += m + "\n" }, Warn: func(m string) { warnings += m + "\n" },
	})
	if err != nil {
		t.Fatal(err)
	}
	return notes, warnings
}

// TestRun_VisualTokensOnDisk compares runs into an empty folder, with a full one, and interrupted
// ones, to the bit.
func TestRun_VisualTokensOnDisk(t *testing.T) {
	naflex := []string{"images.ops=decode|resize_to_sequence(4,9)|value_range(-1,1)", "images.sequence_lengths=[4, 9]", "model.image.naflex=3"}
	for name, c := range map[string]struct {
		stage, data string

		sets []string
	}{
		"pali3":     {"pali3", testData(t), nil},
		"no memory": {"pali3", testData(t), []string{"token_cache=-1"}},

		"siglip":     {"siglip", testData(t), nil},
		"any aspect": {"siglip", aspectData(t), naflex},
		"packed":     {"pali3", testData(t), []string{packings["pali3"]}},
		"paligemma":  {"paligemma", testData(t), nil},
		"t5gemma2":   {"t5gemma2", testData(t), nil},
	} {
		t.Run(name, func(t *testing.T) {
			tokens := filepath.Join(t.TempDir(), "tokens")
			cold, warm, resumed, plain := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
			notes, warnings := keptRun(t, c.stage, c.data, cold, tokens, c.sets...)
			if warnings != "" || !strings.Contains(notes, "its tokens are kept in "+tokens) {
				t.Errorf("cold: %s%s", notes, warnings)
			}
			added := fmt.Sprintf("those of %d were added", countTokens(t, tokens))
			if !strings.Contains(notes, added) || strings.Contains(notes, "those of 0 were added") {
				t.Errorf("cold: %s, want %q", notes, added)
			}
			notes, warnings = keptRun(t, c.stage, c.data, warm, tokens, c.sets...)
			if warnings != "" || !strings.Contains(notes, "encoded 0 images") || !strings.Contains(notes, "those of 0 were added") {
				t.Errorf("warm: %s%s", notes, warnings)
			}
			sameRun(t, cold, warm)
			other := filepath.Join(t.TempDir(), "tokens") // cold at first, and half full when resumed
			keptRun(t, c.stage, c.data, resumed, other, append(c.sets, "steps=3")...)
			keptRun(t, c.stage, c.data, resumed, other, c.sets...)
			sameRun(t, cold, resumed)
			again := t.TempDir() // of two folders
			keptRun(t, c.stage, c.data, again, tokens, append(c.sets, "steps=3")...)
			keptRun(t, c.stage, c.data, again, filepath.Join(t.TempDir(), "tokens"), c.sets...)
			sameRun(t, cold, again)

			keptRun(t, c.stage, c.data, plain, "", c.sets...)
			want, err := ReadMetrics(plain)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ReadMetrics(cold)
			if err != nil {
				t.Fatal(err)
			}
			same := true
			for i := range want {
				near(t, float64(got[i].Loss), float64(want[i].Loss), 0.01, fmt.Sprintf("step %d: loss", i+1))
				same = same && got[i].Loss == want[i].Loss
			}
			if same {
				t.Error("rounding to bfloat16 changed no loss")
			}
		})
	}
}

func near(t *testing.T, got, want, part float64, what string) {
	t.Helper()
	if diff := got - want; diff > part*want || -diff > part*want {
		t.Errorf("%s is %g, want about %g", what, got, want)
	}
}

// countTokens returns the number of images, of each sequence length, in a folder of visual tokens.
func countTokens(t *testing.T, dir string) int {
	t.Helper()
	v, err := tokencache.Verify(t.Context(), dir, false)
	if err != nil || !v.OK || v.Doubled > 0 {
		t.Errorf("%s: %+v, %v", dir, v, err)
	}
	return v.Images
}

// TestRun_VisualTokensAreShared trains a model on tokens that another left, of another language
// model, dataset and order of tasks, and then of another image encoder.
func TestRun_VisualTokensAreShared(t *testing.T) {
	data, tokens := testData(t), filepath.Join(t.TempDir(), "tokens")
	siglip := filepath.Join(t.TempDir(), "siglip")
	runStage(t, testRecipe(t, "siglip", data), siglip)
	from := "init=[{from: " + siglip + ", prefixes: [vision_model]}]"
	keptRun(t, "pali3", data, t.TempDir(), tokens, from, "steps=20")
	if n := countTokens(t, tokens); n != 20 {
		t.Fatalf("%d images", n)
	}
	copied := filepath.Join(t.TempDir(), "copied")
	if err := os.CopyFS(copied, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	notes, _ := keptRun(t, "pali3", copied, t.TempDir(), tokens, from, "model.language.width=24", "seed=7", "batch=5", "eval=null")
	if !strings.Contains(notes, "encoded 0 images") {
		t.Errorf("another language model: %s", notes)
	}
	for _, set := range []string{"seed=9", "images.ops=decode|resize(8, nearest)|value_range(-1,1)", "model.image.heads=4"} {
		sets := []string{from, set}
		if set == "seed=9" {
			sets = []string{set} // other weights of the image encoder
		}
		notes, _ := keptRun(t, "pali3", data, t.TempDir(), tokens, sets...)
		if strings.Contains(notes, "encoded 0 images") || !strings.Contains(notes, "held tokens of 0 images") {
			t.Errorf("%s: %s", set, notes)
		}
	}
}

// TestRun_VisualTokensOfRandomOps says that nothing can be kept in training; evaluations, whose ops
// are not random, keep theirs.
func TestRun_VisualTokensOfRandomOps(t *testing.T) {
	data, tokens := testData(t), filepath.Join(t.TempDir(), "tokens")
	sets := []string{"images.ops=decode|resize(8)|flip_lr|value_range(-1,1)", "images.eval_ops=decode|resize(8)|value_range(-1,1)"}
	notes, warnings := keptRun(t, "pali3", data, t.TempDir(), tokens, sets...)
	if !strings.Contains(notes, "images.ops are random") || !strings.Contains(warnings, "up to 48 images were encoded in 8 steps") {
		t.Errorf("%s%s", notes, warnings)
	}
	if n := countTokens(t, tokens); n != 12 { // samples of the evaluation
		t.Errorf("the evaluation kept %d images", n)
	}
	err := withTokens(testRecipe(t, "pali3", data, "freeze=[]"), tokens).Check()
	if err == nil || !strings.Contains(err.Error(), "visual_tokens: keeps the tokens of a frozen image encoder; freeze [vision_model]") {
		t.Errorf("an encoder that learns: %v", err)
	}
	if err := withTokens(testRecipe(t, "ul2", data), tokens).Check(); err == nil || !strings.Contains(err.Error(), "the family t5 has none") {
		t.Errorf("a language model alone: %v", err)
	}
}

// TestRun_VisualTokensOfADamagedFolder damages parts between two runs.
func TestRun_VisualTokensOfADamagedFolder(t *testing.T) {
	data, tokens, whole := testData(t), filepath.Join(t.TempDir(), "tokens"), t.TempDir()
	keptRun(t, "pali3", data, whole, tokens)
	parts, err := filepath.Glob(filepath.Join(tokens, "*", "part-*"))
	if err != nil || len(parts) == 0 {
		t.Fatal(parts, err)
	}
	for name, change := range map[string]func(path string, content []byte) error{
		"cut": func(path string, content []byte) error { return os.Truncate(path, int64(len(content)/2)) },
		"changed": func(path string, content []byte) error {
			content[len(content)-700] ^= 1
			return os.WriteFile(path, content, 0o644)
		},
		"removed": func(path string, content []byte) error { return os.Remove(path) },
	} {
		for _, path := range parts {
			content, err := os.ReadFile(path)
			if err == nil {
				err = change(path, slices.Clone(content))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		dir := t.TempDir()
		_, warnings := keptRun(t, "pali3", data, dir, tokens)
		sameRun(t, whole, dir)
		if (name != "removed") != strings.Contains(warnings, "are left out, and their tokens are computed again") {
			t.Errorf("%s: %s", name, warnings)
		}
		if name != "removed" && !strings.Contains(warnings, tokens) {
			t.Errorf("%s: the file is not named: %s", name, warnings)
		}
		if _, err := tokencache.Verify(t.Context(), tokens, true); err != nil {
			t.Fatal(err)
		}
		if parts, err = filepath.Glob(filepath.Join(tokens, "*", "part-*")); err != nil || len(parts) == 0 {
			t.Fatal(parts, err)
		}
	}
	if _, err := Run(t.Context(), withTokens(testRecipe(t, "pali3", data), data), t.TempDir(), Options{Backend: openBackend(t)}); err == nil || !strings.Contains(err.Error(), "is not a cache of visual tokens") {
		t.Errorf("the folder of a dataset: %v", err)
	}
}

func withTokens(r Recipe, dir string) Recipe {
	r.VisualTokens = dir
	return r
}

// TestVisualTokenCache_FolderAtItsLimit keeps in memory, rounded, what the folder does not take.
func TestVisualTokenCache_FolderAtItsLimit(t *testing.T) {
	folder, err := OpenVisualTokenFolder(t.TempDir(), 700)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	c, _ := testCache(t, VisualTokenOptions{Limit: 1 << 20, Folder: folder, Of: "tokens", Ops: "decode"})
	free, _ := testCache(t, VisualTokenOptions{Limit: 1 << 20, Bfloat16: true})
	encoded := 0
	encode := func(c *VisualTokenCache) (all [][]float32) {
		var keys []ImageKey
		for image := range 20 {
			keys = append(keys, keyOfHash(tokencache.ImageOf([]byte{byte(image)}), 0))
		}
		all, err := c.Encode(t.Context(), keys, func(i int, to []float32) error {
			encoded++
			for at := range to {
				to[at] = float32(i) / 7
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	first := encode(c)
	if n := c.Len(); n == 0 || n == 20 || encoded != 20 {
		t.Errorf("%d of 20 images are in memory, %d were encoded", n, encoded)
	}
	again, inMemory := encode(c), encode(free)
	if encoded != 40 {
		t.Errorf("%d images were encoded", encoded)
	}
	for i := range first {
		if !slices.Equal(first[i], again[i]) || !slices.Equal(first[i], inMemory[i]) {
			t.Errorf("image %d has other tokens", i)
		}
	}
	if problems := folder.Problems(); len(problems) != 1 || !strings.Contains(problems[0], fmt.Sprintf("is at its limit: the tokens of %d images were not added", c.Len())) {
		t.Errorf("problems %q", problems)
	}
	if _, err := c.Encode(context.Background(), []ImageKey{{Dataset: "data"}}, nil); err == nil {
		t.Error("an image without a hash was taken")
	}
}

// TestRun_VisualTokensOfDrawnBoxes keeps in memory what depends on more than the image's bytes.
func TestRun_VisualTokensOfDrawnBoxes(t *testing.T) {
	data, tokens := t.TempDir(), filepath.Join(t.TempDir(), "tokens")
	w, err := shards.Create(data, shards.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := shards.Open(testData(t))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for s, err := range d.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		s.Boxes = []shards.Box{{Label: "dot", Y1: 0.5, X1: 0.5}}
		if err := w.Append(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	_, warnings := keptRun(t, "pali3", data, t.TempDir(), tokens, "images.ops=decode|resize(8)|draw_bbox|value_range(-1,1)", "eval=null")
	if !strings.Contains(warnings, "draw the boxes of each sample") || countTokens(t, tokens) != 0 {
		t.Error(warnings)
	}
}

// TestFillVisualTokens_LeavesNothingToEncode fills folders before runs, twice.
func TestFillVisualTokens_LeavesNothingToEncode(t *testing.T) {
	naflex := []string{"images.ops=decode|resize_to_sequence(4,9)|value_range(-1,1)", "images.sequence_lengths=[9, 4]", "model.image.naflex=3"}
	for name, c := range map[string]struct {
		stage, data string
		sets        []string
	}{
		"pali3": {"pali3", testData(t), nil}, "eval ops": {"pali3", testData(t), []string{"images.eval_ops=decode|resize(8, nearest)|value_range(-1,1)"}},
		"any aspect": {"siglip", aspectData(t), naflex},
		"paligemma":  {"paligemma", testData(t), nil}, "t5gemma2": {"t5gemma2", testData(t), nil},
	} {
		tokens, whole, dir := filepath.Join(t.TempDir(), "tokens"), t.TempDir(), t.TempDir()
		sets := append(c.sets, "freeze=[vision_model]", "steps=8", "eval={every: 4, split: train, samples: 12}")
		r := withTokens(testRecipe(t, c.stage, c.data, sets...), tokens)
		for try := range 2 {
			f, err := FillVisualTokens(t.Context(), r, Options{Backend: openBackend(t)}, nil)
			if err != nil || try == 0 && f.Encoded == 0 || try == 1 && f.Encoded != 0 || f.Known+f.Encoded != f.Images || f.Unreadable != 0 {
				t.Errorf("%s: filled %+v, %v", name, f, err)
			}
		}
		if n := countTokens(t, tokens); n == 0 {
			t.Errorf("%s: %d images", name, n)
		}
		notes, _ := keptRun(t, c.stage, c.data, dir, tokens, c.sets...)
		if !strings.Contains(notes, "encoded 0 images") || !strings.Contains(notes, "those of 0 were added") {
			t.Errorf("%s: %s", name, notes)
		}
		keptRun(t, c.stage, c.data, whole, filepath.Join(t.TempDir(), "tokens"), c.sets...)
		sameRun(t, whole, dir)
	}
}

func TestFillVisualTokens_SaysWhatItCannotDo(t *testing.T) {
	data, tokens := testData(t), filepath.Join(t.TempDir(), "tokens")
	for want, r := range map[string]Recipe{
		"visual_tokens: missing":       testRecipe(t, "pali3", data),
		"draw at random or draw boxes": withTokens(testRecipe(t, "pali3", data, "images.ops=decode|resize(8)|flip_lr|value_range(-1,1)"), tokens),
		`split "none", kind caption`:   withTokens(testRecipe(t, "pali3", data, "tasks.0.split=none"), tokens),
		"is not a cache":               withTokens(testRecipe(t, "pali3", data), data),
	} {
		if _, err := FillVisualTokens(t.Context(), r, Options{Backend: openBackend(t)}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
