package pali3

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/cli"
)

// v0 is what the first version with a promise of compatibility left: a dataset, recipes, two runs,
// a tokenizer, and in printed/ what commands printed about them. It never changes.
const v0 = "testdata/v0"

// oldFiles copies v0 to a folder and makes it the working directory.
func oldFiles(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(v0)); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
}

// pali3 runs a command line and returns what it printed.
func pali3(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if status := cli.Default().Run(t.Context(), args, strings.NewReader("a red square\nein Streifen, grün\n"), &stdout, &stderr); status != 0 {
		t.Fatalf("pali3 %s: status %d: %s", strings.Join(args, " "), status, &stderr)
	}
	return stdout.String()
}

// TestV0_DataAndStreams compares what must be equal to the byte: rows, ids, batches.
func TestV0_DataAndStreams(t *testing.T) {
	oldFiles(t)
	for file, args := range map[string][]string{
		"head.jsonl":      {"shards", "head", "dataset"},
		"ids.txt":         {"tokenizer", "encode", "--model", "tokenizer.model"},
		"mix-caption.txt": {"mix", "--recipe", "recipes/caption.yaml", "--digest", "--steps", "0:4"},
		"mix-siglip.txt":  {"mix", "--recipe", "recipes/siglip.yaml", "--digest", "--steps", "0:4"},
	} {
		want, err := os.ReadFile(filepath.Join("printed", file))
		if err != nil {
			t.Fatal(err)
		}
		if got := pali3(t, args...); got != string(want) {
			t.Errorf("pali3 %s printed\n%s\nand with version 0\n%s", strings.Join(args, " "), got, want)
		}
	}
}

// TestV0_JSONOutputs compares outputs that scripts read: no key may go, no type may change. Values
// that do not depend on arithmetic of models are equal.
func TestV0_JSONOutputs(t *testing.T) {
	oldFiles(t)
	for file, args := range map[string][]string{
		"stat.json":     {"shards", "stat", "dataset", "--json"},
		"verify.json":   {"shards", "verify", "dataset", "--deep", "--json"},
		"curate.json":   {"curate", "dataset", "--recipe", "recipes/curate.yaml", "--to", "curated", "--json"},
		"recipe.json":   {"recipe", "check", "recipes/caption.yaml", "--json"},
		"describe.json": {"describe", "siglip-B/16", "--json"},
		"bench.json":    {"eval", "--bench", "vqav2", "--annotations", "bench_ann.json", "--predictions", "bench_pred.json", "--json"},
	} {
		compareJSON(t, file, pali3(t, args...), true)
	}
	for file, args := range map[string][]string{
		"eval.json":        {"eval", "--model", "caption", "--data", "dataset", "--split", "held_out", "--json"},
		"eval-siglip.json": {"eval", "--model", "siglip", "--data", "dataset", "--split", "held_out", "--json"},
		"predict.json":     {"predict", "--model", "caption", "--data", "dataset", "--split", "held_out", "--task", "caption", "--out", "predictions.jsonl", "--json"},
	} {
		compareJSON(t, file, pali3(t, args...), false)
	}
	predicted, err := os.ReadFile("predictions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(predicted), "\n")
	old, err := os.ReadFile("printed/predictions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	was, _, _ := strings.Cut(string(old), "\n")
	for _, problem := range missing("", parseJSON(t, was), parseJSON(t, first), false) {
		t.Errorf("predictions.jsonl: %s", problem)
	}
}

// TestV0_RunsResume extends the old runs by two steps from their checkpoints.
func TestV0_RunsResume(t *testing.T) {
	oldFiles(t)
	for _, run := range []string{"caption", "siglip"} {
		pali3(t, "train", "--recipe", "recipes/"+run+".yaml", "--out", run, "--set", "steps=10", "--quiet")
		lines, err := os.ReadFile(run + "/metrics.jsonl")
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(lines, []byte(`"step":`)); n < 3 || !bytes.Contains(lines, []byte(`"step":10`)) {
			t.Errorf("%s: metrics.jsonl does not go from the old steps to step 10:\n%s", run, lines)
		}
	}
}

// TestV0_Recipes checks all recipes of the old quickstart.
func TestV0_Recipes(t *testing.T) {
	oldFiles(t)
	recipes, err := filepath.Glob("project/recipes/*.yaml")
	if err != nil || len(recipes) != 7 {
		t.Fatalf("%d recipes: %v", len(recipes), err)
	}
	for _, recipe := range recipes {
		pali3(t, "recipe", "show", recipe)
	}
}

func parseJSON(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
	return value
}

func compareJSON(t *testing.T, file, got string, values bool) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join("printed", file))
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range missing("", parseJSON(t, string(want)), parseJSON(t, got), values) {
		t.Errorf("%s: %s", file, problem)
	}
}

// missing lists what is not in got as it is in want: keys, types and, if asked for, values.
func missing(at string, want, got any, values bool) (problems []string) {
	switch want := want.(type) {
	case map[string]any:
		object, is := got.(map[string]any)
		if !is {
			return []string{fmt.Sprintf("%s is no object any more", at)}
		}
		for key, value := range want {
			if _, has := object[key]; !has {
				problems = append(problems, fmt.Sprintf("%s.%s is missing", at, key))
				continue
			}
			problems = append(problems, missing(at+"."+key, value, object[key], values)...)
		}
	case []any:
		list, is := got.([]any)
		if !is || values && len(list) != len(want) {
			return []string{fmt.Sprintf("%s is not the list that it was", at)}
		}
		for i := range min(len(want), len(list)) {
			problems = append(problems, missing(fmt.Sprintf("%s[%d]", at, i), want[i], list[i], values)...)
		}
	default:
		if fmt.Sprintf("%T", want) != fmt.Sprintf("%T", got) {
			return []string{fmt.Sprintf("%s is a %T, it was a %T", at, got, want)}
		}
		if values && want != got {
			return []string{fmt.Sprintf("%s is %v, it was %v", at, got, want)}
		}
	}
	slices.Sort(problems)
	return problems
}
