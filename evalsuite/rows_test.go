package evalsuite_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// ownRows are a program's own rows: samples as its code has them, without hashes or sizes.
type ownRows struct {
	samples []shards.Sample
	broken  int // a row that cannot be read, if above 0
}

func (r ownRows) Len() int { return len(r.samples) }

func (r ownRows) Row(i int) (shards.Sample, error) {
	if r.broken > 0 && i == r.broken {
		return shards.Sample{}, errors.New("the disk is gone")
	}
	return r.samples[i], nil
}

// scannedRows are scanned in a way of their own, which reads no image and uses one sample for all.
type scannedRows struct{ ownRows }

func (r scannedRows) Scan() iter.Seq2[*shards.Sample, error] {
	return func(yield func(*shards.Sample, error) bool) {
		var one shards.Sample
		for _, s := range r.samples {
			one.Key, one.Split = s.Key, s.Split
			one.Images = append(one.Images[:0], s.Images...)
			for i := range one.Images {
				one.Images[i].Bytes = nil
			}
			one.Texts, one.Questions, one.Boxes = append(one.Texts[:0], s.Texts...), append(one.Questions[:0], s.Questions...), append(one.Boxes[:0], s.Boxes...)
			if !yield(&one, nil) {
				return
			}
		}
	}
}

func (r scannedRows) Fingerprint() string { return "scanned 1" }

// rowsOf returns the samples of a dataset as rows of a program's own.
func rowsOf(t *testing.T, d *shards.Dataset) ownRows {
	t.Helper()
	var r ownRows
	for s, err := range d.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.Images {
			s.Images[i].SHA256 = ""
		}
		r.samples = append(r.samples, s)
	}
	return r
}

// inJSON returns results without the name of the data.
func inJSON(t *testing.T, of any, data mixture.Data) string {
	t.Helper()
	content, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(content), data.Dir(), "DATA")
}

func TestEvaluate_OfOwnRowsEqualsThatOfADataset(t *testing.T) {
	data := shades(t)
	d := open(t, data)
	own := []mixture.Data{mixture.Named("own://shades", rowsOf(t, d)), mixture.Named("scanned://shades", scannedRows{rowsOf(t, d)})}
	for _, recipe := range []string{shadesRecipe, shadesSigLIP} {
		be, trained := train(t, recipe, data)
		evaluate := func(d mixture.Data, dir string) (*evalsuite.Evaluation, []string) {
			var warned []string
			e, err := evalsuite.Evaluate(t.Context(), be, trained, d, evalsuite.EvaluateOptions{
				Split: "val", Dir: dir, Blind: true, Bootstrap: metrics.Bootstrap{Resamples: 20}, Warn: func(m string) { warned = append(warned, m) },
			})
			if err != nil {
				t.Fatal(err)
			}
			return e, warned
		}
		dir := t.TempDir()
		want, warned := evaluate(d, dir)
		for _, rows := range own {
			ownDir := t.TempDir()
			got, alsoWarned := evaluate(rows, ownDir)
			if diff := cmp.Diff(inJSON(t, want, d), inJSON(t, got, rows)); diff != "" {
				t.Errorf("%s: %s", rows.Dir(), diff)
			}
			if diff := cmp.Diff(warned, alsoWarned); diff != "" {
				t.Errorf("%s: warnings %s", rows.Dir(), diff)
			}
			files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
			if err != nil || len(files) == 0 && recipe == shadesRecipe {
				t.Fatal(files, err)
			}
			for _, file := range files {
				content, err := os.ReadFile(file)
				same, ownErr := os.ReadFile(filepath.Join(ownDir, filepath.Base(file)))
				if err != nil || ownErr != nil || !bytes.Equal(content, same) {
					t.Errorf("%s: %s differs: %v, %v", rows.Dir(), filepath.Base(file), err, ownErr)
				}
			}
		}
	}
}

func TestPredict_OfOwnRowsEqualsThatOfADataset(t *testing.T) {
	data := shades(t)
	d := open(t, data)
	be, trained := train(t, shadesRecipe, data)
	predict := func(d mixture.Data) []byte {
		out := filepath.Join(t.TempDir(), "p.jsonl")
		if _, err := evalsuite.Predict(t.Context(), be, trained, d, "val", evalsuite.PredictOptions{Task: "vqa", Out: out, Batch: 2}); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	want := predict(d)
	for _, rows := range []mixture.Rows{rowsOf(t, d), scannedRows{rowsOf(t, d)}} {
		if got := predict(mixture.Named("own://shades", rows)); !bytes.Equal(got, want) {
			t.Errorf("predictions\n%s\nwant\n%s", got, want)
		}
	}
}

func TestRunBenchmark_AsksOwnRowsAsADataset(t *testing.T) {
	d := shapes(t, 30)
	run := func(d mixture.Data, out string) (*evalsuite.BenchmarkRun, string) {
		run, err := evalsuite.RunBenchmark(t.Context(), &scripted{}, d, easyVQA(t), benchmarkOptions(out))
		if err != nil {
			t.Fatal(err)
		}
		return run, sortedLines(t, filepath.Join(out, "predictions.jsonl"))
	}
	want, lines := run(d, t.TempDir())
	for _, rows := range []mixture.Rows{rowsOf(t, d), scannedRows{rowsOf(t, d)}} {
		out := t.TempDir()
		got, same := run(mixture.Named("own://shapes", rows), out)
		if got.Questions != want.Questions || got.Asked != want.Asked || got.Result.Scores["exact_match"] != want.Result.Scores["exact_match"] || same != lines {
			t.Errorf("%+v, want %+v", got, want)
		}
		if again, _ := run(mixture.Named("own://shapes", rows), out); again.Asked != 0 || again.Found != 60 {
			t.Errorf("again: asked %d, found %d", again.Asked, again.Found)
		}
		fewer := rowsOf(t, d)
		fewer.samples = fewer.samples[:20]
		if _, err := evalsuite.RunBenchmark(t.Context(), &scripted{}, mixture.Named("own://shapes", fewer), easyVQA(t), benchmarkOptions(out)); err == nil {
			t.Error("a run was resumed on other rows")
		}
	}
}

func TestRunRetrievalBenchmark_RanksOwnRows(t *testing.T) {
	dir := shades(t)
	d := open(t, dir)
	rows := rowsOf(t, d)
	var kept []shards.Sample
	for _, s := range rows.samples {
		if s.Split == "val" && s.Key != "cut" && len(s.Images) > 0 && len(s.Texts) > 0 {
			for i := range s.Texts {
				s.Texts[i].Kind = shards.Caption
			}
			kept = append(kept, s)
		}
	}
	rows.samples = kept
	be, trained := train(t, shadesSigLIP, dir)
	e, err := evalsuite.NewEmbedder(be, trained)
	if err != nil {
		t.Fatal(err)
	}
	b, err := benchmarks.Builtin().Named("coco-retrieval")
	if err != nil {
		t.Fatal(err)
	}
	run, err := evalsuite.RunRetrievalBenchmark(t.Context(), e, "a model", mixture.Named("own://val", rows), &b, benchmarkOptions(""))
	if err != nil {
		t.Fatal(err)
	}
	want, err := evalsuite.Retrieve(e, kept, metrics.Bootstrap{Resamples: 10})
	if err != nil || run.Result.Scores["t2i_r1"].Value != want["t2i_r1"].Value {
		t.Errorf("%v, want %v, %v", run.Result.Scores["t2i_r1"], want["t2i_r1"], err)
	}
}

func TestEvaluate_NamesARowThatCannotBeRead(t *testing.T) {
	data := shades(t)
	d := open(t, data)
	be, trained := train(t, shadesRecipe, data)
	o := evalsuite.EvaluateOptions{Split: "val", Bootstrap: metrics.Bootstrap{Resamples: 20}}
	rows := rowsOf(t, d)
	rows.broken = 19
	for _, of := range []mixture.Rows{rows, scannedRows{rows}} { // while it is scanned, and when its image is read
		if _, err := evalsuite.Evaluate(t.Context(), be, trained, mixture.Named("own://shades", of), o); err == nil || !strings.Contains(err.Error(), "own://shades row 19: the disk is gone") {
			t.Errorf("error %v", err)
		}
	}
	o.Split = "test"
	if _, err := evalsuite.Evaluate(t.Context(), be, trained, mixture.Named("own://shades", rowsOf(t, d)), o); err == nil || !strings.Contains(err.Error(), `own://shades has no split "test"`) {
		t.Errorf("error %v", err)
	}
}

// TestRun_TrainsAndValidatesOnOwnRows compares a run whose data are rows with one of the dataset.
func TestRun_TrainsAndValidatesOnOwnRows(t *testing.T) {
	data := shades(t)
	d := open(t, data)
	rows := rowsOf(t, d)
	registry := &stages.Registry{Data: mixture.Builtin()}
	registry.Data.Rows = map[string]mixture.OpenRows{"own": func(_ context.Context, name string) (mixture.Rows, error) {
		if name != "own://shades" {
			return nil, fmt.Errorf("no rows %s", name)
		}
		return rows, nil
	}}
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	run := func(data string) (stages.Result, string) {
		t.Helper()
		r, err := stages.ParseRecipe([]byte(shadesRecipe), "recipe", registry, "data="+data, "eval={every: 2, metrics: [loss, caption_cider, vqa_accuracy], samples: 5}")
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "run")
		result, err := stages.Run(t.Context(), r, dir, stages.Options{Backend: be, Evaluator: evalsuite.Validator{}})
		if err != nil {
			t.Fatal(err)
		}
		return result, dir
	}
	want, _ := run(data)
	got, dir := run("own://shades")
	if len(got.Evaluations) != len(want.Evaluations) || len(got.Evaluations) == 0 {
		t.Fatalf("%d evaluations, want %d", len(got.Evaluations), len(want.Evaluations))
	}
	for i := range got.Evaluations {
		if diff := cmp.Diff(want.Evaluations[i].Scores, got.Evaluations[i].Scores); diff != "" {
			t.Error(diff)
		}
	}
	trained, err := stages.Open(be, dir, registry)
	if err != nil {
		t.Fatal(err)
	}
	on, err := registry.Data.OpenData(t.Context(), trained.Recipe.Mixture.Data)
	if err != nil {
		t.Fatal(err)
	}
	e, err := evalsuite.Evaluate(t.Context(), be, trained, on, evalsuite.EvaluateOptions{Split: "val", Bootstrap: metrics.Bootstrap{Resamples: 20}})
	if err != nil || e.Data != "own://shades" || e.Scores["vqa_accuracy"].Model.N != 6 {
		t.Errorf("%+v, %v", e, err)
	}
	for i, s := range rowsOf(t, d).samples {
		if diff := cmp.Diff(s, rows.samples[i]); diff != "" {
			t.Errorf("the rows were changed: %s", diff)
		}
	}
	if _, err := registry.Data.OpenData(t.Context(), "own://other"); err == nil || !strings.Contains(err.Error(), "opening own://other: no rows own://other") {
		t.Errorf("error %v", err)
	}
}
