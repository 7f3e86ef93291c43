package mixture

import (
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

// family is a run of samples whose keys follow one another: five figures in three colours.
func family() (samples []shards.Sample) {
	for _, role := range []string{"artist", "cook", "judge", "pilot", "singer"} {
		for _, tone := range []string{"dark", "light", "medium"} {
			samples = append(samples, shards.Sample{
				Key:      role + "-" + tone,
				Texts:    []shards.Text{{Kind: shards.Caption, Language: "en", Value: tone + " " + role}, {Kind: shards.Caption, Language: "fr", Value: role + " " + tone + " (fr)"}},
				Boxes:    []shards.Box{{Label: role}, {Label: "hat"}},
				Metadata: map[string]string{"role": role, "tone": tone},
			})
		}
	}
	return samples
}

// TestObjectQuestionsAreTrue asks many questions of each source and checks every answer against the
// sample.
func TestObjectQuestionsAreTrue(t *testing.T) {
	samples := family()
	for _, sources := range [][]string{nil, {"texts"}, {"role", "tone"}} {
		task := &Task{Kind: "object_vqa", Prompt: "{question}", Objects: sources}
		found := labelFinder{}
		for i := range samples {
			found.see(objectsOf(task, &samples[i]), samples[i].Key, i)
		}
		all := found.inOrder()
		counts := map[string]int{}
		for i := range 3000 {
			s := &samples[i%len(samples)]
			d, _ := makeObjectVQA(&Material{Task: task, Sample: s, Labels: all, Rng: random.New(uint64(i))})
			var there []string
			for _, labels := range objectsOf(task, s) {
				there = append(there, labels...)
			}
			counts[d.Target]++
			if want := truth(d.Prompt, there); want != d.Target && d.Prompt != "List the objects present:" {
				t.Fatalf("%v: %s: %q, want %q of %v", sources, d.Prompt, d.Target, want, there)
			}
		}
		if ratio := float64(counts["yes"]) / float64(counts["yes"]+counts["no"]); ratio < 0.42 || ratio > 0.58 {
			t.Errorf("%v: %.2f of the answers to yes-or-no questions are yes", sources, ratio)
		}
	}
}

// truth answers a question from what is there.
func truth(question string, there []string) string {
	if list, ok := strings.CutPrefix(question, "Which of "); ok {
		var both []string
		for _, label := range strings.Split(strings.TrimSuffix(list, " are in the image?"), ", ") {
			if slices.Contains(there, label) {
				both = append(both, label)
			}
		}
		return strings.Join(both, ", ")
	}
	list := strings.TrimSuffix(strings.TrimPrefix(question, "Is "), " in the image?")
	for _, label := range strings.Split(list, ", ") {
		if !slices.Contains(there, label) {
			return "no"
		}
	}
	return "yes"
}

// TestObjectQuestions_AreFiveKinds asks only what the task names, and counts boxes.
func TestObjectQuestions_AreFiveKinds(t *testing.T) {
	s := shards.Sample{Boxes: []shards.Box{{Label: "cat"}, {Label: "cat"}, {Label: "dog"}}}
	all := Labels{objectBoxes: {"cat", "dog", "owl"}}
	counts := map[string]int{}
	task := &Task{Kind: "object_vqa", Prompt: "{question}", Questions: objectQuestions}
	for seed := range uint64(3000) {
		d, err := makeObjectVQA(&Material{Task: task, Sample: &s, Labels: all, Rng: random.New(seed)})
		if err != nil {
			t.Fatal(err)
		}
		label, count := strings.CutPrefix(d.Prompt, "How many ")
		switch {
		case count:
			if want := map[string]string{"cat?": "2", "dog?": "1", "owl?": "0"}[label]; d.Target != want {
				t.Fatalf("%q: %q, want %q", d.Prompt, d.Target, want)
			}
			counts["count "+d.Target]++
		case strings.HasPrefix(d.Prompt, "Is ") && strings.Contains(d.Prompt, ","):
			counts[askAll]++
		default:
			counts[strings.Fields(d.Prompt)[0]]++
		}
	}
	if counts["List"] < 520 || counts["count 0"] < 60 || counts["count 2"] < 150 || counts[askAll] < 400 || counts["Which"] < 520 {
		t.Errorf("questions %v", counts)
	}
	task.Questions, task.Objects = []string{askCount}, []string{"texts"}
	s.Texts = []shards.Text{{Kind: shards.Caption, Value: "a cat"}}
	if _, err := makeObjectVQA(&Material{Task: task, Sample: &s, Rng: random.New(1)}); err == nil || !strings.Contains(err.Error(), "none of the questions how_many") {
		t.Errorf("counting texts: %v", err)
	}
}
