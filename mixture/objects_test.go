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
			d, _ := makeObjectVQA(task, s, all, random.New(uint64(i)))
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
