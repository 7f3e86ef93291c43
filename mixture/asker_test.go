package mixture

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pali3/pali3/shards"
)

// shelf is a row of samples with boxes, texts and questions.
func shelf(prefix string, n int) (samples []shards.Sample) {
	for i := range n {
		key := fmt.Sprintf("%s%d", prefix, i)
		samples = append(samples, shards.Sample{
			Key: key, Images: make([]shards.Image, 1+i%3),
			Boxes:     []shards.Box{{Label: "cup", Y1: .5, X1: .5}, {Label: "cup", Y0: .5, Y1: 1, X1: .5}, {Label: "plate " + key, Y1: 1, X0: .5, X1: 1}},
			Texts:     []shards.Text{{Kind: shards.Caption, Language: "en", Value: "picture " + key}, {Kind: shards.Caption, Language: "fr", Value: "image " + key}},
			Questions: []shards.Question{{ID: key + "?", Language: "en", Text: "which " + key + "?", Answers: []shards.Answer{{Text: "answer " + key}}}},
		})
	}
	return samples
}

func asks(t *testing.T, task Task, split []shards.Sample, o AskOptions) (all []Ask) {
	t.Helper()
	a, err := Builtin().NewAsker(task, split, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range split {
		some, err := a.Asks(i)
		if err != nil {
			t.Fatal(err)
		}
		again, err := a.Asks(i)
		if diff := cmp.Diff(some, again); diff != "" || err != nil {
			t.Fatalf("asked twice: %v %s", err, diff)
		}
		all = append(all, some...)
	}
	return all
}

func TestAsker_DrawsQuestionsAboutObjects(t *testing.T) {
	split := shelf("s", 40)
	kinds, answers, ids := map[string]int{}, map[string]int{}, map[string]bool{}
	for _, a := range asks(t, Task{Kind: "object_vqa", Questions: objectQuestions}, split, AskOptions{}) {
		kinds[a.Kind]++
		if a.Prompt != QuestionPrompt(a.Question) || a.Language != "en" || len(a.Truths) != 1 || ids[a.ID] {
			t.Fatalf("%+v", a)
		}
		ids[a.ID] = true
		if a.Kind == askIs {
			answers[a.Truths[0]]++
		}
		if key := strings.Split(a.ID, "/")[0]; a.Kind == askList && a.Truths[0] != "cup, plate "+key || a.Question == "How many cup?" && a.Truths[0] != "2" {
			t.Errorf("%+v", a)
		}
	}
	for _, kind := range objectQuestions {
		if kinds[kind] < 5 {
			t.Errorf("%d questions %s", kinds[kind], kind)
		}
	}
	if answers["yes"] < 8 || answers["no"] < 8 {
		t.Errorf("answers %v", answers)
	}
	// What is asked of a sample's labels does not depend on the samples before it.
	if all, few := asks(t, Task{Kind: "object_vqa", Questions: []string{askList}}, split, AskOptions{}), asks(t, Task{Kind: "object_vqa", Questions: []string{askList}}, split[3:4], AskOptions{}); !slices.ContainsFunc(all, func(a Ask) bool { return a.ID == few[0].ID && a.Prompt == few[0].Prompt }) {
		t.Error("another question in a smaller split")
	}
}

func TestAsker_DrawsTextsToMatch(t *testing.T) {
	truths := map[string]int{}
	for _, a := range asks(t, Task{Kind: "match", Languages: []string{"fr"}}, shelf("s", 30), AskOptions{}) {
		key := strings.Split(a.ID, "/")[0]
		if want := yesNo(a.Question == "image "+key); a.Truths[0] != want || a.Language != "fr" || !strings.Contains(a.Prompt, a.Question+" <extra_id_0>") {
			t.Errorf("%+v, want %s", a, want)
		}
		truths[a.Truths[0]]++
	}
	if truths["yes"] < 20 || truths["no"] < 20 {
		t.Errorf("truths %v", truths)
	}
}

func TestAsker_PutsShotsBeforeQuestions(t *testing.T) {
	split, solved := shelf("s", 5), shelf("t", 9)
	solved = append(solved, split[2]) // as where a split is asked with shots of its own
	all := asks(t, Task{Kind: "vqa", Shots: 3}, split, AskOptions{Solved: solved})
	other := false
	for i, a := range all {
		lines := strings.Split(a.Prompt, "\n")
		if len(lines) != 4 || len(a.Shots) != 3 || lines[3] != QuestionPrompt("which "+split[i].Key+"?") {
			t.Fatalf("%q with shots %v", a.Prompt, a.Shots)
		}
		for n, at := range a.Shots {
			key := solved[at].Key
			if lines[n] != "Answer in EN: which "+key+"? answer "+key || key == split[i].Key {
				t.Errorf("shot %d of %s is %q", n, split[i].Key, lines[n])
			}
		}
		other = other || !slices.Equal(a.Shots, all[0].Shots)
	}
	if !other {
		t.Error("all questions have the same shots")
	}
	v, err := recipe(t).OpenVocabulary()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range asks(t, Task{Kind: "vqa", Shots: 3}, split, AskOptions{Solved: solved, Vocabulary: v, Encoder: 60}) {
		if n := len(v.Encode(a.Prompt)); n+v.FrameSize() > 60 || len(a.Shots) == 3 || strings.Count(a.Prompt, "\n") != len(a.Shots) {
			t.Errorf("%d ids with shots %v", n, a.Shots)
		}
	}
	if _, err := Builtin().NewAsker(Task{Kind: "vqa", Shots: 3}, split, AskOptions{}); err == nil || !strings.Contains(err.Error(), "shots: 3, and none of 0 samples") {
		t.Errorf("without solved samples: %v", err)
	}
	if _, err := Builtin().NewAsker(Task{Kind: "denoise"}, split, AskOptions{}); err == nil {
		t.Error("denoise is asked")
	}
}

func TestAsker_MatchesInShotsFromVersion3On(t *testing.T) {
	split, solved := shelf("s", 40), shelf("t", 9)
	for version, no := range map[int]bool{1: false, 2: false, 3: true} {
		task, o := Task{Kind: "match", Shots: 3, Languages: []string{"en"}}, AskOptions{Solved: solved, StreamVersion: version}
		counts := map[string]int{}
		for _, a := range asks(t, task, split, o) {
			matchAnswers(t, a.Prompt, func(shot int) []string { return []string{solved[a.Shots[shot]].Texts[0].Value} }, counts)
		}
		if n := counts["no"]; counts["yes"] == 0 || no != (n > 0) || no && (n < counts["yes"]/2 || n > counts["yes"]*2) {
			t.Errorf("version %d: answers of shots %v", version, counts)
		}
	}
}

func TestAsker_ChoosesImages(t *testing.T) {
	split := shelf("s", 3)
	for _, c := range []struct {
		frames Frames
		shots  int
		images int
		want   []int // of the sample with three images
	}{
		{FramesFirst, 0, 2, nil}, {FramesEven, 0, 0, nil}, {FramesEven, 0, 2, []int{0, 1}}, {FramesEven, 0, 3, nil}, {FramesEven, 1, 3, []int{0, 1}},
	} {
		all := asks(t, Task{Kind: "caption", Frames: c.frames, Shots: c.shots, Languages: []string{"en"}}, split, AskOptions{Images: c.images, Solved: shelf("t", 3)})
		if got := all[2].Images; !slices.Equal(got, c.want) || all[0].Images != nil {
			t.Errorf("%+v: images %v", c, got)
		}
	}
}
