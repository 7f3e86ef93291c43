package metrics

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// answersGolden reads a file that parity/answers_goldens.py made: the committed one, or a larger
// one in the folder that ANSWERS_GOLDENS names.
func answersGolden(t testing.TB, name string, into any) {
	t.Helper()
	folder := "testdata/answers"
	if other := os.Getenv("ANSWERS_GOLDENS"); other != "" {
		folder = other
	}
	data, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("reading %s: %v", name, err)
	}
}

// closeness collects the largest difference from a reference.
type closeness struct {
	t         *testing.T
	tolerance float64
	n, wrong  int
	largest   float64
}

func (c *closeness) check(got, want float64, format string, args ...any) {
	c.t.Helper()
	c.n++
	d := math.Abs(got - want)
	c.largest = max(c.largest, d)
	if !(d <= c.tolerance) && c.wrong < 20 {
		c.wrong++
		c.t.Errorf("got %v, want %v: "+format, append([]any{got, want}, args...)...)
	}
}

func (c *closeness) done(metric string) {
	c.t.Logf("%s: %d cases, largest difference %.3g", metric, c.n, c.largest)
}

func TestVQAAccuracy_AsTheOfficialCode(t *testing.T) {
	var rows []struct {
		Prediction string
		Answers    []string
		VQA        float64
	}
	answersGolden(t, "vqa.json", &rows)
	c := closeness{t: t, tolerance: 1e-12}
	for _, row := range rows {
		c.check(VQAAccuracy(row.Prediction, row.Answers), row.VQA, "%q against %q", row.Prediction, row.Answers)
	}
	c.done("vqa_accuracy")
}

func TestSoftAccuracies_AsTheReferences(t *testing.T) {
	var rows []struct {
		Prediction string
		Answers    []string
		Soft       float64
		VizWiz     float64
		EvalAI     float64
		LMMsVQA    float64 `json:"lmms_vqa"`
		VLMEvalKit float64
	}
	answersGolden(t, "soft.json", &rows)
	soft, vizWiz, evalAI := closeness{t: t, tolerance: 1e-12}, closeness{t: t, tolerance: 1e-12}, closeness{t: t, tolerance: 1e-12}
	lmms, kit := closeness{t: t, tolerance: 1e-12}, closeness{t: t, tolerance: 1e-12}
	for _, row := range rows {
		p, a := row.Prediction, row.Answers
		soft.check(SoftAccuracy(p, a), row.Soft, "soft, %q against %q", p, a)
		vizWiz.check(VizWizAccuracy(p, a), row.VizWiz, "VizWiz, %q against %q", p, a)
		evalAI.check(EvalAIAccuracy(p, a), row.EvalAI, "EvalAI, %q against %q", p, a)
		lmms.check(LMMsEvalVQAAccuracy(p, a), row.LMMsVQA, "lmms-eval, %q against %q", p, a)
		kit.check(VLMEvalKitVQAAccuracy(p, a), row.VLMEvalKit, "VLMEvalKit, %q against %q", p, a)
	}
	soft.done("soft_accuracy")
	vizWiz.done("vizwiz_accuracy")
	evalAI.done("evalai_accuracy")
	lmms.done("vqa_accuracy of lmms-eval")
	kit.done("vqa_accuracy of VLMEvalKit")
}

func TestANLS_AsTheReferences(t *testing.T) {
	var rows []struct {
		Prediction string
		Answers    []string
		ANLS       float64
		Pix2Struct *float64
	}
	answersGolden(t, "anls.json", &rows)
	server, pix2struct := closeness{t: t, tolerance: 1e-12}, closeness{t: t, tolerance: 1e-12}
	for _, row := range rows {
		server.check(ANLS(row.Prediction, row.Answers), row.ANLS, "server, %q against %q", row.Prediction, row.Answers)
		if row.Pix2Struct != nil {
			pix2struct.check(ANLSPix2Struct(row.Prediction, row.Answers), *row.Pix2Struct, "pix2struct, %q against %q", row.Prediction, row.Answers)
		}
	}
	server.done("anls")
	pix2struct.done("anls of pix2struct")
}

func TestRelaxedMatch_AsPix2Struct(t *testing.T) {
	var rows []struct {
		Prediction, Answer string
		Relaxed            bool
	}
	answersGolden(t, "relaxed.json", &rows)
	for _, row := range rows {
		if got := RelaxedMatch(row.Prediction, row.Answer); got != row.Relaxed {
			t.Errorf("%q against %q: %v, want %v", row.Prediction, row.Answer, got, row.Relaxed)
		}
	}
	t.Logf("relaxed_accuracy: %d cases", len(rows))
}

func TestTokenF1_AsSQuAD(t *testing.T) {
	var rows []struct {
		Prediction string
		Answers    []string
		F1, Exact  float64
		Normalized string
	}
	answersGolden(t, "squad.json", &rows)
	f1, exact := closeness{t: t, tolerance: 1e-12}, closeness{t: t}
	for _, row := range rows {
		f1.check(TokenF1(row.Prediction, row.Answers), row.F1, "F1, %q against %q", row.Prediction, row.Answers)
		exact.check(SQuADExact(row.Prediction, row.Answers), row.Exact, "exact, %q against %q", row.Prediction, row.Answers)
		if got := NormalizeSQuAD(row.Prediction); got != row.Normalized {
			t.Errorf("%q gives %q, want %q", row.Prediction, got, row.Normalized)
		}
	}
	f1.done("token_f1")
	exact.done("exact match of SQuAD")
}

func TestVizWizUnanswerable_AsScikitLearn(t *testing.T) {
	var rows []struct {
		Answerable       []bool
		Predicted        []float64
		AveragePrecision float64 `json:"average_precision"`
		F1               float64
	}
	answersGolden(t, "unanswerable.json", &rows)
	precision, f1 := closeness{t: t, tolerance: 1e-12}, closeness{t: t, tolerance: 1e-12}
	for _, row := range rows {
		gotAP, gotF1, err := VizWizUnanswerable(row.Answerable, row.Predicted)
		if err != nil {
			t.Fatal(err)
		}
		precision.check(gotAP, row.AveragePrecision, "%v, %v", row.Answerable, row.Predicted)
		f1.check(gotF1, row.F1, "%v, %v", row.Answerable, row.Predicted)
	}
	precision.done("average precision")
	f1.done("F1")
}

func TestCasingAndNumbers_AsPython(t *testing.T) {
	var rows []struct {
		Text, Lower string
		UpperLength int `json:"upper_length"`
		Float       string
	}
	answersGolden(t, "casing.json", &rows)
	for _, row := range rows {
		if got := pythonLower(row.Text); got != row.Lower {
			t.Errorf("%q in lower case: %q, want %q", row.Text, got, row.Lower)
		}
		if got := upperLength(row.Text); got != row.UpperLength {
			t.Errorf("%q in capitals: length %d, want %d", row.Text, got, row.UpperLength)
		}
		got, ok := pythonFloat(row.Text)
		want, err := strconv.ParseFloat(row.Float, 64)
		if ok != (row.Float != "") || ok && err == nil && got != want && got == got {
			t.Errorf("float of %q: %v, %v, want %q", row.Text, got, ok, row.Float)
		}
	}
}
