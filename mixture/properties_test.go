package mixture

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pali3/pali3/random"
)

// twelveTasks draws the tasks of a recipe: a mixture in the mixture, tasks of all kinds, filters.
func twelveTasks(t *rapid.T) (tasks []Task, mixtures []Mixture) {
	kinds := []Task{
		{Kind: "caption", Languages: []string{"en"}}, {Kind: "split_cap"}, {Kind: "vqa"}, {Kind: "vqg"}, {Kind: "object_vqa"},
		{Kind: "denoise", Denoisers: "ul2", Modes: true}, {Kind: "denoise", Denoisers: "t5"}, {Kind: "caption", Split: "held_out"},
		{Kind: "caption", BalanceLanguages: &LanguageBalance{Temperature: 2}}, {Kind: "vqa", Split: "all"}, {Kind: "caption", Neighbours: 4}, {Kind: "split_cap", Split: "all"},
	}
	mixtures = []Mixture{{Name: "inner", Weight: rapid.Float64Range(0.1, 5).Draw(t, "inner"), Temperature: 3, Sizes: true}}
	for i, one := range kinds {
		one.Name = fmt.Sprint("task", i)
		one.Weight = rapid.Float64Range(0.01, 10).Draw(t, "weight")
		if i%3 == 2 {
			one.Mixture = "inner"
		}
		tasks = append(tasks, one)
	}
	return tasks, mixtures
}

// drawRecipe draws a recipe of twelve tasks on the test's dataset.
func drawRecipe(t *rapid.T, base Recipe) Recipe {
	r := base
	r.Tasks, r.Mixtures = twelveTasks(t)
	r.Batch, r.Seed = 24, rapid.Uint64().Draw(t, "seed")
	r.Temperature = rapid.SampledFrom([]float64{0, 1, 3}).Draw(t, "temperature")
	r.Sizes = rapid.Bool().Draw(t, "sizes")
	if rapid.Bool().Draw(t, "curriculum") {
		r.Curriculum = []CurriculumPoint{{Step: 2, Weights: NamedWeights{"task0": 0.5}}, {Step: 9, Weights: NamedWeights{"task0": 8, "task1": 0}}}
	}
	if rapid.Bool().Draw(t, "epochs") {
		for i := range r.Tasks {
			r.Tasks[i].Epochs = rapid.IntRange(0, 2).Draw(t, "epochs of a task")
		}
		r.WhenUsedUp = rapid.SampledFrom([]string{"", "continue", "stop"}).Draw(t, "when used up")
	}
	if rapid.Bool().Draw(t, "packing") {
		r.Packing = &Packing{Images: rapid.IntRange(1, 4).Draw(t, "images of a row"), Segments: rapid.IntRange(0, 5).Draw(t, "segments")}
		r.Packing.Encoder = r.Lengths.Encoder * rapid.IntRange(1, 3).Draw(t, "row")
	}
	return r
}

// plainly leaves a drawn recipe constant shares without an end, and an example a row.
func plainly(r *Recipe) {
	r.Curriculum, r.Packing, r.WhenUsedUp = nil, nil, ""
	for i := range r.Tasks {
		r.Tasks[i].Epochs = 0
	}
}

// forRecipes runs a test on some drawn recipes.
func forRecipes(t *testing.T, test func(t *testing.T, r Recipe)) {
	base := recipe(t)
	drawn := rapid.Custom(func(t *rapid.T) Recipe { return drawRecipe(t, base) })
	for seed := range 8 {
		r := drawn.Example(seed)
		t.Run(fmt.Sprint(seed), func(t *testing.T) { test(t, r) })
	}
}

// ofHosts makes the batch of a step on several hosts and joins their rows.
func ofHosts(t testing.TB, r Recipe, step, hosts, workers int) *Batch {
	t.Helper()
	parts := make([]*Batch, hosts)
	for h := range parts {
		parts[h] = batch(t, open(t, r, Options{ShardIndex: h, ShardCount: hosts, Workers: workers}), step)
	}
	return joined(parts)
}

// TestBatch_IsTheSameForWorkersHostsAndResumes draws recipes, and compares the digests of batches
// made straight with those of streams that are opened at a step with other hosts and workers.
func TestBatch_IsTheSameForWorkersHostsAndResumes(t *testing.T) {
	forRecipes(t, func(t *testing.T, r Recipe) {
		straight := open(t, r, Options{})
		steps, ends := straight.Steps()
		if steps = min(steps, 4); !ends {
			steps = 4
		}
		var want []string
		for step := range steps {
			want = append(want, batch(t, straight, step).Digest())
		}
		for _, hosts := range []int{1, 2, 3, 8} {
			if steps == 0 {
				break
			}
			step, workers := (int(r.Seed%4)+hosts)%steps, 1+int(r.Seed/4+uint64(hosts))%8
			if r.Packing != nil {
				checkPackedHosts(t, straight, r, step, hosts, workers)
				continue
			}
			if got := ofHosts(t, r, step, hosts, workers).Digest(); got != want[step] {
				t.Fatalf("%d hosts of %d workers: step %d differs", hosts, workers, step)
			}
		}
	})
}

// checkPackedHosts compares the rows that hosts make with those of the whole batch.
func checkPackedHosts(t *testing.T, straight *Stream, r Recipe, step, hosts, workers int) {
	t.Helper()
	whole := batch(t, straight, step)
	var ids, targets, tasks []int32
	var pixels []float32
	var keys []string
	for h := range hosts {
		part := batch(t, open(t, r, Options{ShardIndex: h, ShardCount: hosts, Workers: workers}), step)
		ids, targets, tasks = append(ids, part.EncoderIDs...), append(targets, part.Targets...), append(tasks, part.Tasks...)
		pixels, keys = append(pixels, part.Pixels...), append(keys, part.Keys...)
	}
	if !slices.Equal(ids, whole.EncoderIDs) || !slices.Equal(targets, whole.Targets) || !slices.Equal(tasks, whole.Tasks) ||
		!slices.Equal(pixels, whole.Pixels) || !slices.Equal(keys, whole.Keys) {
		t.Fatalf("%d hosts of %d workers: the packed rows of step %d differ", hosts, workers, step)
	}
}

// TestParseRecipe_FormsOfARecipeAreOneStream writes drawn recipes as tasks in tasks, as tasks that
// name their mixture, and divided among files that include each other.
func TestParseRecipe_FormsOfARecipeAreOneStream(t *testing.T) {
	tokenizer, err := filepath.Abs(model)
	if err != nil {
		t.Fatal(err)
	}
	base := strings.NewReplacer("DATA", dataset(t), "MODEL", filepath.ToSlash(tokenizer)).Replace(recipeYAML)
	base, _, _ = strings.Cut(base, "tasks:")
	kinds := []string{"caption", "vqa", "split_cap, split: all", "vqg", "caption, neighbours: 4", "denoise, denoisers: t5"}
	for seed := range 6 {
		draw := random.New(uint64(seed))
		var flat, nested, common, own strings.Builder
		weights := make([]float64, len(kinds))
		task := func(i int, more string) string {
			return fmt.Sprintf("{name: t%d, kind: %s, weight: %.3f%s}", i, kinds[i], weights[i], more)
		}
		inner := 2 + draw.IntN(3) // tasks of the mixture, from the second on
		temperature := 1 + draw.Float64()
		for i := range kinds {
			weights[i] = 0.05 + draw.Float64()
		}
		mixture := fmt.Sprintf("{name: m, weight: 2.5, temperature: %.3f", temperature)
		flat.WriteString(base + "mixtures: [" + mixture + "}]\ntasks:\n")
		nested.WriteString(base + "tasks:\n")
		common.WriteString(base + "mixtures: [" + mixture + "}]\ntasks:\n")
		own.WriteString("include: parts/common.yaml\ntasks:\n")
		var within []string
		for i := range kinds {
			member := i > 0 && i <= inner
			more := ""
			if member {
				more = ", mixture: m"
				within = append(within, task(i, ""))
			}
			fmt.Fprintf(&flat, "  - %s\n", task(i, more))
			if !member {
				fmt.Fprintf(&nested, "  - %s\n", task(i, ""))
			} else if i == inner {
				fmt.Fprintf(&nested, "  - %s, tasks: [%s]}\n", mixture, strings.Join(within, ", "))
			}
			right := weights[i]
			weights[i] = 99 // which the including file puts right
			fmt.Fprintf(&common, "  - %s\n", task(i, more))
			weights[i] = right
			fmt.Fprintf(&own, "  - {name: t%d, weight: %.3f}\n", i, right)
		}
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "parts"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "parts", "common.yaml"), []byte(common.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Chdir(dir)
		var want []string
		for form, text := range []string{flat.String(), nested.String(), own.String()} {
			r, err := ParseRecipe([]byte(text), "r.yaml", nil)
			if err != nil {
				t.Fatalf("form %d: %v\n%s", form, err, text)
			}
			s := open(t, r, Options{Workers: 1 + form})
			for step := range 2 {
				digest := batch(t, s, step).Digest()
				if form == 0 {
					want = append(want, digest)
				} else if digest != want[step] {
					t.Errorf("seed %d: step %d of form %d differs:\n%s", seed, step, form, text)
				}
			}
		}
	}
}

// TestBatch_CountsOfTasksAreWithinOneOfTheirShares counts the tasks of batches, and compares with
// the weights that the stream states.
func TestBatch_CountsOfTasksAreWithinOneOfTheirShares(t *testing.T) {
	forRecipes(t, func(t *testing.T, r Recipe) {
		plainly(&r)
		s := open(t, r, Options{NoPixels: true})
		weights := s.Weights()
		counts := make([]int, len(weights))
		for step := range 12 {
			for row, task := range batch(t, s, step).Tasks {
				counts[task]++
				for i, w := range weights {
					share := w / sumOf(weights) * float64(step*r.Batch+row+1)
					if math.Abs(share-float64(counts[i])) >= 1+1e-6 {
						t.Fatalf("step %d row %d: task %d has %d examples, its share is %.3f", step, row, i, counts[i], share)
					}
				}
			}
		}
	})
}

// keysByTask returns the samples of each task in the first steps, in order.
func keysByTask(t testing.TB, r Recipe, steps int) map[string][]string {
	s := open(t, r, Options{NoPixels: true})
	all := map[string][]string{}
	for step := range steps {
		b := batch(t, s, step)
		for row, task := range b.Tasks {
			name := r.Tasks[task].Name
			all[name] = append(all[name], b.Keys[row])
		}
	}
	return all
}

// TestRecipe_AChangeChangesOnlyWhatItMust changes one thing of a recipe at a time.
func TestRecipe_AChangeChangesOnlyWhatItMust(t *testing.T) {
	forRecipes(t, func(t *testing.T, r Recipe) {
		plainly(&r)
		before := keysByTask(t, r, 6)
		first := batch(t, open(t, r, Options{}), 2)

		// What changes the choice of tasks leaves the order of each task's samples.
		for name, change := range map[string]func(*Recipe){
			"another task": func(r *Recipe) {
				r.Tasks = append([]Task{{Name: "new", Kind: "vqa", Weight: 2}}, r.Tasks...)
			},
			"weight":               func(r *Recipe) { r.Tasks[0].Weight *= 3 },
			"temperature":          func(r *Recipe) { r.Temperature = 9 },
			"order":                func(r *Recipe) { slices.Reverse(r.Tasks) },
			"batch":                func(r *Recipe) { r.Batch = 10 },
			"another task's split": func(r *Recipe) { r.Tasks[9].Split = "train" },
		} {
			changed := r
			changed.Tasks = slices.Clone(r.Tasks)
			change(&changed)
			for task, keys := range keysByTask(t, changed, 6) {
				n := min(len(keys), len(before[task]))
				if task != "new" && !(name == "another task's split" && task == "task9") && !slices.Equal(keys[:n], before[task][:n]) {
					t.Fatalf("%s: the order of %s changed", name, task)
				}
			}
		}

		// What changes images leaves ids, what changes a prompt leaves pixels and other tasks.
		changed := r
		changed.Images.Ops = "decode|resize(4)|flip_lr|value_range(-1,1)"
		other := batch(t, open(t, changed, Options{}), 2)
		if idsDigest(other) != idsDigest(first) || slices.Equal(other.Pixels, first.Pixels) {
			t.Fatal("other image ops change ids, or do not change pixels")
		}
		changed = r
		changed.Tasks = slices.Clone(r.Tasks)
		changed.Tasks[0].Prompt = "describe in {lang}"
		other = batch(t, open(t, changed, Options{}), 2)
		if !slices.Equal(other.Pixels, first.Pixels) || !slices.Equal(other.Targets, first.Targets) || !slices.Equal(other.Keys, first.Keys) {
			t.Fatal("another prompt changes more than the prompt")
		}
		for row, task := range first.Tasks {
			if same := slices.Equal(other.Texts(row), first.Texts(row)); same == (task == 0) {
				t.Fatalf("row %d of task %d: the same ids: %v", row, task, same)
			}
		}
		changed = r
		changed.Seed++
		if slices.Equal(batch(t, open(t, changed, Options{}), 2).Keys, first.Keys) {
			t.Fatal("another seed draws the same samples")
		}
	})
}

// TestStream_EndsWhereItsTasksAreUsedUp gives tasks epochs.
func TestStream_EndsWhereItsTasksAreUsedUp(t *testing.T) {
	r := recipe(t, `tasks=[{name: a, kind: caption, weight: 1, epochs: 2}, {name: b, kind: vqa, weight: 2, epochs: 1}, {name: c, kind: denoise, weight: 0}]`, "batch=5")
	s := open(t, r, Options{NoPixels: true})
	a, b := 2*s.Examples()[0], s.Examples()[1]
	steps, ends := s.Steps()
	if steps != (a+b)/5 || !ends {
		t.Fatalf("%d steps, %v; want %d", steps, ends, (a+b)/5)
	}
	seen := map[int32]map[string]int{0: {}, 1: {}}
	for step := range steps {
		one := batch(t, s, step)
		for row, task := range one.Tasks {
			seen[task][one.Keys[row]]++
		}
	}
	for task, most := range map[int32]int{0: 2, 1: 1} {
		for key, n := range seen[task] {
			if key != "s5" && n > most+1 { // one may replace the image that does not decode
				t.Errorf("task %d took %s %d times", task, key, n)
			}
		}
	}
	if _, err := s.Batch(t.Context(), steps); !errors.Is(err, ErrEnd) || !strings.Contains(err.Error(), fmt.Sprintf("after %d steps", steps)) {
		t.Errorf("behind the end: %v", err)
	}
	r.WhenUsedUp = "stop"
	if n, _ := open(t, r, Options{NoPixels: true}).Steps(); n >= steps || n < b*3/2/5-1 {
		t.Errorf("stops after %d steps, of %d and %d examples", n, a, b)
	}
	r.Tasks[0].Epochs = 0
	r.WhenUsedUp = ""
	if _, ends := open(t, r, Options{NoPixels: true}).Steps(); ends {
		t.Error("a stream with a task without epochs ends")
	}
}

// TestTask_BalancesLanguages counts the languages of a task's targets.
func TestTask_BalancesLanguages(t *testing.T) {
	const task = "tasks=[{name: a, kind: caption, weight: 1, balance_languages: %s}]"
	s := open(t, recipe(t, fmt.Sprintf(task, "{weights: {en: 1, zh: 3}}")), Options{NoPixels: true})
	chinese, n := 0, 0
	for step := range 8 {
		for _, e := range s.Describe(batch(t, s, step)) {
			n++
			if strings.Contains(e.Prompt, " in zh ") {
				chinese++
			}
			if d := float64(chinese) - 0.75*float64(n); math.Abs(d) > 1 {
				t.Fatalf("%d of %d examples are in Chinese", chinese, n)
			}
		}
	}
	for balance, want := range map[string]string{
		"{weights: {xx: 1}}":           `no sample has the language "xx"; there are en, zh`,
		"{weights: {en: 0}}":           "all are zero",
		"{weights: {en: -1}}":          "en: -1, must not be below zero",
		"{temperature: -1}":            "balance_languages.temperature: -1",
		"{temperatur: 1}":              `nearest legal key is "temperature"`,
		"{weights: {en: .nan, zh: 1}}": "en: NaN, must be a finite number",
	} {
		text := strings.NewReplacer("DATA", dataset(t), "MODEL", model).Replace(recipeYAML)
		r, err := ParseRecipe([]byte(text), "test.yaml", nil, fmt.Sprintf(task, balance))
		if err == nil {
			_, err = Open(r, Options{NoPixels: true})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", balance, err, want)
		}
	}
}

// TestParseRecipe_FlattensMixtures compares shares of tasks in tasks, as they are read and as a run
// records them.
func TestParseRecipe_FlattensMixtures(t *testing.T) {
	r := recipe(t, `tasks=[{name: a, kind: caption, weight: 1}, {name: group, weight: 3, temperature: 2, tasks: [{name: b, kind: vqa, weight: 4}, {name: c, kind: vqg, weight: 1}, {name: deep, weight: 0, tasks: [{name: d, kind: vqa, weight: 1}]}]}]`)
	if len(r.Tasks) != 4 || len(r.Mixtures) != 2 {
		t.Fatalf("%d tasks, %d mixtures", len(r.Tasks), len(r.Mixtures))
	}
	want := []float64{0.25, 0.5, 0.25, 0}
	for i, share := range r.Shares() {
		if math.Abs(share-want[i]) > 1e-12 {
			t.Errorf("shares %v, want %v", r.Shares(), want)
		}
	}
	s := open(t, r, Options{NoPixels: true})
	counts := make([]int, 4)
	for _, task := range batch(t, s, 0).Tasks {
		counts[task]++
	}
	if !slices.Equal(counts, []int{3, 6, 3, 0}) {
		t.Errorf("of 12 examples %v", counts)
	}
}

func TestParseRecipe_ChecksHowTasksAreMixed(t *testing.T) {
	const two = `tasks=[{name: a, kind: caption, weight: 1}, {name: b, kind: vqa, weight: 0}]`
	for _, c := range []struct {
		sets []string
		want string
	}{
		{[]string{"tasks.0.weight=.nan"}, "tasks[0] (caption): weight: NaN, must be a finite number"},
		{[]string{"tasks.0.weight=.inf"}, "tasks[0] (caption): weight: +Inf, must be a finite number"},
		{[]string{"temperature=-1"}, "temperature: -1"},
		{[]string{"when_used_up=end"}, `when_used_up: "end"; it is continue or stop`},
		{[]string{"tasks.0.epochs=-1"}, "epochs: -1"},
		{[]string{"stream_version=1", "sizes=true"}, "sizes: stream_version 1"},
		{[]string{"stream_version=4"}, "stream_version: 4; this program knows versions 1 to 3"},
		{[]string{"curriculum=[{step: 3}, {step: 3}]"}, "curriculum[1]: step: 3; steps ascend"},
		{[]string{"curriculum=[{step: 0, weights: {captoin: 1}}]"}, `no task or mixture is named "captoin"; the nearest is "caption"`},
		{[]string{two, "curriculum=[{step: 0, weights: {b: 1}}]"}, "b: 1, but the task's own weight is 0"},
		{[]string{two, "curriculum=[{step: 0, weights: {a: 0}}]"}, "curriculum[0]: all weights are zero at step 0"},
		{[]string{two, "curriculum=[{step: 0, weights: {a: -2}}]"}, "curriculum[0]: weights: a: -2"},
		{[]string{"tasks.1.mixture=none"}, `mixture: "none"; the recipe has no mixtures`},
		{[]string{"mixtures=[{name: m, weight: 1, mixture: m}]"}, `mixture: "m" holds itself`},
		{[]string{"mixtures=[{name: caption, weight: 1}]"}, `the name "caption" is taken`},
		{[]string{"tasks.0.temperature=2"}, "temperature and sizes of an entry are for its tasks"},
		{[]string{`tasks=[{name: g, weight: 1, tasks: [{name: a, kind: captoin, weight: 1}]}]`}, `nearest legal kind is "caption"`},
	} {
		text := strings.NewReplacer("DATA", "d", "MODEL", model).Replace(recipeYAML)
		if _, err := ParseRecipe([]byte(text), "test.yaml", nil, c.sets...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.sets, err, c.want)
		}
	}
}
