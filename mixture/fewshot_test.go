package mixture

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

var episodes = []string{
	"tasks.0.shots=3", "tasks.0.languages=[en]", "images.per_example=4", "lengths.encoder=160",
	"tasks.1.weight=0", "tasks.2.weight=0", "tasks.3.weight=0", "tasks.4.weight=0", "tasks.5.weight=0",
}

func TestShots_ComeBeforeTheExample(t *testing.T) {
	r := recipe(t, episodes...)
	s := open(t, r, Options{Workers: 3})
	b, again := batch(t, s, 2), batch(t, open(t, r, Options{}), 2)
	if b.Digest() != again.Digest() {
		t.Error("the number of workers changes shots")
	}
	for row, e := range s.Describe(b) {
		if strings.Count(e.Prompt, "Generate the alt_text in en at 0: picture number") != 3 || !strings.HasSuffix(e.Prompt, "at 0: <extra_id_0>") {
			t.Fatalf("prompt %q", e.Prompt)
		}
		seen := map[int]bool{}
		for i := range 4 {
			from, place := b.ImageAt(row*4 + i)
			sample, err := s.Dataset(b.Origins[row]).Row(from)
			if err != nil || place != 0 || b.ImageMask[row*4+i] != 1 || seen[from] || (i == 3) != (from == b.Indices[row]) {
				t.Fatalf("row %d image %d: from row %d of the dataset, %v", row, i, from, err)
			}
			seen[from] = true
			if i < 3 && !strings.Contains(e.Prompt, sample.Texts[0].Value) {
				t.Errorf("the text of the shot %s is not in %q", sample.Key, e.Prompt)
			}
			want, _, err := s.pixels.pixels(imageID{"other", from, 0, 0}, sample.Images[0].Bytes, nil, random.New(1))
			if err != nil || !slices.Equal(b.Image(row*4+i).Pix, want.Pix) {
				t.Errorf("row %d image %d is not that of %s: %v", row, i, sample.Key, err)
			}
		}
	}
}

func TestShots_AreFewerWhereThereIsNoRoomOrSample(t *testing.T) {
	s := open(t, recipe(t, append(slices.Clone(episodes), "lengths.encoder=100")...), Options{})
	for _, e := range s.Describe(batch(t, s, 0)) {
		if n := strings.Count(e.Prompt, "picture"); n < 1 || n > 2 || e.Truncated > 0 {
			t.Errorf("%q has %d shots", e.Prompt, n)
		}
	}
	left := s.LeftOut()
	if len(left) != 1 || left[0].What != "shots that do not fit lengths.encoder" || left[0].Examples != 12 || left[0].Count < 12 {
		t.Errorf("left out %+v", left)
	}
	s = open(t, recipe(t, append(slices.Clone(episodes), "tasks.0.split=held_out", "tasks.0.shots=9", "images.per_example=10", "lengths.encoder=400")...), Options{})
	batch(t, s, 0)
	if left = s.LeftOut(); len(left) != 1 || left[0].What != "shots, as the task has no other samples" || left[0].Count != 5*12 {
		t.Errorf("left out %+v of a task with five samples", left)
	}
}

func TestProblems_NameKeysOfKinds(t *testing.T) {
	for set, want := range map[string]string{
		"tasks.0.shots=2":                         "shots: 2, each with an image, and the example's own need images.per_example of 3 or more, which is 1",
		"tasks.0.shots=65":                        "legal are 0 to 64",
		"tasks.5.shots=1":                         "kind denoise has no prompt with an answer",
		"tasks.0.frames=last":                     `"last"; legal are first, even and random`,
		"tasks.5.min_images=2":                    "kind denoise has no images",
		"tasks.0.fit=squeeze":                     `"squeeze"; legal are truncate and leave_out`,
		"tasks.0.reading=columns":                 `"columns"; legal are stored and raster`,
		"tasks.4.questions=[where]":               `"where"; those of kind object_vqa are list, is, all, which, how_many`,
		"tasks.0.language_prompts={de: '{what}'}": "language_prompts: de: prompt: {what} is not filled; this kind fills {lang}",
		"prompts=flamingo":                        `"flamingo"; legal are pali and paligemma`,
		"tasks.5.denoisers=bert":                  "want ul2, ul2-paper, ul2r, t5 or prefix_lm",
	} {
		text := strings.NewReplacer("DATA", "d", "MODEL", model).Replace(recipeYAML)
		if _, err := ParseRecipe([]byte(text), "test.yaml", nil, set); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", set, err, want)
		}
	}
}

func TestFrames_Choose(t *testing.T) {
	for _, c := range []struct {
		frames  Frames
		n, room int
		want    []int
	}{
		{"", 5, 2, []int{0, 1}}, {FramesFirst, 1, 4, []int{0}}, {FramesEven, 16, 4, []int{0, 4, 8, 12}},
		{FramesEven, 5, 3, []int{0, 1, 3}}, {FramesEven, 2, 4, []int{0, 1}}, {FramesRandom, 3, 3, []int{0, 1, 2}},
	} {
		if got := c.frames.choose(c.n, c.room, nil); !slices.Equal(got, c.want) {
			t.Errorf("%s %d of %d: %v, want %v", c.frames, c.room, c.n, got, c.want)
		}
	}
	counts := make([]int, 6)
	for seed := range uint64(3000) {
		got := FramesRandom.choose(6, 2, random.New(seed))
		if len(got) != 2 || got[0] >= got[1] {
			t.Fatal(got)
		}
		counts[got[0]]++
		counts[got[1]]++
	}
	if slices.Min(counts) < 900 || slices.Max(counts) > 1100 {
		t.Errorf("taken %v", counts)
	}
}

// matchEpisodes are assignments for a task that asks which text is an image's, after three solved
// examples.
var matchEpisodes = append(slices.Clone(episodes), "tasks.0.kind=match", "lengths.encoder=400")

// matchAnswers counts the answers of the shots in prompts of matchEpisodes, and checks each against
// the texts of the shot's sample, which texts returns.
func matchAnswers(t *testing.T, prompt string, texts func(shot int) []string, counts map[string]int) {
	t.Helper()
	lines := strings.Split(prompt, "Answer in EN: Does this text describe the image? ")[1:]
	for n, line := range lines[:len(lines)-1] {
		line = strings.TrimSpace(line)
		at := strings.LastIndex(line, " ")
		text, answer := line[:at], line[at+1:]
		if want := yesNo(slices.Contains(texts(n), text)); answer != want {
			t.Errorf("shot %q says %s, want %s", line, answer, want)
		}
		counts[answer]++
	}
}

func TestShots_OfMatchSayNoFromVersion3On(t *testing.T) {
	for version, no := range map[int]bool{1: false, 2: false, 3: true} {
		counts := map[string]int{}
		for _, workers := range []int{1, 4} {
			s := open(t, recipe(t, matchEpisodes...), Options{Workers: workers, NoPixels: true})
			s.recipe.StreamVersion = version // of the shots alone
			for step := range 12 {
				b := batch(t, s, step)
				for row, e := range s.Describe(b) {
					matchAnswers(t, e.Prompt, func(shot int) (texts []string) {
						from, _ := b.ImageAt(row*4 + shot)
						sample, err := s.Dataset(b.Origins[row]).Row(from)
						if err != nil {
							t.Fatal(err)
						}
						for _, text := range sample.Texts {
							texts = append(texts, text.Value)
						}
						return texts
					}, counts)
				}
			}
		}
		if n := counts["no"]; counts["yes"] == 0 || no != (n > 0) || no && (n < counts["yes"]*3/5 || n > counts["yes"]*5/3) {
			t.Errorf("version %d: answers of shots %v", version, counts)
		}
	}
}

// TestShots_LeaveTheExampleAsItIs compares drafts with shots that draw further samples and without:
// what is asked at last is drawn before the shots are.
func TestShots_LeaveTheExampleAsItIs(t *testing.T) {
	s := open(t, recipe(t, matchEpisodes...), Options{NoPixels: true})
	for at := range 50 {
		last := map[int]string{}
		for _, version := range []int{2, 3} {
			s.recipe.StreamVersion = version
			d, err := s.tasks[0].draw(s.recipe.Seed, at, 0)
			if err != nil {
				t.Fatal(err)
			}
			draft, err := s.draft(s.tasks[0], &d)
			if err != nil {
				t.Fatal(err)
			}
			last[version] = draft.Prompt[strings.LastIndex(draft.Prompt, "\n"):] + draft.Target
		}
		if last[2] != last[3] {
			t.Errorf("example %d: %q, with shots that draw %q", at, last[2], last[3])
		}
	}
}

func TestShots_ReportAFileThatFails(t *testing.T) {
	s := open(t, recipe(t, matchEpisodes...), Options{NoPixels: true})
	kind, _ := s.recipe.Registry.Kind("match")
	solved := shelf("t", 9)
	reads := 0
	m := &Material{Task: s.tasks[0].Task, Sample: &solved[0], Rng: random.New(1), shotsDraw: true, others: others{
		rows: 9, taken: []int{0}, read: func(at int) (shards.Sample, int, error) {
			if reads++; reads > 3 {
				return shards.Sample{}, 0, fmt.Errorf("part 7: %w", shards.ErrUnread)
			}
			return solved[at], at, nil
		},
	}}
	if err := m.addShots(kind, &Draft{Prompt: "?"}); !errors.Is(err, shards.ErrUnread) {
		t.Errorf("error %v", err)
	}
}
