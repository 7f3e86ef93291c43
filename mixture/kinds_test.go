package mixture

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

// richSample has something for every kind.
func richSample(i int) shards.Sample {
	labels := []string{"cat", "dog", "owl", "tree", "red car"}
	s := shards.Sample{
		Key: fmt.Sprintf("rich%02d", i), Split: "train",
		Texts: []shards.Text{
			{Kind: shards.Caption, Language: "en", Value: fmt.Sprintf("a photo of thing %d on a table", i)},
			{Kind: shards.Alt, Language: "zh", Value: "桌上的一张图片"},
			{Kind: shards.OCR, Language: "en", Value: fmt.Sprintf("exit %d", i)},
			{Kind: shards.OCR, Language: "en", Value: "no smoking"},
		},
		Questions: []shards.Question{
			{ID: fmt.Sprint("q", i), Text: "Was ist das?", Language: "de", Answers: []shards.Answer{{Text: "a thing"}, {Text: "an object"}}},
			{Text: "how many?", Language: "en", Answers: []shards.Answer{{Text: fmt.Sprint(i)}}},
		},
		Metadata: map[string]string{"tone": []string{"dark", "light"}[i%2]},
	}
	for j := range 1 + i%4 {
		y, x := float32(j)/8, float32((i+j)%5)/10
		s.Boxes = append(s.Boxes, shards.Box{Label: labels[(i+2*j)%5], Y0: y, X0: x, Y1: y + .25, X1: x + .5})
	}
	codes := make([][]int32, len(s.Boxes))
	for j := range codes {
		codes[j] = slices.Repeat([]int32{int32(i + j)}, 16)
	}
	if err := SetMaskCodes(&s, codes); err != nil {
		panic(err)
	}
	return s
}

// oldTasks are tasks of the kinds that version 1 of the stream has, each with the digest of the
// drafts that it has always made.
var oldTasks = []struct {
	task   Task
	digest string
}{
	{Task{Kind: "contrastive"}, "a132a5fdeae05e31"},
	{Task{Kind: "contrastive", Texts: []string{"answers"}, Prompt: "a photo: {text}"}, "4a62d51157b5b80b"},
	{Task{Kind: "caption"}, "12071e3798546083"},
	{Task{Kind: "split_cap"}, "f0c98d95110d6fff"},
	{Task{Kind: "ocr"}, "4c4448c5588682d2"},
	{Task{Kind: "vqa"}, "900a12920ae8ebd1"},
	{Task{Kind: "vqg"}, "84ffe0a762ca5601"},
	{Task{Kind: "object_vqa"}, "6188198492bb5b16"},
	{Task{Kind: "object_vqa", Objects: []string{"texts"}}, "16ebd5f4ee380b4b"},
	{Task{Kind: "object_vqa", Objects: []string{"boxes", "tone"}}, "4ad3aa8560485190"},
	{Task{Kind: "detect"}, "613b7f650a9d716b"},
	{Task{Kind: "detect", Boxes: BoxIntegers}, "d588dcb00269ea1e"},
	{Task{Kind: "segment"}, "2e5a41e040ee588e"},
	{Task{Kind: "denoise"}, "cbf1f172f57de830"},
}

// TestMake_DraftsAreThoseOfVersionOne guards runs that resume.
func TestMake_DraftsAreThoseOfVersionOne(t *testing.T) {
	for _, old := range oldTasks {
		task := old.task
		k, _ := (*Registry)(nil).Kind(task.Kind)
		task.fillPrompt(k, "")
		found := labelFinder{}
		if k.Labels != nil {
			for i := range 20 {
				s := richSample(i)
				found.see(k.Labels(&task, &s), s.Key, i)
			}
		}
		h := sha256.New()
		for i := range 400 {
			s := richSample(i % 20)
			d, err := k.Make(&Material{Task: &task, Sample: &s, Labels: found.inOrder(), Rng: random.New(uint64(i))})
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(h, "%q %q %q %q\n", d.Prompt, d.Target, d.Texts, d.Document)
			for _, a := range (*Registry)(nil).Asks(task, &s) {
				fmt.Fprintf(h, "%q %q %q %q\n", a.ID, a.Language, a.Prompt, a.Truths)
			}
		}
		if got := fmt.Sprintf("%x", h.Sum(nil)[:8]); got != old.digest {
			t.Errorf("%s %v %v %v: drafts %s, were %s", task.Kind, task.Texts, task.Objects, task.Boxes, got, old.digest)
		}
	}
}

func TestKind_NeedsAsksAlone(t *testing.T) {
	own := Kind{
		Name: "own", Prompt: "{question}", Image: true, Target: true,
		Asks: func(_ *Task, s *shards.Sample) (all []Ask) {
			for _, b := range s.Boxes {
				all = append(all, Ask{Language: "en", Prompt: "what?", Truths: []string{b.Label, "thing"}})
			}
			return all
		},
	}
	k, _ := (&Registry{Kinds: Kinds{own}}).Kind("own")
	s := richSample(3)
	d, err := k.Make(&Material{Task: &Task{Kind: "own"}, Sample: &s, Rng: random.New(4)})
	if err != nil || d.Prompt != "what?" || d.Target == "" || !k.Usable(nil, &s) || k.Usable(nil, &shards.Sample{}) {
		t.Errorf("%+v, %v", d, err)
	}
	if got := k.languages(nil, &s); len(got) != 4 || got[0] != "en" {
		t.Errorf("languages %q", got)
	}
}

func TestRegionCaption_AsksForLabels(t *testing.T) {
	s := shards.Sample{Key: "k", Boxes: []shards.Box{
		{Label: "cat", Y0: 0, X0: .5, Y1: .5, X1: 1}, {Label: "pet", Y0: 0, X0: .5, Y1: .5, X1: 1},
		{Label: "dog", Y0: .5, X0: 0, Y1: 1, X1: 1}, {Label: "far", Image: 1, Y1: 1, X1: 1},
	}}
	for form, want := range map[BoxForm]string{"": "caption <loc0000><loc0512><loc0512><loc1023>", BoxIntegers: "caption 0 500 500 999"} {
		task := &Task{Kind: "region_caption", Prompt: regionPrompt, Boxes: form}
		asks := askForLabels(task, &s)
		if len(asks) != 2 || asks[0].Prompt != want || fmt.Sprint(asks[0].Truths) != "[cat pet]" || asks[1].ID != "k/box2" {
			t.Errorf("%s: %+v", form, asks)
		}
		seen := map[string]bool{}
		for seed := range uint64(50) {
			d, err := makeRegionCaption(&Material{Task: task, Sample: &s, Rng: random.New(seed)})
			if err != nil {
				t.Fatal(err)
			}
			seen[d.Target] = true
		}
		if len(seen) != 3 {
			t.Errorf("%s: targets %v", form, seen)
		}
	}
}

func TestTextReplay_HasDocumentsAndQuestions(t *testing.T) {
	s, counts := richSample(2), map[string]int{}
	task := &Task{Kind: "text_replay", Prompt: vqaPrompt}
	for seed := range uint64(400) {
		d, err := makeReplay(&Material{Task: task, Sample: &s, Rng: random.New(seed)})
		if err != nil || (d.Document == "") == (d.Prompt == "") {
			t.Fatalf("%+v, %v", d, err)
		}
		counts[d.Document+d.Prompt]++
	}
	if len(counts) != 4 { // two texts, as those that are read in images are left out, and two questions
		t.Errorf("examples %v", counts)
	}
}

func TestPrompts_FollowTheSetAndTheLanguage(t *testing.T) {
	text := strings.NewReplacer("DATA", "d", "MODEL", model).Replace(recipeYAML)
	r, err := ParseRecipe([]byte(text), "test.yaml", nil, "prompts=paligemma", `tasks.2.prompt="mine: {question}"`, "tasks.0.language_prompts={de: 'Beschreibe das Bild'}")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"caption {lang}", splitCapPrompt, "mine: {question}", "question {lang} {answer}", "answer en {question}"} {
		if got := r.Tasks[i].Prompt; got != want {
			t.Errorf("%s: %q, want %q", r.Tasks[i].Kind, got, want)
		}
	}
	if en, de := r.Tasks[0].FillIn("en"), r.Tasks[0].FillIn("de"); en != "caption en" || de != "Beschreibe das Bild" {
		t.Errorf("%q and %q", en, de)
	}
	for _, set := range PromptSets() {
		for _, p := range set.Prompts {
			k, known := (*Registry)(nil).Kind(p.Kind)
			if err := checkPrompt(p.Template, k); !known || err != nil || p.Source == "" && p.Confidence != Ours {
				t.Errorf("%s: %+v: %v", set.Name, p, err)
			}
		}
	}
	for _, k := range BuiltinKinds() { // PaLI's set is what the kinds have
		if got := promptOf(k, ""); got != k.Prompt || k.About == "" {
			t.Errorf("%s: %q in the set, %q in the table", k.Name, got, k.Prompt)
		}
	}
}
