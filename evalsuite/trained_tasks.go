package evalsuite

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// relatives maps a kind of task to other kinds that teach it, too: a caption is the second half of
// a text whose first half is empty.
var relatives = map[string][]string{
	"caption": {"split_cap"}, "split_cap": {"caption"}, "vqa": {"object_vqa"},
}

// taskOf returns the task of a kind as the run was trained on it: the first such task, with its
// prompts, shots and the like, and the kinds of text of all. If the run had no such task, trained
// is false and the task has PaLI's prompt. A published model has the prompt that its family was
// trained with, and counts as trained, because its folder does not say on what.
func taskOf(t *stages.Trained, kind string) (task mixture.Task, trained bool) {
	task = mixture.Task{Name: kind, Kind: kind}
	if t.Published != nil {
		task.Prompt = t.Published.Prompts[kind]
		return task, true
	}
	own := tasksOf(t, kind)
	if len(own) > 0 {
		task = *own[0]
		task.Languages, task.Questions = nil, nil
		if kind == ObjectVQATask {
			task.Questions = own[0].Questions
		}
	}
	teaching := own
	if len(own) == 0 {
		teaching = tasksOf(t, relatives[kind]...)
	}
	task.Texts = anyOf(teaching, func(t *mixture.Task) []string { return t.Texts })
	return task, len(teaching) > 0
}

// tasksOf returns the run's tasks of the given kinds.
func tasksOf(t *stages.Trained, kinds ...string) (tasks []*mixture.Task) {
	for i := range t.Recipe.Mixture.Tasks {
		task := &t.Recipe.Mixture.Tasks[i]
		if task.Weight > 0 && slices.Contains(kinds, task.Kind) {
			tasks = append(tasks, task)
		}
	}
	return tasks
}

// anyOf joins a list of all tasks. If one is empty, which means everything, so is the result.
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

// trainedKinds lists the run's kinds of task, for messages.
func trainedKinds(t *stages.Trained) string {
	kinds := map[string]bool{}
	for _, task := range t.Recipe.Mixture.Tasks {
		if task.Weight > 0 {
			kinds[task.Kind] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(kinds)), ", ")
}

// trainedLanguages returns the languages in which a run's tasks of the given kinds were trained.
// The run folder records them. For older runs it takes them from the recipe or the dataset; it
// returns nil if the dataset is no longer there.
func trainedLanguages(t *stages.Trained, kinds ...string) []string {
	if t.Published != nil {
		return nil
	}
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

// setOf returns the keys of counts.
func setOf(counts map[string]int) map[string]bool {
	set := map[string]bool{}
	for name := range counts {
		set[name] = true
	}
	return set
}

// languagesOf returns the languages in the dataset's split that a task is trained on, or nil if the
// dataset cannot be read.
func languagesOf(t *stages.Trained, task *mixture.Task) []string {
	dir := task.Data
	if dir == "" {
		dir = t.Recipe.Mixture.Data
	}
	d, err := t.Recipe.Mixture.Registry.OpenData(context.Background(), dir)
	if err != nil && !filepath.IsAbs(dir) && !shards.IsURL(dir) && t.Dir != "" {
		d, err = t.Recipe.Mixture.Registry.OpenData(context.Background(), filepath.Join(t.Dir, dir))
	}
	if err != nil {
		return nil
	}
	defer d.Close()
	seen := map[string]bool{}
	split := task.Split
	if split == "" {
		split = "train"
	}
	for sample, err := range scan(d, "split", "texts.kind", "texts.language", "questions.language") {
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

// WarnUntrained warns if a run was not trained on a kind of task or on some of the languages.
func WarnUntrained(t *stages.Trained, kind string, languages []string, warn func(string)) {
	_, trained := taskOf(t, kind)
	warnUntrained(t, kind, trained, languages, warn)
}

// warnUntrained warns if trained is false or the run was not trained on some of the languages.
func warnUntrained(t *stages.Trained, kind string, trained bool, languages []string, warn func(string)) {
	if !trained {
		warn(fmt.Sprintf("the run was never trained on %s, only on %s: its output means nothing", kind, trainedKinds(t)))
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

// named returns a language for messages.
func named(language string) string {
	if language == "" {
		return "no language"
	}
	return language
}

// few joins the first n names and counts the rest.
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
