package evalsuite

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// relatives are kinds of task that teach another: a caption is the rest of a text of which nothing
// is given.
var relatives = map[string][]string{
	"caption": {"split_cap"}, "split_cap": {"caption"}, "vqa": {"object_vqa"},
}

// taskOf returns the task of a kind as the run was trained on it: its prompt, and the kinds of text
// of all its tasks of the kind. Trained is false if the run had no such task; the task is then
// PaLI's own.
func taskOf(t *stages.Trained, kind string) (task mixture.Task, trained bool) {
	task = mixture.Task{Name: kind, Kind: kind}
	own := tasksOf(t, kind)
	if len(own) > 0 {
		task.Prompt = own[0].Prompt
	}
	teaching := own
	if len(own) == 0 {
		teaching = tasksOf(t, relatives[kind]...)
	}
	task.Texts = anyOf(teaching, func(t *mixture.Task) []string { return t.Texts })
	return task, len(teaching) > 0
}

// tasksOf returns the run's tasks of some kinds.
func tasksOf(t *stages.Trained, kinds ...string) (tasks []*mixture.Task) {
	for i := range t.Recipe.Mixture.Tasks {
		task := &t.Recipe.Mixture.Tasks[i]
		if task.Weight > 0 && slices.Contains(kinds, task.Kind) {
			tasks = append(tasks, task)
		}
	}
	return tasks
}

// anyOf joins lists of tasks of which an empty one means everything.
func anyOf(tasks []*mixture.Task, list func(*mixture.Task) []string) (all []string) {
	for _, task := range tasks {
		if len(list(task)) == 0 {
			return nil
		}
		for _, name := range list(task) {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// trainedKinds lists the kinds of task of a run for messages.
func trainedKinds(t *stages.Trained) string {
	kinds := map[string]bool{}
	for _, task := range t.Recipe.Mixture.Tasks {
		if task.Weight > 0 {
			kinds[task.Kind] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(kinds)), ", ")
}

// trainedLanguages returns the languages that a run's tasks of some kinds were trained in, as its
// folder keeps them; of a run from before folders did, those that its recipe names or those of its
// dataset. It is nil if that is no longer there.
func trainedLanguages(t *stages.Trained, kinds ...string) []string {
	seen := map[string]bool{}
	for _, kind := range slices.Clone(kinds) {
		kinds = append(kinds, relatives[kind]...)
	}
	if kept, err := mixture.ReadSeen(t.Dir); err == nil && t.Dir != "" {
		for _, task := range kept.Tasks {
			if slices.Contains(kinds, task.Kind) {
				maps.Copy(seen, setOf(task.Languages))
			}
		}
		return slices.Sorted(maps.Keys(seen))
	}
	for _, task := range tasksOf(t, kinds...) {
		languages := task.Languages
		if len(languages) == 0 {
			languages = languagesOf(t, task)
		}
		if languages == nil {
			return nil
		}
		for _, language := range languages {
			seen[language] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// setOf returns the names that are counted.
func setOf(counts map[string]int) map[string]bool {
	set := map[string]bool{}
	for name := range counts {
		set[name] = true
	}
	return set
}

// languagesOf returns the languages in the split of a dataset that a task is trained on; nil if it
// cannot be read.
func languagesOf(t *stages.Trained, task *mixture.Task) []string {
	dir := task.Data
	if dir == "" {
		dir = t.Recipe.Mixture.Data
	}
	d, err := shards.Open(dir)
	if err != nil && !filepath.IsAbs(dir) && !shards.IsURL(dir) && t.Dir != "" {
		d, err = shards.Open(filepath.Join(t.Dir, dir))
	}
	if err != nil {
		return nil
	}
	defer d.Close()
	view, err := d.Select("split", "texts.kind", "texts.language", "questions.language")
	if err != nil {
		return nil
	}
	seen := map[string]bool{}
	split := task.Split
	if split == "" {
		split = "train"
	}
	for sample, err := range view.Scan() {
		if err != nil {
			return nil
		}
		if split != AllSplits && sample.Split != split {
			continue
		}
		if strings.HasSuffix(task.Kind, "vqa") || task.Kind == "vqg" {
			for i := range sample.Questions {
				seen[strings.Clone(sample.Questions[i].Language)] = true
			}
			continue
		}
		for i := range sample.Texts {
			if text := &sample.Texts[i]; len(task.Texts) == 0 || slices.Contains(task.Texts, text.Kind) {
				seen[strings.Clone(text.Language)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// WarnUntrained warns of a kind of task, or of languages, that a run never saw.
func WarnUntrained(t *stages.Trained, kind string, languages []string, warn func(string)) {
	_, trained := taskOf(t, kind)
	warnUntrained(t, kind, trained, languages, warn)
}

// warnUntrained warns of a task, or of languages, that a run never saw.
func warnUntrained(t *stages.Trained, kind string, trained bool, languages []string, warn func(string)) {
	if !trained {
		warn(fmt.Sprintf("the run was never trained on %s, only on %s: expect nothing of what it says", kind, trainedKinds(t)))
		return
	}
	if len(languages) == 0 {
		return
	}
	seen := trainedLanguages(t, kind)
	if seen == nil {
		return
	}
	var unseen []string
	for _, language := range languages {
		if !slices.Contains(seen, language) {
			unseen = append(unseen, named(language))
		}
	}
	if len(unseen) > 0 {
		warn(fmt.Sprintf("the run was never trained on %s in %s, only in %s", kind, strings.Join(unseen, ", "), few(seen, 12)))
	}
}

// named shows a language for people.
func named(language string) string {
	if language == "" {
		return "no language"
	}
	return language
}

// few joins the first n names.
func few(names []string, n int) string {
	shown := make([]string, 0, n+1)
	for _, name := range names[:min(n, len(names))] {
		shown = append(shown, named(name))
	}
	if more := len(names) - n; more > 0 {
		shown = append(shown, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(shown, ", ")
}
