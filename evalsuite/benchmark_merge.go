package evalsuite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/benchmarks"
)

// MergeOptions say how to merge the shards of a run.
type MergeOptions struct {
	// Partial merges what is there. Otherwise every question must have an answer.
	Partial bool
	// Fresh replaces a run in the folder that is written.
	Fresh bool
	// IDs are those of all questions, to name the missing ones. Without them, missing shards are
	// named.
	IDs []string
	// Warn, which may be nil, is called with what is left out.
	Warn func(message string)
}

// Merged describes merged shards.
type Merged struct {
	Parts       int `json:"parts"`
	Questions   int `json:"questions"`
	Predictions int `json:"predictions"`
	Overlaps    int `json:"overlaps"` // predictions that several parts have, all equal
	Missing     int `json:"missing"`
	Failed      int `json:"failed"` // errors and timeouts
}

// MergeBenchmarks writes the answers of several parts of a run into the folder out, as if they were
// one run, which may then be resumed or scored with [RescoreBenchmark]. The parts must have the
// same settings. A question that several of them answer must have the same answer in all.
func MergeBenchmarks(out string, parts []string, o MergeOptions) (*Merged, error) {
	if len(parts) == 0 {
		return nil, errors.New("no parts to merge")
	}
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	m := &merge{MergeOptions: o, at: map[string]int{}, did: &Merged{Parts: len(parts)}}
	for _, part := range parts {
		if same, err := sameFolder(out, part); err != nil || same {
			return nil, errors.Join(err, fmt.Errorf("%s is a part, so it cannot be the merged run: name another folder", out))
		}
		if err := m.read(part); err != nil {
			return nil, err
		}
	}
	if err := m.checkMissing(); err != nil {
		return nil, err
	}
	return m.did, m.write(out)
}

// sameFolder reports whether two paths are one folder.
func sameFolder(a, b string) (bool, error) {
	infoB, err := os.Stat(b)
	if err != nil {
		return false, err
	}
	infoA, err := os.Stat(a)
	if err != nil {
		return false, nil // it is to be made
	}
	return os.SameFile(infoA, infoB), nil
}

// merge merges parts.
type merge struct {
	MergeOptions
	first    string // the first part
	manifest *BenchmarkManifest
	shards   []string
	all      []mergedPrediction
	at       map[string]int // id -> position in all
	calls    []string       // files
	did      *Merged
}

// mergedPrediction is a prediction and the part that it is from.
type mergedPrediction struct {
	Prediction
	part string
}

// read reads a part.
func (m *merge) read(part string) error {
	manifest, err := ReadBenchmarkManifest(part)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is no run of a benchmark: it has no %s", part, ManifestFile)
	}
	if err != nil {
		return err
	}
	m.shards = append(m.shards, manifest.Shard)
	if m.manifest == nil {
		m.first, m.manifest = part, manifest
	} else if different := m.manifest.differences(manifest); len(different) > 0 {
		return fmt.Errorf("%s and %s have other settings: %s", m.first, part, strings.Join(different, "; "))
	}
	path := filepath.Join(part, BenchmarkPredictionsFile)
	kept, half, err := readKept(path)
	if err != nil {
		return err
	}
	if half > 0 {
		m.Warn(fmt.Sprintf("%s: the last line is incomplete and is left out", path))
	}
	m.calls = append(m.calls, filepath.Join(part, CallsFile))
	for i := range kept {
		if err := m.add(part, &kept[i]); err != nil {
			return err
		}
	}
	return nil
}

// add adds a prediction. An answer takes the place of an error.
func (m *merge) add(part string, p *keptPrediction) error {
	at, twice := m.at[p.ID]
	if !twice {
		m.at[p.ID] = len(m.all)
		m.all = append(m.all, mergedPrediction{p.Prediction, part})
		return nil
	}
	m.did.Overlaps++
	there := &m.all[at]
	switch {
	case failed(&p.Prediction):
	case failed(&there.Prediction):
		*there = mergedPrediction{p.Prediction, part}
	case there.Raw != p.Raw || there.Failure != p.Failure || there.Prompt != p.Prompt || !slices.Equal(there.ImageSHA256, p.ImageSHA256):
		return fmt.Errorf("%s and %s (line %d) have different answers to question %q: %q and %q", there.part, part, p.line, p.ID, there.Raw, p.Raw)
	}
	return nil
}

// failed reports whether a prediction has no answer.
func failed(p *Prediction) bool {
	return p.Failure == benchmarks.TimedOut || p.Failure == benchmarks.Unanswered
}

// checkMissing counts what is missing and names it.
func (m *merge) checkMissing() error {
	m.did.Questions, m.did.Predictions = m.manifest.Questions, len(m.all)
	m.did.Missing = m.manifest.Questions - len(m.all)
	for n := range m.all {
		if failed(&m.all[n].Prediction) {
			m.did.Failed++
		}
	}
	if m.did.Missing < 0 {
		return fmt.Errorf("the parts have %d predictions for %d questions: some of them are for others", len(m.all), m.manifest.Questions)
	}
	if m.did.Missing == 0 && m.did.Failed == 0 {
		return nil
	}
	message := fmt.Sprintf("of %d questions, %d have no prediction and %d an error instead of an answer%s", m.did.Questions, m.did.Missing, m.did.Failed, m.names())
	if m.Partial {
		m.Warn(message)
		return nil
	}
	return fmt.Errorf("%s; --partial merges what is there", message)
}

// names names missing shards, and missing questions if their ids are known.
func (m *merge) names() string {
	said := ""
	if absent := m.absentShards(); len(absent) > 0 {
		said += "; no part is the shard " + few(absent, 10)
	}
	var ids []string
	for _, id := range m.IDs {
		if at, ok := m.at[id]; !ok || failed(&m.all[at].Prediction) {
			ids = append(ids, id)
		}
	}
	if len(ids) > 0 {
		said += "; for example " + few(ids, 10)
	}
	return said
}

// absentShards returns the shards that no part is, if all parts are shards of one division.
func (m *merge) absentShards() (absent []string) {
	total := ""
	for _, shard := range m.shards {
		_, of, ok := strings.Cut(shard, "/")
		if !ok || total != "" && of != total {
			return nil
		}
		total = of
	}
	count := 0
	fmt.Sscan(total, &count)
	for i := 1; i <= min(count, 10_000); i++ {
		if name := fmt.Sprintf("%d/%s", i, total); !slices.Contains(m.shards, name) {
			absent = append(absent, name)
		}
	}
	return absent
}

// write writes the merged run.
func (m *merge) write(out string) error {
	m.manifest.Shard, m.manifest.ShardQuestions = "", m.manifest.Questions
	if there, err := ReadBenchmarkManifest(out); err == nil && !m.Fresh {
		if err := there.checkSame(out, m.manifest); err != nil {
			return err
		}
		return fmt.Errorf("%s holds a run already: use another folder, or --fresh to replace it", out)
	}
	f, err := openBenchmarkFolder(out, m.manifest, true, m.Warn)
	if err != nil {
		return err
	}
	defer f.close()
	all := make([]Prediction, len(m.all))
	for n := range m.all {
		all[n] = m.all[n].Prediction
	}
	if err := f.replace(all); err != nil {
		return err
	}
	for _, path := range m.calls {
		if _, err := eachLine(path, func(_ int, line []byte) error {
			_, err := f.calls.Write(line)
			return err
		}); err != nil {
			return fmt.Errorf("copying the calls: %w", err)
		}
	}
	return f.sync()
}
