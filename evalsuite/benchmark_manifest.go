package evalsuite

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/shards"
)

// Files in the folder of a run of a benchmark, beside those of [benchmarks.ScoreInto].
const (
	ManifestFile             = "benchmark.json"
	BenchmarkPredictionsFile = "predictions.jsonl"
	CallsFile                = "calls.jsonl"
)

// manifestVersion is the version of the manifest's meaning.
const manifestVersion = 1

// BenchmarkManifest says what a run of a benchmark asks, and of which model. Its JSON is a stable
// format.
type BenchmarkManifest struct {
	Version int    `json:"version"`
	Bench   string `json:"bench"`
	// Dataset is where the dataset was, Revision a hash of its contents.
	Dataset  string `json:"dataset"`
	Revision string `json:"revision"`
	Split    string `json:"split"`
	Samples  int    `json:"samples,omitempty"`
	Seed     uint64 `json:"seed,omitempty"`
	// Labels is the number of labels in a prompt about boxes; 0 means all.
	Labels int `json:"labels_per_prompt,omitempty"`
	// Questions is their number, of all shards, and IDs a hash of their ids.
	Questions int    `json:"questions"`
	IDs       string `json:"ids_sha256"`
	// Shard is I/N for a part, which has ShardQuestions.
	Shard          string `json:"shard,omitempty"`
	ShardQuestions int    `json:"shard_questions"`
	// Prompt, before it is filled, and its hash.
	Prompt       string `json:"prompt"`
	PromptSHA256 string `json:"prompt_sha256"`
	Decoding     string `json:"decoding,omitempty"`
	Pattern      string `json:"pattern,omitempty"`
	// Predictor is the identity of the model.
	Predictor map[string]string `json:"predictor"`
}

// newManifest returns the manifest of a run.
func (r *benchmarkRun) newManifest(q *benchmarkQuestions) (BenchmarkManifest, error) {
	revision := dataRevision(r.data)
	m := BenchmarkManifest{
		Version: manifestVersion, Bench: r.bench.Name, Dataset: r.data.Dir(), Revision: revision, Split: r.Split,
		Samples: r.Samples, Questions: len(q.all), IDs: q.digest(),
		Prompt: r.Prompt, PromptSHA256: shards.Hash([]byte(r.Prompt)), Decoding: r.Decoding, Pattern: r.Pattern, Predictor: r.Identity,
	}
	if r.Samples > 0 {
		m.Seed = r.Seed
	}
	if r.bench.Task == benchmarks.Boxes {
		m.Labels = r.LabelsPerPrompt
	}
	if r.Shards > 1 {
		m.Shard = fmt.Sprintf("%d/%d", r.Shard, r.Shards)
	}
	return m, nil
}

// ReadBenchmarkManifest reads the manifest in the folder of a run.
func ReadBenchmarkManifest(dir string) (*BenchmarkManifest, error) {
	path := filepath.Join(dir, ManifestFile)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := &BenchmarkManifest{}
	if err := jsonerr.Explain(json.Unmarshal(content, m)); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if m.Version != manifestVersion {
		return nil, fmt.Errorf("%s has version %d, and this program knows version %d", path, m.Version, manifestVersion)
	}
	return m, nil
}

// write writes the manifest into the folder of a run.
func (m *BenchmarkManifest) write(dir string) error {
	return atomicfile.Write(filepath.Join(dir, ManifestFile), func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(m)
	})
}

// settings returns what must be equal for answers to be used together, by name. Where the dataset
// is, and which part of it was asked, does not matter.
func (m *BenchmarkManifest) settings() map[string]string {
	s := map[string]string{
		"bench": m.Bench, "revision of the dataset": m.Revision, "split": m.Split, "samples": fmt.Sprint(m.Samples), "seed": fmt.Sprint(m.Seed),
		"questions": fmt.Sprint(m.Questions), "ids of the questions": m.IDs, "prompt": m.Prompt, "hash of the prompt": m.PromptSHA256,
		"decoding": m.Decoding, "pattern": m.Pattern,
	}
	for name, value := range m.Predictor {
		s["predictor's "+name] = value
	}
	return s
}

// differences describes the settings in which two runs differ.
func (m *BenchmarkManifest) differences(other *BenchmarkManifest) (all []string) {
	a, b := m.settings(), other.settings()
	names := maps.Clone(a)
	maps.Copy(names, b)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if a[name] != b[name] && name != "hash of the prompt" {
			all = append(all, fmt.Sprintf("%s: %q and %q", name, a[name], b[name]))
		}
	}
	return all
}

// checkSame returns an error that names the settings in which the run in a folder differs from
// another one.
func (m *BenchmarkManifest) checkSame(dir string, other *BenchmarkManifest) error {
	different := m.differences(other)
	if m.Shard != other.Shard {
		different = append(different, fmt.Sprintf("shard: %q and %q", m.Shard, other.Shard))
	}
	if len(different) == 0 {
		return nil
	}
	return fmt.Errorf("%s holds a run with other settings (there and now): %s; use another folder, or --fresh to replace it", dir, strings.Join(different, "; "))
}
