package evalsuite_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

// shapes is a dataset as ingest makes it of easy-VQA: n images with two questions each. Every third
// image has the bytes of another one.
func shapes(t *testing.T, n int) *shards.Dataset {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shapes")
	if _, err := shards.Write(dir, func(yield func(shards.Sample, error) bool) {
		for i := range n {
			level := i
			if i%3 == 2 {
				level = i - 1
			}
			s := shards.Sample{Key: fmt.Sprint("image", i), Split: "test", Images: []shards.Image{grey(t, uint8(level))}}
			for at, text := range []string{"is it light?", "what is it?"} {
				s.Questions = append(s.Questions, shards.Question{ID: fmt.Sprint(2*i + at), Language: "en", Text: text,
					Answers: []shards.Answer{{Text: []string{"yes", "no"}[(i+at)%2]}}})
			}
			if !yield(s, nil) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	return open(t, dir)
}

// easyVQA is the benchmark of that dataset.
func easyVQA(t *testing.T) *benchmarks.Benchmark {
	t.Helper()
	b, err := benchmarks.Builtin().Named("easyvqa")
	if err != nil {
		t.Fatal(err)
	}
	return &b
}

// scripted answers by the bytes of the image and the prompt, in an order of its own.
type scripted struct {
	asked  int
	stop   int                                       // ends with an error after that many replies; 0 never
	change func(q *evalsuite.Query) *evalsuite.Reply // may replace a reply
}

var errStopped = errors.New("stopped")

func (s *scripted) Predict(context.Context, []evalsuite.Query, func(int, int)) ([]string, error) {
	return nil, errors.New("asks one by one")
}

func (s *scripted) PredictEach(_ context.Context, queries iter.Seq[evalsuite.Query], reply func(int, evalsuite.Reply) error) error {
	next, stop := iter.Pull(queries)
	defer stop()
	type one struct {
		n int
		q evalsuite.Query
	}
	rng := random.New(7)
	var held []one
	for n := 0; ; {
		for len(held) < 5 {
			q, ok := next()
			if !ok {
				break
			}
			held = append(held, one{n, q})
			n++
		}
		if len(held) == 0 {
			return nil
		}
		at := rng.IntN(len(held))
		q := held[at].q
		r := evalsuite.Reply{Text: fmt.Sprintf(" %s\n", []string{"yes", "no"}[(len(q.Prompt)+int(q.Images[0].Bytes[len(q.Images[0].Bytes)-20]))%2]), Usage: evalsuite.Usage{Prompt: 10, Completion: 1}}
		if s.change != nil {
			if changed := s.change(&q); changed != nil {
				r = *changed
			}
		}
		if s.asked++; s.stop > 0 && s.asked > s.stop {
			return errStopped
		}
		if err := reply(held[at].n, r); err != nil {
			return err
		}
		held = slices.Delete(held, at, at+1)
	}
}

func benchmarkOptions(out string) evalsuite.BenchmarkOptions {
	return evalsuite.BenchmarkOptions{
		Out: out, Identity: map[string]string{"kind": "test", "name": "scripted"},
		Score: benchmarks.Options{Bootstrap: metrics.Bootstrap{Resamples: 50}},
	}
}

// sortedLines returns the lines of a file in a fixed order.
func sortedLines(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(content), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func TestRunBenchmark_AsksEqualQueriesOnce(t *testing.T) {
	d, out := shapes(t, 30), t.TempDir()
	model := &scripted{}
	run, err := evalsuite.RunBenchmark(t.Context(), model, d, easyVQA(t), benchmarkOptions(out))
	if err != nil {
		t.Fatal(err)
	}
	if run.Questions != 60 || run.Asked != 40 || run.Copied != 20 || model.asked != 40 || run.Calls.Prompt != 400 {
		t.Errorf("got %+v, want 60 questions of which 40 are asked", run)
	}
	want, err := easyVQA(t).ScoreItems(run.Items, benchmarks.Options{Bootstrap: metrics.Bootstrap{Resamples: 50}, Split: "test"})
	if err != nil || run.Result.Scores["exact_match"] != want.Scores["exact_match"] || run.Result.Scores["exact_match"].N != 60 {
		t.Errorf("got %v, want %v, %v", run.Result.Scores, want.Scores, err)
	}
	content, err := os.ReadFile(filepath.Join(out, "predictions.jsonl"))
	if err != nil || !bytes.Contains(content, []byte(`"prediction":"no","prompt":"is it light?\nAnswer the question using a single word or phrase.","raw":" no\n"`)) {
		t.Errorf("predictions: %.300s, %v", content, err)
	}
}

// TestRunBenchmark_ResumesAtAnyByte cuts the files of a run at random places, as a kill does, and
// lets the model stop at random places. The end is the same as without.
func TestRunBenchmark_ResumesAtAnyByte(t *testing.T) {
	d, whole := shapes(t, 40), t.TempDir()
	if _, err := evalsuite.RunBenchmark(t.Context(), &scripted{}, d, easyVQA(t), benchmarkOptions(whole)); err != nil {
		t.Fatal(err)
	}
	want := sortedLines(t, filepath.Join(whole, "predictions.jsonl"))
	wantResult := sortedLines(t, filepath.Join(whole, "result.json"))
	rng := random.New(1)
	for range 12 {
		out, asked, halves := t.TempDir(), 0, 0
		for attempt := 0; ; attempt++ {
			model := &scripted{stop: 1 + rng.IntN(20)}
			o := benchmarkOptions(out)
			o.Warn = func(message string) {
				if strings.Contains(message, "the last line is incomplete") {
					halves++
				}
			}
			run, err := evalsuite.RunBenchmark(t.Context(), model, d, easyVQA(t), o)
			if err == nil {
				asked += run.Asked
				break
			}
			if !errors.Is(err, errStopped) {
				t.Fatal(err)
			}
			path := filepath.Join(out, "predictions.jsonl")
			content, _ := os.ReadFile(path)
			keep := len(content) - rng.IntN(min(len(content), 400)+1)
			if err := os.WriteFile(path, content[:keep], 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := sortedLines(t, filepath.Join(out, "predictions.jsonl")); got != want {
			t.Fatalf("predictions differ from those of an uninterrupted run:\n%s\nwant\n%s", got, want)
		}
		if got := sortedLines(t, filepath.Join(out, "result.json")); got != wantResult {
			t.Fatalf("the result differs:\n%s", got)
		}
	}
}

func TestRunBenchmark_RefusesOtherSettings(t *testing.T) {
	d, out := shapes(t, 4), t.TempDir()
	if _, err := evalsuite.RunBenchmark(t.Context(), &scripted{}, d, easyVQA(t), benchmarkOptions(out)); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*evalsuite.BenchmarkOptions){
		`prompt: "{question}\nAnswer the question using a single word or phrase." and "{question}"`: func(o *evalsuite.BenchmarkOptions) { o.Prompt = "{question}" },
		`predictor's name: "scripted" and "another"`:                                                func(o *evalsuite.BenchmarkOptions) { o.Identity = map[string]string{"kind": "test", "name": "another"} },
		`decoding: "" and "beam 4"`:                                                                 func(o *evalsuite.BenchmarkOptions) { o.Decoding = "beam 4" },
		`samples: "0" and "2"`:                                                                      func(o *evalsuite.BenchmarkOptions) { o.Samples = 2 },
		`pattern: "" and "a"`:                                                                       func(o *evalsuite.BenchmarkOptions) { o.Pattern = "a" },
		`shard: "" and "1/2"`:                                                                       func(o *evalsuite.BenchmarkOptions) { o.Shard, o.Shards = 1, 2 },
	} {
		o := benchmarkOptions(out)
		change(&o)
		_, err := evalsuite.RunBenchmark(t.Context(), &scripted{}, d, easyVQA(t), o)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "--fresh") {
			t.Errorf("error %v, want %s", err, want)
		}
		if o.Fresh = true; o.Shards == 0 {
			if _, err := evalsuite.RunBenchmark(t.Context(), &scripted{}, d, easyVQA(t), o); err != nil {
				t.Errorf("fresh: %v", err)
			}
			o = benchmarkOptions(out)
			o.Fresh = true
			if _, err := evalsuite.RunBenchmark(t.Context(), &scripted{}, d, easyVQA(t), o); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := evalsuite.RunBenchmark(t.Context(), &scripted{}, shapes(t, 5), easyVQA(t), benchmarkOptions(out)); err == nil || !strings.Contains(err.Error(), "revision of the dataset") {
		t.Errorf("another dataset: %v", err)
	}
}

func TestRunBenchmark_NamesBadFiles(t *testing.T) {
	d := shapes(t, 4)
	first := func(out string) string {
		content, err := os.ReadFile(filepath.Join(out, "predictions.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		line, _, _ := strings.Cut(string(content), "\n")
		return line
	}
	for want, damage := range map[string]func(line string) string{
		"line 1: not JSON":                           func(line string) string { return line[:20] + "\n" },
		`line 9: a second prediction for question`:   func(line string) string { return "" },
		`line 9: question "unknown" is none of this`: func(string) string { return "" },
		`asked with another prompt`:                  func(line string) string { return strings.Replace(line, `"prompt":"`, `"prompt":"x`, 1) + "\n" },
		"is too long":                                func(string) string { return strings.Repeat("x", 2<<20) + "\n" },
	} {
		out := t.TempDir()
		if _, err := evalsuite.RunBenchmark(t.Context(), &scripted{}, d, easyVQA(t), benchmarkOptions(out)); err != nil {
			t.Fatal(err)
		}
		path, line := filepath.Join(out, "predictions.jsonl"), first(out)
		content, _ := os.ReadFile(path)
		text := string(content)
		switch {
		case strings.Contains(want, "second"):
			text += line + "\n"
		case strings.Contains(want, "unknown"):
			text += `{"id":"unknown","prediction":""}` + "\n"
		default:
			text = strings.Replace(text, line+"\n", damage(line), 1)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := evalsuite.RunBenchmark(t.Context(), &scripted{}, d, easyVQA(t), benchmarkOptions(out))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// failing replies to some questions with failures.
func failing(q *evalsuite.Query) *evalsuite.Reply {
	switch q.ID {
	case "0":
		return &evalsuite.Reply{Err: errors.New("status 500")}
	case "1":
		return &evalsuite.Reply{Err: fmt.Errorf("%w: late", evalsuite.ErrTimeout)}
	case "2":
		return &evalsuite.Reply{Text: "I cannot", Err: fmt.Errorf("%w: unsafe", evalsuite.ErrRefused)}
	case "6":
		return &evalsuite.Reply{Text: strings.Repeat("x", 1<<20)}
	}
	return nil
}

func TestRunBenchmark_KeepsAnswersBesideFailures(t *testing.T) {
	d, out := shapes(t, 6), t.TempDir()
	run, err := evalsuite.RunBenchmark(t.Context(), &scripted{change: failing}, d, easyVQA(t), benchmarkOptions(out))
	if !errors.Is(err, evalsuite.ErrUnanswered) || !strings.Contains(err.Error(), "of 12 questions timeout 1, error 2") {
		t.Fatalf("error %v", err)
	}
	if run.Result != nil || run.Failures["refusal"] == 0 || run.Failures["timeout"] != 1 {
		t.Errorf("got %+v", run)
	}
	partial := benchmarkOptions(out)
	partial.Score.Partial = true
	if run, err = evalsuite.RunBenchmark(t.Context(), &scripted{change: failing}, d, easyVQA(t), partial); err != nil {
		t.Fatal(err)
	}
	failures := run.Failures["timeout"] + run.Failures["error"]
	if n := run.Result.Scores["exact_match"].N; n != 12-failures || failures < 3 || run.Result.Comparable["exact_match"].Answer != "no" {
		t.Errorf("scored %d with failures %v", n, run.Failures)
	}
	if run.Asked != 3 || run.Found < 8 {
		t.Errorf("asked %d again, want the 3 queries with errors: %+v", run.Asked, run)
	}
	// Answers take the place of errors, and the result is that of a run without them.
	if run, err = evalsuite.RunBenchmark(t.Context(), &scripted{}, d, easyVQA(t), benchmarkOptions(out)); err != nil || run.Asked != 3 {
		t.Errorf("after the errors: %+v, %v", run, err)
	}
}

func TestRunBenchmark_StopsWhenAllFails(t *testing.T) {
	d := shapes(t, 40)
	o := benchmarkOptions(t.TempDir())
	o.MaxFailures = 10
	model := &scripted{change: func(*evalsuite.Query) *evalsuite.Reply { return &evalsuite.Reply{Err: errors.New("no route")} }}
	_, err := evalsuite.RunBenchmark(t.Context(), model, d, easyVQA(t), o)
	if err == nil || !strings.Contains(err.Error(), "stopped after 10 failures in a row, the last: no route") || model.asked != 10 {
		t.Errorf("asked %d, error %v", model.asked, err)
	}
}

func TestRunBenchmark_FindsAnswersByPattern(t *testing.T) {
	d, out := shapes(t, 6), t.TempDir()
	o := benchmarkOptions(out)
	o.Pattern = `answer: (\w+)`
	model := &scripted{change: func(q *evalsuite.Query) *evalsuite.Reply {
		if q.ID == "3" {
			return &evalsuite.Reply{Text: "I think it is yes"}
		}
		return &evalsuite.Reply{Text: "Let me think. answer: yes."}
	}}
	run, err := evalsuite.RunBenchmark(t.Context(), model, d, easyVQA(t), o)
	if err != nil {
		t.Fatal(err)
	}
	if run.Failures["no_match"] == 0 || run.Items[0].Prediction != "yes" {
		t.Errorf("got %+v, first item %+v", run.Failures, run.Items[0])
	}
	o.Pattern = "yes"
	again, err := evalsuite.RescoreBenchmark(t.Context(), out, d, easyVQA(t), o)
	if err != nil || again.Failures["no_match"] != 0 || again.Result.Scores["exact_match"].Value != 0.5 {
		t.Errorf("with another pattern: %+v, %v", again, err)
	}
}

// TestMergeBenchmarks_EqualsOneRun runs shards, merges and scores them.
func TestMergeBenchmarks_EqualsOneRun(t *testing.T) {
	d, dir := shapes(t, 50), t.TempDir()
	whole := filepath.Join(dir, "whole")
	if _, err := evalsuite.RunBenchmark(t.Context(), &scripted{}, d, easyVQA(t), benchmarkOptions(whole)); err != nil {
		t.Fatal(err)
	}
	var parts []string
	questions := 0
	for shard := 1; shard <= 3; shard++ {
		o := benchmarkOptions(filepath.Join(dir, fmt.Sprint("part", shard)))
		o.Shard, o.Shards = shard, 3
		run, err := evalsuite.RunBenchmark(t.Context(), &scripted{}, d, easyVQA(t), o)
		if err != nil || run.Result != nil || run.Questions%2 != 0 || run.Questions == 0 {
			t.Fatalf("shard %d: %+v, %v", shard, run, err)
		}
		questions += run.Questions
		parts = append(parts, o.Out)
	}
	merged := filepath.Join(dir, "merged")
	if _, err := evalsuite.MergeBenchmarks(merged, parts[:2], evalsuite.MergeOptions{IDs: []string{"0", "1", "2", "3", "4", "5"}}); err == nil ||
		!strings.Contains(err.Error(), "no part is the shard 3/3; for example") {
		t.Errorf("without a part: %v", err)
	}
	did, err := evalsuite.MergeBenchmarks(merged, append(parts, parts[0]), evalsuite.MergeOptions{})
	if err != nil || did.Predictions != 100 || questions != 100 || did.Overlaps == 0 {
		t.Fatalf("%+v of %d, %v", did, questions, err)
	}
	if _, err := evalsuite.RescoreBenchmark(t.Context(), merged, d, easyVQA(t), benchmarkOptions("")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"predictions.jsonl", "result.json"} {
		if got, want := sortedLines(t, filepath.Join(merged, name)), sortedLines(t, filepath.Join(whole, name)); got != want {
			t.Errorf("%s of the merged run differs from that of one run", name)
		}
	}
	if _, err := evalsuite.RescoreBenchmark(t.Context(), parts[0], d, easyVQA(t), benchmarkOptions("")); err == nil || !strings.Contains(err.Error(), "shard 1/3") {
		t.Errorf("rescoring a shard: %v", err)
	}
	// A merged run without a part resumes.
	gap := filepath.Join(dir, "gap")
	if _, err := evalsuite.MergeBenchmarks(gap, parts[1:], evalsuite.MergeOptions{Partial: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := evalsuite.RunBenchmark(t.Context(), &scripted{}, d, easyVQA(t), benchmarkOptions(gap)); err != nil {
		t.Fatal(err)
	}
	if got, want := sortedLines(t, filepath.Join(gap, "predictions.jsonl")), sortedLines(t, filepath.Join(whole, "predictions.jsonl")); got != want {
		t.Error("predictions of the resumed merged run differ from those of one run")
	}
}

func TestMergeBenchmarks_RefusesWhatDoesNotFit(t *testing.T) {
	d, dir := shapes(t, 10), t.TempDir()
	run := func(name string, change func(*evalsuite.BenchmarkOptions)) string {
		o := benchmarkOptions(filepath.Join(dir, name))
		change(&o)
		if _, err := evalsuite.RunBenchmark(t.Context(), &scripted{}, d, easyVQA(t), o); err != nil {
			t.Fatal(err)
		}
		return o.Out
	}
	a := run("a", func(o *evalsuite.BenchmarkOptions) { o.Shard, o.Shards = 1, 2 })
	b := run("b", func(o *evalsuite.BenchmarkOptions) { o.Shard, o.Shards = 2, 2 })
	other := run("other", func(o *evalsuite.BenchmarkOptions) { o.Prompt = "{question}" })
	changed := run("changed", func(o *evalsuite.BenchmarkOptions) { o.Shard, o.Shards = 1, 2 })
	path := filepath.Join(changed, "predictions.jsonl")
	content, _ := os.ReadFile(path)
	if err := os.WriteFile(path, bytes.Replace(content, []byte(`"raw":" no`), []byte(`"raw":" maybe`), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		out   string
		parts []string
		want  string
	}{
		{"m1", []string{a, other}, `prompt: "{question}\nAnswer`},
		{"m2", []string{a, changed, b}, "have different answers to question"},
		{"m3", nil, "no parts"},
		{"m4", []string{filepath.Join(dir, "nowhere")}, "nowhere"},
		{"m5", []string{t.TempDir()}, "is no run of a benchmark"},
		{"a", []string{a, b}, "is a part"},
		{"other", []string{a, b}, "other settings"},
	} {
		_, err := evalsuite.MergeBenchmarks(filepath.Join(dir, c.out), c.parts, evalsuite.MergeOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.out, err, c.want)
		}
	}
}

// TestRunBenchmark_SharesACache runs with a cache, damages it, and runs again.
func TestRunBenchmark_SharesACache(t *testing.T) {
	d, dir := shapes(t, 20), t.TempDir()
	run := func(name string, change func(*evalsuite.BenchmarkOptions)) *evalsuite.BenchmarkRun {
		o := benchmarkOptions(filepath.Join(dir, name))
		o.Cache = filepath.Join(dir, "cache")
		change(&o)
		done, err := evalsuite.RunBenchmark(t.Context(), &scripted{}, d, easyVQA(t), o)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	same := func(*evalsuite.BenchmarkOptions) {}
	first := run("first", same)
	second := run("second", same)
	if first.Asked == 0 || first.Cache.Added != first.Asked || second.Asked != 0 || second.Cached != first.Asked || second.Cache.Bytes == 0 {
		t.Errorf("got %+v and %+v", first, second)
	}
	for _, name := range []string{"predictions.jsonl", "result.json"} {
		if sortedLines(t, filepath.Join(dir, "first", name)) != sortedLines(t, filepath.Join(dir, "second", name)) {
			t.Errorf("%s differs with answers of the cache", name)
		}
	}
	if other := run("other", func(o *evalsuite.BenchmarkOptions) { o.Prompt = "{question}" }); other.Cached != 0 {
		t.Errorf("another prompt: %+v", other)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "cache", "*"))
	damaged := 0
	for i, path := range files {
		content, _ := os.ReadFile(path)
		switch i % 3 {
		case 0:
			content[len(content)/2] ^= 1
			damaged++
		case 1:
			content = content[:len(content)-9]
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	third := run("third", same)
	if third.Asked == 0 || third.Asked != third.Cache.Added || third.Cache.Damaged == 0 || third.Cached+third.Asked != first.Asked {
		t.Errorf("after damage: %+v, cache %+v", third, third.Cache)
	}
	if sortedLines(t, filepath.Join(dir, "first", "predictions.jsonl")) != sortedLines(t, filepath.Join(dir, "third", "predictions.jsonl")) {
		t.Error("predictions differ after damage")
	}
	if fourth := run("fourth", same); fourth.Asked != 0 {
		t.Errorf("after repair: %+v", fourth)
	}
}

// TestRunBenchmark_SpotsWords asks for the words of each image, and scores them on the boxes of a
// dataset and on the owner's file.
func TestRunBenchmark_SpotsWords(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "words")
	if _, err := shards.Write(dir, func(yield func(shards.Sample, error) bool) {
		yield(shards.Sample{Key: "f1", Split: "val", Images: []shards.Image{grey(t, 1)}, Boxes: []shards.Box{{Label: "STOP", Y1: 0.5, X1: 0.5}}}, nil)
		yield(shards.Sample{Key: "f2", Split: "val", Images: []shards.Image{grey(t, 2)}}, nil) // without words
	}); err != nil {
		t.Fatal(err)
	}
	p := &scripted{change: func(q *evalsuite.Query) *evalsuite.Reply {
		if !strings.HasPrefix(q.Prompt, "Read all words in the image.") {
			t.Errorf("prompt %q", q.Prompt)
		}
		return &evalsuite.Reply{Text: "<loc0000><loc0000><loc0512><loc0512> stop"}
	}}
	b, err := benchmarks.Builtin().Named("textocr")
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	o := benchmarkOptions(out)
	run, err := evalsuite.RunBenchmark(t.Context(), p, open(t, dir), &b, o)
	if err != nil {
		t.Fatal(err)
	}
	scores, why := run.Result.Scores, run.Result.Comparable["e2e_f1"]
	if scores["e2e_recall"].Value != 1 || scores["e2e_precision"].Value != 0.5 || why.Answer != benchmarks.No || !strings.Contains(why.Why, "--annotations") {
		t.Errorf("%+v %+v", scores, why)
	}
	annotations := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(annotations, []byte(`{"imgs":{"f1":{"width":40,"height":20,"set":"val"},"f2":{"width":40,"height":20,"set":"val"}},
"anns":{"1":{"image_id":"f1","bbox":[0,0,20,10],"utf8_string":"STOP","points":[0,0,20,0,20,10,0,10]},"2":{"image_id":"f1","bbox":[30,0,5,5],"utf8_string":"."}}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	whole, err := b.Score(t.Context(), benchmarks.Files{Annotations: annotations, Predictions: filepath.Join(out, evalsuite.BenchmarkPredictionsFile)}, o.Score)
	if err != nil || whole.Scores["e2e_recall"].Value != 1 || whole.Scores["e2e_precision"].Value != 0.5 {
		t.Errorf("%+v, %v", whole, err)
	}
}

// TestRunBenchmark_FindsBoxes asks for all labels of the data in each image.
func TestRunBenchmark_FindsBoxes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "boxes")
	if _, err := shards.Write(dir, func(yield func(shards.Sample, error) bool) {
		for i, label := range []string{"cat", "dog"} {
			yield(shards.Sample{Key: fmt.Sprintf("00000000000%d.jpg", i), Split: "val2017", Images: []shards.Image{grey(t, uint8(i))},
				Boxes: []shards.Box{{Label: label, Y1: 0.5, X1: 0.5}}}, nil)
		}
	}); err != nil {
		t.Fatal(err)
	}
	var asked []string
	p := &scripted{change: func(q *evalsuite.Query) *evalsuite.Reply {
		asked = append(asked, q.Prompt)
		answer := "<loc0000><loc0000><loc0512><loc0512> cat"
		if strings.Contains(q.ID, "1.jpg") {
			answer = "0 0 500 500 dog"
		}
		return &evalsuite.Reply{Text: answer}
	}}
	b, err := benchmarks.Builtin().Named("coco-instances")
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	o := benchmarkOptions(out)
	o.Prompt = "detect {question}"
	run, err := evalsuite.RunBenchmark(t.Context(), p, open(t, dir), &b, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(asked) != 2 || asked[0] != "detect cat ; dog" {
		t.Errorf("%q", asked)
	}
	if ap := run.Result.Scores["ap50"]; ap.Value < 1-1e-9 || ap.N != 2 || run.Result.Comparable["ap50"].Answer != benchmarks.No {
		t.Errorf("%+v %+v", ap, run.Result.Comparable["ap50"])
	}
	again, err := evalsuite.RescoreBenchmark(t.Context(), out, open(t, dir), &b, o)
	if err != nil || again.Result.Scores["ap50"].Value != run.Result.Scores["ap50"].Value {
		t.Errorf("%+v, %v", again, err)
	}
	// The owner's files name the images by numbers.
	annotations := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(annotations, []byte(`{"images":[{"id":0,"file_name":"000000000000.jpg","height":4,"width":4},{"id":1,"file_name":"000000000001.jpg","height":4,"width":4}],
"categories":[{"id":1,"name":"cat"},{"id":2,"name":"dog"}],"annotations":[{"id":7,"image_id":0,"category_id":1,"bbox":[0,0,2,2],"area":4},{"id":8,"image_id":1,"category_id":2,"bbox":[0,0,2,2],"area":4}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	whole, err := b.Score(t.Context(), benchmarks.Files{Annotations: annotations, Predictions: filepath.Join(out, evalsuite.BenchmarkPredictionsFile)}, o.Score)
	if err != nil || whole.Scores["ap50"].Value < 1-1e-9 {
		t.Errorf("%+v, %v", whole, err)
	}

	// One label at a time: the answers of an image are scored together, also on the owner's files.
	asked, o.LabelsPerPrompt, o.Out = nil, 1, t.TempDir()
	p.change = func(q *evalsuite.Query) *evalsuite.Reply {
		asked = append(asked, q.ID+" "+q.Prompt)
		if strings.Contains(q.ID, "0.jpg") == strings.HasSuffix(q.Prompt, "cat") {
			return &evalsuite.Reply{Text: "<loc0000><loc0000><loc0512><loc0512> " + strings.TrimPrefix(q.Prompt, "detect ")}
		}
		return &evalsuite.Reply{Text: ""}
	}
	var notes []string
	o.Warn = func(note string) { notes = append(notes, note) }
	groups, err := evalsuite.RunBenchmark(t.Context(), p, open(t, dir), &b, o)
	if err != nil || len(asked) != 4 || groups.Result.Scores["ap50"].Value < 1-1e-9 || groups.Result.Scores["ap50"].N != 2 {
		t.Errorf("%q, %+v, %v", asked, groups, err)
	}
	if want := "an image is asked about in 2 prompts, for its 2 labels"; !slices.Contains(notes, want) {
		t.Errorf("%q, want %q", notes, want)
	}
	if again, err = evalsuite.RescoreBenchmark(t.Context(), o.Out, open(t, dir), &b, o); err != nil || again.Result.Scores["ap50"] != groups.Result.Scores["ap50"] {
		t.Errorf("%+v, %v", again, err)
	}
	whole, err = b.Score(t.Context(), benchmarks.Files{Annotations: annotations, Predictions: filepath.Join(o.Out, evalsuite.BenchmarkPredictionsFile)}, o.Score)
	if err != nil || whole.Scores["ap50"].Value < 1-1e-9 || len(whole.Problems) > 0 {
		t.Errorf("%+v, %v", whole, err)
	}
}

func TestRunBenchmark_CountsWhatIsNotAsked(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shapes")
	if _, err := shards.Write(dir, func(yield func(shards.Sample, error) bool) {
		for i, id := range []string{"1", "1", ""} {
			s := shards.Sample{Key: fmt.Sprint("image", i), Split: "test", Images: []shards.Image{grey(t, uint8(i))}}
			if id != "" {
				s.Questions = []shards.Question{{ID: id, Language: "en", Text: "is it light?", Answers: []shards.Answer{{Text: "yes"}}}}
			}
			if !yield(s, nil) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	var warnings []string
	run, err := evalsuite.RunBenchmark(t.Context(), &scripted{}, open(t, dir), easyVQA(t),
		evalsuite.BenchmarkOptions{Warn: func(message string) { warnings = append(warnings, message) }})
	if err != nil {
		t.Fatal(err)
	}
	if run.Questions != 2 || run.Without != 1 || run.Renamed != 1 || len(warnings) != 2 {
		t.Errorf("%+v, %q", run, warnings)
	}
}
