package metrics

import (
	"encoding/json"
	"testing"
)

// same counts the cases on which a rule and its reference agree.
type same struct {
	t        *testing.T
	n, wrong int
}

func (s *same) check(got, want any, format string, args ...any) {
	s.t.Helper()
	s.n++
	if got != want {
		if s.wrong++; s.wrong <= 20 {
			s.t.Errorf("got %#v, want %#v: "+format, append([]any{got, want}, args...)...)
		}
	}
}

func TestChoices_AsTheReferences(t *testing.T) {
	var rows []map[string]json.RawMessage
	answersGolden(t, "choice.json", &rows)
	rules := map[string]func(string, []string) Extraction{
		"mmmu": MMMUChoice, "lmms_mmmu": LMMsEvalMMMUChoice, "lmms": LMMsEvalChoice, "vlmevalkit": VLMEvalKitChoice,
		"scienceqa": ScienceQAChoice, "llava": LLaVAChoice, "lmms_scienceqa": LMMsEvalScienceQAChoice,
		"big_vision_scienceqa": BigVisionScienceQAChoice, "mmstar": MMStarChoice, "lmms_ai2d": LMMsEvalAI2DChoice,
	}
	for name, read := range rules {
		s := same{t: t}
		parsedN := 0
		for _, row := range rows {
			var response, want string
			var choices []string
			unmarshal(t, row["response"], &response)
			unmarshal(t, row["choices"], &choices)
			unmarshal(t, row[name], &want)
			got := read(response, choices)
			if got.Parsed != (got.Answer != "") || got.Parsed == (got.Reason != "") {
				t.Errorf("%s of %q: %+v", name, response, got)
			}
			if got.Parsed {
				parsedN++
			}
			if name == "big_vision_scienceqa" && LetterOf(want, choices) == "" {
				want = "" // the reference reads letters of choices that there are not
			}
			s.check(got.Answer, want, "%s of %q, choices %q", name, response, choices)
		}
		t.Logf("%s: %d cases, %d parsed, %d differ", name, s.n, parsedN, s.wrong)
	}
}

func unmarshal(t *testing.T, data []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

func TestYesNo_AsTheReferences(t *testing.T) {
	var rows []map[string]string
	answersGolden(t, "yesno.json", &rows)
	for name, read := range map[string]func(string) Extraction{
		"pope": POPEYesNo, "lmms": LMMsEvalYesNo, "vlmevalkit": VLMEvalKitYesNo, "mme": MMEYesNo, "lmms_mme": LMMsEvalMMEYesNo,
	} {
		s := same{t: t}
		for _, row := range rows {
			s.check(read(row["response"]).Answer, row[name], "%s of %q", name, row["response"])
		}
		t.Logf("%s: %d cases, %d differ", name, s.n, s.wrong)
	}
}

func TestMMMUOpen_AsTheOwners(t *testing.T) {
	var rows []struct {
		Response string
		Answers  []string
		Right    bool
	}
	answersGolden(t, "mmmu_open.json", &rows)
	s := same{t: t}
	for _, row := range rows {
		s.check(MMMUOpen(row.Response, row.Answers), row.Right, "%q against %q", row.Response, row.Answers)
	}
	t.Logf("%d cases, %d differ", s.n, s.wrong)
}

func TestShortAnswers_AsTheReferences(t *testing.T) {
	var rows []struct {
		Prediction      string
		Answers         []string
		OCRBench        bool
		Formula         bool
		LMMsOCRBench    bool   `json:"lmms_ocrbench"`
		LMMsSame        bool   `json:"lmms_same"`
		VLMEvalKitSame  bool   `json:"vlmevalkit_same"`
		Tally           bool   `json:"tally"`
		VLMEvalKitCount string `json:"vlmevalkit_count"`
		RealWorld       struct {
			Response, Answer string
			Right            bool
		}
	}
	answersGolden(t, "short.json", &rows)
	s := same{t: t}
	for _, row := range rows {
		p, a := row.Prediction, row.Answers
		s.check(OCRBenchCorrect(p, a), row.OCRBench, "OCRBench, %q against %q", p, a)
		s.check(OCRBenchFormulaCorrect(p, a), row.Formula, "OCRBench's formulas, %q against %q", p, a)
		s.check(LMMsEvalOCRBenchCorrect(p, a), row.LMMsOCRBench, "OCRBench in lmms-eval, %q against %q", p, a)
		s.check(LMMsEvalSameText(p, a), row.LMMsSame, "same text in lmms-eval, %q against %q", p, a)
		s.check(VLMEvalKitSameText(p, a), row.VLMEvalKitSame, "same text in VLMEvalKit, %q against %q", p, a)
		s.check(TallyQACorrect(p, a[0]), row.Tally, "TallyQA, %q against %q", p, a[0])
		s.check(VLMEvalKitCount(p).Answer, row.VLMEvalKitCount, "count in VLMEvalKit, %q", p)
		right, _ := RealWorldQACorrect(row.RealWorld.Response, row.RealWorld.Answer)
		s.check(right, row.RealWorld.Right, "RealWorldQA, %q against %q", row.RealWorld.Response, row.RealWorld.Answer)
	}
	t.Logf("%d cases of 8 rules, %d differ", len(rows), s.wrong)
}

func TestMME_AsTheOwners(t *testing.T) {
	var rows []struct {
		Answers               []struct{ Category, Image, Truth, Response string }
		Perception, Cognition float64
		Scores                map[string]float64
	}
	answersGolden(t, "mme.json", &rows)
	c := closeness{t: t, tolerance: 1e-9}
	for _, row := range rows {
		var answers []MMEAnswer
		for _, a := range row.Answers {
			answers = append(answers, MMEAnswer{a.Category, a.Image, MMEYesNo(a.Response).Answer == a.Truth})
		}
		scores, err := MME(answers)
		if err != nil {
			t.Fatal(err)
		}
		for category, want := range row.Scores {
			c.check(scores[category].Score(), want, "%s", category)
		}
		total := func(categories []string) (sum float64) {
			for _, category := range categories {
				sum += scores[category].Score()
			}
			return sum
		}
		c.check(total(MMEPerception()), row.Perception, "perception")
		c.check(total(MMECognition()), row.Cognition, "cognition")
	}
	c.done("MME")
}

func TestBinaryCounts_AsPOPE(t *testing.T) {
	var rows []struct {
		Truths, Responses                          []string
		Accuracy, Precision, Recall, F1, Yes_Ratio float64
	}
	answersGolden(t, "pope.json", &rows)
	c := closeness{t: t, tolerance: 1e-12}
	for _, row := range rows {
		var counts BinaryCounts
		for i, truth := range row.Truths {
			counts.Add(truth == "yes", POPEYesNo(row.Responses[i]).Answer == "yes")
		}
		c.check(counts.Accuracy(), row.Accuracy, "accuracy")
		c.check(counts.Precision(), row.Precision, "precision")
		c.check(counts.Recall(), row.Recall, "recall")
		c.check(counts.F1(), row.F1, "F1")
		c.check(counts.YesRatio(), row.Yes_Ratio, "yes ratio")
	}
	c.done("POPE")
}

func TestGQA_AsTheOwners(t *testing.T) {
	var rows []struct {
		Questions   map[string]GQAQuestion
		Predictions map[string]string
		Choices     map[string]GQAChoices
		Scores      struct {
			Accuracy, Binary, Open, Consistency, Validity, Plausibility, Distribution float64
			AccuracyPerStructuralType, AccuracyPerSemanticType                        map[string][2]float64
			AccuracyPerSteps, AccuracyPerLength                                       map[int][2]float64
		}
	}
	answersGolden(t, "gqa.json", &rows)
	c := closeness{t: t, tolerance: 1e-11}
	for _, row := range rows {
		got, err := GQA(row.Questions, row.Predictions, GQAOptions{Choices: row.Choices, Consistency: true})
		if err != nil {
			t.Fatal(err)
		}
		want := row.Scores
		c.check(100*got.Accuracy.Value, want.Accuracy, "accuracy")
		c.check(100*got.Binary.Value, want.Binary, "binary")
		c.check(100*got.Open.Value, want.Open, "open")
		c.check(100*got.Consistency.Value, want.Consistency, "consistency")
		c.check(100*got.Validity.Value, want.Validity, "validity")
		c.check(100*got.Plausibility.Value, want.Plausibility, "plausibility")
		c.check(got.Distribution, want.Distribution, "distribution")
		checkShares(&c, "structure", got.ByStructure, want.AccuracyPerStructuralType)
		checkShares(&c, "semantics", got.BySemantics, want.AccuracyPerSemanticType)
		checkShares(&c, "steps", got.BySteps, want.AccuracyPerSteps)
		checkShares(&c, "words", got.ByWords, want.AccuracyPerLength)
	}
	c.done("GQA")
}

func checkShares[K comparable](c *closeness, name string, got map[K]Share, want map[K][2]float64) {
	c.t.Helper()
	if len(got) != len(want) {
		c.t.Errorf("%s: %d groups, want %d", name, len(got), len(want))
	}
	for key, w := range want {
		c.check(100*got[key].Value, w[0], "%s %v", name, key)
		c.check(float64(got[key].N), w[1], "questions of %s %v", name, key)
	}
}
