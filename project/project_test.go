package project

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/internal/folderlock"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/stages"
)

// nano is a size for tests: models that learn next to nothing in no time.
var nano = Size{
	Name: "nano", Width: 16, Depth: 1, MLP: 16, Heads: 2, TextDepth: 1,
	Language: 16, LanguageMLP: 16, LanguageHeads: 2, HeadDim: 8, Layers: 1,
	Image: 16, Grid: 2, LargeGrid: 3, MaxText: 12, MaxDocument: 24, MaxAnswer: 8, Batch0: 12, Batch: 6,
}

func TestMain(m *testing.M) {
	sizes = append(sizes, nano)
	os.Exit(m.Run())
}

func goBackend(t *testing.T) compute.Backend {
	t.Helper()
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	return be
}

var (
	shades = []color.RGBA{{220, 30, 30, 255}, {30, 200, 40, 255}, {40, 60, 220, 255}, {230, 220, 40, 255}}
	names  = []string{"red", "green", "blue", "yellow"}
)

// writeShapes writes n different images with a text beside each.
func writeShapes(t *testing.T, dir string, n int) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		m := image.NewRGBA(image.Rect(0, 0, 32, 32))
		rng := random.New(uint64(i))
		cells := make([]color.RGBA, 16)
		for at := range cells {
			cells[at] = shades[rng.IntN(4)]
		}
		for y := range 32 {
			for x := range 32 {
				m.SetRGBA(x, y, cells[y/8*4+x/8])
			}
		}
		stem := filepath.Join(dir, fmt.Sprintf("%03d", i))
		f, err := os.Create(stem + ".png")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(png.Encode(f, m), f.Close()); err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("%s, %s and %s", names[slices.Index(shades, cells[0])], names[slices.Index(shades, cells[5])], names[slices.Index(shades, cells[15])])
		if err := os.WriteFile(stem+".txt", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// started makes a project of nano models on 80 images.
func started(t *testing.T, be compute.Backend) string {
	t.Helper()
	dir := t.TempDir()
	writeShapes(t, filepath.Join(dir, "images"), 80)
	out := filepath.Join(dir, "mine")
	_, err := Start(t.Context(), filepath.Join(dir, "images"), out, StartOptions{Backend: be, Size: "nano", Minutes: 0.1, Language: "en", Workers: 2})
	if err != nil && strings.Contains(err.Error(), "too few") { // a machine that does much else
		_, err = Start(t.Context(), filepath.Join(dir, "images"), out, StartOptions{Backend: be, Size: "nano", Minutes: 2, Language: "en", Workers: 2})
	}
	if err != nil {
		t.Fatal(err)
	}
	shorten(t, out)
	return out
}

// shorten cuts the stages of a project to a few steps.
func shorten(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"siglip", "ul2", "stage1", "stage2", "caption"} {
		edit(t, filepath.Join(dir, "recipes", name+".yaml"), func(text string) string {
			lines := strings.Split(text, "\n")
			for i, line := range lines {
				if strings.HasPrefix(line, "steps: ") {
					lines[i] = "steps: 6"
				}
			}
			return strings.Join(lines, "\n")
		})
	}
}

func edit(t *testing.T, path string, change func(string) string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(change(string(content))), 0o644); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, ctx context.Context, be compute.Backend, dir string) (*Summary, []string, error) {
	t.Helper()
	var notes []string
	s, err := Run(ctx, dir, RunOptions{Backend: be, Workers: 2, Version: "test", Note: func(m string) { notes = append(notes, m) }})
	return s, notes, err
}

// hashes of all weights of a project.
func weightHashes(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range []string{"siglip", "ul2", "stage1", "stage2", "caption"} {
		sum, err := hashFile(filepath.Join(dir, name, stages.WeightsFile))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = sum
	}
	return all
}

func TestStartAndRun(t *testing.T) {
	be := goBackend(t)
	dir := started(t, be)
	s, _, err := run(t, t.Context(), be, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, metric := range []string{"caption_cider", "caption_exact", "i2t_r1"} {
		scores, ok := s.Scores["test"][metric]
		if !ok || scores.Model.N == 0 || scores.Blind == nil || scores.Untrained == nil {
			t.Errorf("test %s: %+v", metric, scores)
		}
	}
	for _, name := range []string{SummaryFile, ReportFile, ImagesFolder, "data", "curation.json", "split.json"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	before := weightHashes(t, dir)

	again, notes, err := run(t, t.Context(), be, dir)
	if err != nil || len(notes) > 0 || again.Seconds != s.Seconds {
		t.Errorf("a finished project did something again: %v, %q, %v and %v seconds", err, notes, s.Seconds, again.Seconds)
	}

	t.Run("a changed recipe is trained again, and what depends on it", func(t *testing.T) {
		edit(t, filepath.Join(dir, "recipes", "stage2.yaml"), func(text string) string {
			return strings.Replace(text, "learning_rate: 0.03", "learning_rate: 0.02", 1)
		})
		_, notes, err := run(t, t.Context(), be, dir)
		if err != nil {
			t.Fatal(err)
		}
		after := weightHashes(t, dir)
		for name, changes := range map[string]bool{"siglip": false, "ul2": false, "stage1": false, "stage2": true, "caption": true} {
			if changed := before[name] != after[name]; changed != changes {
				t.Errorf("%s: changed %t, want %t", name, changed, changes)
			}
		}
		old, err := hashFile(filepath.Join(dir, "previous", "1", "stage2", stages.WeightsFile))
		if err != nil || old != before["stage2"] {
			t.Errorf("the earlier stage2 is not kept: %v", err)
		}
		if !strings.Contains(strings.Join(notes, "\n"), "stage2: its inputs have changed") {
			t.Errorf("the notes %q do not say what is done again", notes)
		}
	})
	t.Run("more steps extend a stage", func(t *testing.T) {
		edit(t, filepath.Join(dir, "recipes", "caption.yaml"), func(text string) string { return strings.Replace(text, "steps: 6", "steps: 9", 1) })
		if _, _, err := run(t, t.Context(), be, dir); err != nil {
			t.Fatal(err)
		}
		metrics, err := stages.ReadMetrics(filepath.Join(dir, "caption"))
		if err != nil || len(metrics) != 9 {
			t.Errorf("%d steps in the metrics, %v", len(metrics), err)
		}
		if _, err := os.Stat(filepath.Join(dir, "previous", "2", "caption")); err == nil {
			t.Error("the run was done again and not extended")
		}
	})
}

func TestRun_InterruptedAnywhereEndsTheSame(t *testing.T) {
	be := goBackend(t)
	straight := started(t, be)
	killed := filepath.Join(filepath.Dir(straight), "killed")
	if err := os.CopyFS(killed, os.DirFS(straight)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := run(t, t.Context(), be, straight); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"curate", "split", "tokenizer", "siglip", "stage1", "caption", "score test-captions-model"} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := Run(ctx, killed, RunOptions{Backend: be, Workers: 2, Version: "test", Progress: func(name, _ string, _ int64) Line {
			if name == part {
				cancel()
			}
			return silent{}
		}})
		cancel()
		if !errors.Is(err, ErrInterrupted) {
			t.Errorf("interrupted in %s: %v", part, err)
		}
	}
	if _, _, err := run(t, t.Context(), be, killed); err != nil {
		t.Fatal(err)
	}
	want, got := weightHashes(t, straight), weightHashes(t, killed)
	for name := range want {
		if want[name] != got[name] {
			t.Errorf("%s: the interrupted run has other weights", name)
		}
	}
}

func TestRun_TwoAtOnceAreRefused(t *testing.T) {
	dir := t.TempDir()
	content := "seed: 0\ndata: x\ntokenizer: {vocab_size: 300}\ntrain: [{name: a, recipe: a.yaml}]\nscore: {splits: [test]}\n"
	if err := os.WriteFile(filepath.Join(dir, PipelineFile), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	lock, err := folderlock.Take(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	if _, err := Run(t.Context(), dir, RunOptions{}); !errors.Is(err, folderlock.ErrTaken) {
		t.Errorf("a second run in the folder: %v", err)
	}
}
