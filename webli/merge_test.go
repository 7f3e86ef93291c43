package webli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/shards"
)

// curated curates samples and returns the samples that stay by key, their keys in order, the report
// and the input.
func curated(t *testing.T, config Config, samples ...shards.Sample) (map[string]shards.Sample, []string, Report, *shards.Dataset) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	report, err := Curate(t.Context(), []*shards.Dataset{dataset(t, samples...)}, out, config, Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := shards.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	byKey, keys := map[string]shards.Sample{}, []string{}
	for s, err := range d.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		byKey[s.Key], keys = s, append(keys, s.Key)
	}
	return byKey, keys, report, d
}

func in(language, value string) shards.Text {
	return shards.Text{Kind: shards.Caption, Language: language, Value: value}
}

// words lists the texts of a sample.
func words(s shards.Sample) (all []string) {
	for _, t := range s.Texts {
		all = append(all, t.Language+" "+t.Value)
	}
	return all
}

var merging = Duplicates{Exact: true, Near: NearDuplicate{3, 5}, MergeTexts: true}

// TestMergeTexts_TranslationsSurviveAsOneSample merges rows for each language of an image.
func TestMergeTexts_TranslationsSurviveAsOneSample(t *testing.T) {
	var samples []shards.Sample
	for language := range 78 {
		for n := range 2 {
			s := sample(fmt.Sprintf("%d-%d", n, language), "train", asPNG(noise(uint64(n), 64, 64)))
			s.Texts = []shards.Text{in(fmt.Sprintf("l%02d", language), fmt.Sprintf("image %d", n))}
			samples = append(samples, s)
		}
	}
	byKey, keys, report, _ := curated(t, Config{Duplicates: merging}, samples...)
	if !slices.Equal(keys, []string{"0-0", "1-0"}) || report.Merged != 2*77 {
		t.Fatalf("%v, %+v", keys, report)
	}
	for _, s := range byKey {
		if len(s.Texts) != 78 || s.Texts[77].Language != "l77" {
			t.Errorf("%s has %d texts, the last %+v", s.Key, len(s.Texts), s.Texts[len(s.Texts)-1])
		}
	}
	if len(report.Warnings) > 0 {
		t.Errorf("warnings of what was asked for: %q", report.Warnings)
	}
}

func TestMergeTexts_EachDistinctTextOnce(t *testing.T) {
	image, near := asPNG(noise(1, 64, 64)), asJPEG(noise(1, 64, 64), 70)
	with := func(key string, image []byte, texts ...shards.Text) shards.Sample {
		s := sample(key, "train", image)
		s.Texts = texts
		return s
	}
	ocr := shards.Text{Kind: shards.OCR, Language: "en", Value: "a dog"}
	byKey, _, report, d := curated(t, Config{Texts: Texts{Boilerplate: true}, Duplicates: merging},
		with("a", image, in("en", "a dog")),
		with("b", asPNG(noise(2, 64, 64)), in("en", "a cat")),
		with("c", image, in("en", "a dog"), in("de", "ein Hund"), in("en", "IMG_2041.jpg")),
		with("d", near, in("de", "ein Hund"), in("de", "a dog"), ocr, ocr),
		with("e", image))
	if got := words(byKey["a"]); !slices.Equal(got, []string{"en a dog", "de ein Hund", "de a dog", "en a dog"}) {
		t.Errorf("a has %q", got)
	}
	if got := words(byKey["b"]); !slices.Equal(got, []string{"en a cat"}) || report.Merged != 3 || report.Out != 2 {
		t.Errorf("b has %q, %+v", got, report)
	}
	details := map[string]string{}
	for r, err := range d.Rejects() {
		if err != nil {
			t.Fatal(err)
		}
		details[r.Key] = r.Detail
	}
	for key, says := range map[string]string{
		"c": "row 0; 1 texts and 0 questions moved to a of ",
		"d": "looks like a of ",
		"e": "0 texts and 0 questions moved to a of ",
	} {
		if !strings.Contains(details[key], says) {
			t.Errorf("%s: %q, want %q", key, details[key], says)
		}
	}
}

// TestMergeTexts_FollowsTheChain merges c, which equals b, which looks like a: all texts move to a.
func TestMergeTexts_FollowsTheChain(t *testing.T) {
	first, second := asJPEG(noise(1, 64, 64), 90), asPNG(noise(1, 64, 64))
	byKey, keys, _, d := curated(t, Config{Duplicates: merging},
		sample("a", "", first, "one"), sample("b", "", second, "two"), sample("c", "", second, "three"))
	if !slices.Equal(keys, []string{"a"}) || !slices.Equal(words(byKey["a"]), []string{"en one", "en two", "en three"}) {
		t.Errorf("%v, %v", keys, words(byKey["a"]))
	}
	for r := range d.Rejects() {
		if !strings.Contains(r.Detail, "moved to a of ") {
			t.Errorf("%+v does not name the sample that stays", r)
		}
	}
}

// TestMergeTexts_NeverAcrossSplits checks that texts move neither out of held-out samples nor into
// them.
func TestMergeTexts_NeverAcrossSplits(t *testing.T) {
	image := asPNG(noise(1, 64, 64))
	samples := []shards.Sample{
		sample("train-1", "train", image, "one"), sample("held-1", "held_out", image, "two"), sample("train-2", "train", image, "three"),
		sample("held-2", "held_out", image, "four"), sample("test-1", "test", image, "five"),
	}
	for _, c := range []struct {
		name   string
		config Config
		keys   []string
		texts  map[string][]string
		merged int
		warns  bool
	}{
		{"decontaminated", Config{HeldOut: []string{"held_out"}, Contamination: Contamination{Exact: true}, Duplicates: merging},
			[]string{"held-1", "held-2"}, map[string][]string{"held-1": {"en two"}, "held-2": {"en four"}}, 0, false},
		{"contaminated", Config{HeldOut: []string{"held_out"}, Duplicates: merging},
			[]string{"train-1", "held-1", "held-2"},
			map[string][]string{"train-1": {"en one", "en three"}, "held-1": {"en two"}, "held-2": {"en four"}}, 1, true},
		{"no split held out", Config{Duplicates: merging},
			[]string{"train-1"}, map[string][]string{"train-1": {"en one", "en three"}}, 1, true},
	} {
		byKey, keys, report, _ := curated(t, c.config, samples...)
		if !slices.Equal(keys, c.keys) || report.Merged != c.merged {
			t.Errorf("%s: %v stay, %+v", c.name, keys, report)
		}
		for key, want := range c.texts {
			if got := words(byKey[key]); !slices.Equal(got, want) {
				t.Errorf("%s: %s has %q, want %q", c.name, key, got, want)
			}
		}
		if got := slices.ContainsFunc(report.Warnings, func(w string) bool { return strings.Contains(w, "of another split") }); got != c.warns {
			t.Errorf("%s: warnings %q", c.name, report.Warnings)
		}
	}
}

func TestMergeTexts_QuestionsKeepAnswersAndGetUniqueIDs(t *testing.T) {
	image := asPNG(noise(1, 64, 64))
	ask := func(key, text string, answers ...string) shards.Sample {
		s := sample(key, "train", image)
		q := shards.Question{ID: "q", Text: text, Language: "en"}
		for _, a := range answers {
			q.Answers = append(q.Answers, shards.Answer{Text: a})
		}
		s.Questions = []shards.Question{q}
		return s
	}
	byKey, _, report, _ := curated(t, Config{Duplicates: merging},
		ask("a", "what colour?", "red"), ask("b", "what colour?", "red"), ask("c", "what colour?", "blue"), ask("d", "how many?", "2", "3"))
	var got []string
	for _, q := range byKey["a"].Questions {
		got = append(got, fmt.Sprint(q.ID, " ", q.Text, " ", q.Answers))
	}
	want := []string{"q what colour? [{red }]", "c:q what colour? [{blue }]", "d:q how many? [{2 } {3 }]"}
	if !slices.Equal(got, want) || report.MergedQuestions != 2 || report.Merged != 0 {
		t.Errorf("%q, %+v", got, report)
	}
}

// TestMergeTexts_LostWithASampleThatALaterRuleRemoves merges texts into a sample of low score.
func TestMergeTexts_LostWithASampleThatALaterRuleRemoves(t *testing.T) {
	image := asPNG(noise(1, 64, 64))
	low, again, best := sample("low", "", image, "one"), sample("again", "", image, "two"), sample("best", "", asPNG(noise(2, 64, 64)), "three")
	low.Scores, best.Scores = map[string]float64{"s": 1}, map[string]float64{"s": 2}
	_, keys, report, _ := curated(t, Config{Duplicates: merging, Top: TopFraction{"s", 0.5}}, low, again, best)
	if !slices.Equal(keys, []string{"best"}) || report.Merged != 0 {
		t.Errorf("%v, %+v", keys, report)
	}
}

func TestImages_MaxSamplesRemovesAllThatShareAnImage(t *testing.T) {
	one, two, three := asPNG(noise(1, 64, 64)), asPNG(noise(2, 64, 64)), asPNG(noise(3, 64, 64))
	_, keys, report, _ := curated(t, Config{HeldOut: []string{"test"}, Images: Images{MaxSamples: 2}},
		sample("a", "train", one), sample("b", "train", two), sample("c", "train", one), sample("d", "train", one),
		sample("e", "test", one), sample("f", "train", three), sample("g", "train", three), sample("h", "train", nil, "text"), sample("i", "train", nil, "text"),
		sample("j", "train", nil, "text"))
	if !slices.Equal(keys, []string{"b", "e", "f", "g", "h", "i", "j"}) || report.Rules[2] != (Removal{"image_frequent", 3}) {
		t.Errorf("%v stay, %+v", keys, report)
	}
}

func TestCurate_WarnsOfRulesThatRemoveMost(t *testing.T) {
	image := asPNG(noise(1, 64, 64))
	var samples []shards.Sample
	for i := range 5 {
		samples = append(samples, sample(fmt.Sprint(i), "", image, "IMG_1.jpg"))
	}
	samples = append(samples, sample("5", "", asPNG(noise(2, 64, 64)), "x"), sample("6", "", asPNG(noise(3, 64, 64)), "y"))
	for _, c := range []struct {
		name   string
		config Config
		want   []string
	}{
		{"duplicates", Config{Duplicates: Duplicates{Exact: true}}, []string{"duplicate removed 57% of the samples, for example 1 (the same as 0 of "}},
		{"merged", Config{Duplicates: merging}, nil},
		{"near duplicates", Config{Duplicates: Duplicates{Near: NearDuplicate{3, 5}, MergeTexts: true}}, []string{"near_duplicate removed 57% of"}},
		{"texts", Config{Texts: Texts{Boilerplate: true}}, []string{"text_boilerplate removed 71% of the samples, for example 0 (\"IMG_1.jpg\"); loosen texts.boilerplate"}},
		{"all", Config{Images: Images{MinSide: 100}}, []string{"min_side removed 100% of", "no sample is left"}},
		{"half is no warning", Config{Images: Images{MaxSamples: 5}}, nil},
	} {
		_, _, report, _ := curated(t, c.config, samples...)
		if len(report.Warnings) != len(c.want) {
			t.Errorf("%s: warnings %q", c.name, report.Warnings)
			continue
		}
		for i, want := range c.want {
			if !strings.HasPrefix(report.Warnings[i], want) {
				t.Errorf("%s: %q, want %q", c.name, report.Warnings[i], want)
			}
		}
	}
}
