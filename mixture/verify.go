package mixture

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/internal/strict"
)

// SourceStats is a dataset of a recipe.
type SourceStats struct {
	Dataset string `json:"dataset"`
	Rows    int    `json:"rows"`
	Files   int    `json:"files"` // 0 for [Rows], as the bytes
	Bytes   int64  `json:"bytes"`
	// Tasks that draw samples from it.
	Tasks []string `json:"tasks"`
}

// Sources lists the datasets of the recipe's tasks.
func (s *Stream) Sources() []SourceStats {
	var all []SourceStats
	for _, dir := range slices.Sorted(maps.Keys(s.datasets)) {
		one := SourceStats{Dataset: dir, Rows: s.datasets[dir].data().Len(), Tasks: []string{}}
		if d := s.Dataset(dir); d != nil {
			one.Files = len(d.Manifest().Files)
			for _, f := range d.Manifest().Files {
				one.Bytes += f.Bytes
			}
		}
		for _, t := range s.tasks {
			if t.folder(&s.recipe) == dir {
				one.Tasks = append(one.Tasks, t.Name)
			}
		}
		all = append(all, one)
	}
	return all
}

// Verify looks for what opening a stream does not tell: damaged or missing files of its datasets,
// prompts whose sentinels are no pieces of the vocabulary or that do not fit their window, and
// languages and kinds of text that a task names and no sample has. It returns errors, which prevent
// a run, and warnings; paths are keys of the recipe.
func (s *Stream) Verify(ctx context.Context) (failures, warnings strict.Problems, err error) {
	for _, dir := range slices.Sorted(maps.Keys(s.datasets)) {
		if s.Dataset(dir) == nil {
			continue // rows of a program's own have no files
		}
		if err := s.verifyFiles(ctx, dir, &failures); err != nil {
			return nil, nil, err
		}
	}
	for i, t := range s.tasks {
		path := s.recipe.TaskPath(i)
		name := fmt.Sprintf("tasks[%d] (%s)", i, t.Name)
		s.verifyPrompt(t, path, name, &failures)
		t.verifyLanguages(path, name, &warnings)
	}
	return failures, warnings, nil
}

// mostProblems bounds the problems that are listed of a dataset.
const mostProblems = 8

// verifyFiles checks that the files of a dataset are there and whole.
func (s *Stream) verifyFiles(ctx context.Context, dir string, failures *strict.Problems) error {
	problems, err := s.recipe.Registry.stores().Verify(ctx, dir, false)
	if err != nil {
		return fmt.Errorf("verifying %s: %w", dir, err)
	}
	for i, p := range problems {
		if i == mostProblems {
			failures.Add(s.dataKey(dir), "%s: %d more problems; pali3 shards verify lists all", dir, len(problems)-mostProblems)
			break
		}
		failures.Add(s.dataKey(dir), "%s: %s", dir, p)
	}
	return nil
}

// dataKey returns the key that names a dataset.
func (s *Stream) dataKey(dir string) string {
	for i, t := range s.tasks {
		if t.Data == dir {
			return s.recipe.TaskPath(i) + ".data"
		}
	}
	return "data"
}

var sentinelInPrompt = regexp.MustCompile(`<extra_id_(\d+)>`)

// verifyPrompt checks a task's template against the vocabulary and the window.
func (s *Stream) verifyPrompt(t *task, path, name string, failures *strict.Problems) {
	for _, found := range sentinelInPrompt.FindAllStringSubmatch(t.Prompt, -1) {
		k, err := strconv.Atoi(found[1])
		if err == nil {
			_, err = s.vocab.Sentinel(k)
		}
		if err != nil {
			failures.Add(path+".prompt", "%s: prompt: %s is no piece of the vocabulary, which has %d sentinels, and would be read as text; raise tokenizer.sentinels",
				name, found[0], s.vocab.Sentinels())
		}
	}
	if !t.kind.Target || t.kind.Denoisers != "" {
		return
	}
	fixed := s.vocab.Encode(placeholder.ReplaceAllString(t.Prompt, ""))
	if room := s.recipe.Lengths.Encoder - s.vocab.FrameSize(); len(fixed) > room {
		failures.Add(path+".prompt", "%s: prompt: its own words take %d ids and lengths.encoder leaves room for %d", name, len(fixed), room)
	}
}

// verifyLanguages warns of languages that no sample has.
func (t *task) verifyLanguages(path, name string, warnings *strict.Problems) {
	if t.source == nil {
		return
	}
	for i, language := range t.Languages {
		if t.source.languages[language] == 0 {
			warnings.Add(path+".languages."+strconv.Itoa(i), "%s: languages: no usable sample has %q; there are %s", name, language, list(t.source.languages))
		}
	}
}

// VocabularyUse is how a recipe's texts use the vocabulary.
type VocabularyUse struct {
	Pieces    int `json:"pieces"`    // of the vocabulary
	Size      int `json:"size"`      // rows of an embedding
	Sentinels int `json:"sentinels"` // that there are
	Needed    int `json:"needed"`    // sentinels of the denoiser that needs most
}

// VocabularyUse describes the vocabulary, and how many sentinels the denoisers of the tasks need.
func (s *Stream) VocabularyUse() VocabularyUse {
	use := VocabularyUse{Pieces: s.vocab.Len(), Size: s.vocab.Size(), Sentinels: s.vocab.Sentinels()}
	for _, t := range s.tasks {
		if strings.Contains(t.Prompt, "<extra_id_0>") {
			use.Needed = max(use.Needed, 1)
		}
		for _, d := range t.denoise.denoisers {
			if d.MeanSpan > 0 {
				_, spans := d.noise(d.Length(s.recipe.Lengths.Encoder, s.recipe.Lengths.Decoder))
				use.Needed = max(use.Needed, spans)
			}
		}
	}
	return use
}
