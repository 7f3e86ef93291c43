package metrics

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/random"
)

func TestVQAWithFewAnswers(t *testing.T) {
	for _, c := range []struct {
		prediction string
		answers    []string
		want       float64
	}{
		{"Yes.", []string{"yes"}, 1},
		{"no", []string{"yes"}, 0},
		{"yes", nil, 0},
		{"yes", []string{"yes", "Yes!"}, 1.0 / 3},
		{"Yes", []string{"yes", "yes"}, 0},
		{"a cat", []string{"cat", "cat", "dog"}, (1.0/3 + 1.0/3 + 2.0/3) / 3},
		{"yes\n", slices.Repeat([]string{"yes\t"}, 10), 1},
		{"Yes", slices.Repeat([]string{"yes"}, 10), 0},
	} {
		if got := VQAAccuracy(c.prediction, c.answers); !near(got, c.want, 1e-15) {
			t.Errorf("%q against %q: %v, want %v", c.prediction, c.answers, got, c.want)
		}
	}
}

func TestCIDErRefusesWhatItCannotScore(t *testing.T) {
	if _, err := CIDEr([]string{"a"}, nil); err == nil {
		t.Error("one candidate for no image")
	}
	if _, err := CIDEr([]string{"a", "b"}, [][]string{{"a"}, {}}); err == nil || !strings.Contains(err.Error(), "image 1") {
		t.Errorf("an image without references: %v", err)
	}
}

func TestRanksCountTiesAndNaNAgainstTheModel(t *testing.T) {
	nan := float32(math.NaN())
	s := Similarities{Images: 3, Texts: 4, ImageOf: []int{0, 2, 2, 0}, Values: []float32{
		0.5, 0.5, 0.1, 0.4,
		0.9, 0.5, 0.2, nan,
		0.1, nan, 0.3, 0.3,
	}}
	images, err := s.ImageToText()
	if err != nil || !slices.Equal(images, Ranks{1, 1}) { // image 1 has no text
		t.Errorf("image to text %v, %v", images, err)
	}
	texts, err := s.TextToImage()
	if err != nil || !slices.Equal(texts, Ranks{1, 2, 0, 1}) {
		t.Errorf("text to image %v, %v", texts, err)
	}
	if hits := texts.RecallAt(2); !slices.Equal(hits, []float64{1, 0, 1, 1}) {
		t.Errorf("hits at 2: %v", hits)
	}
	s.ImageOf = []int{0, 1, 2, 3}
	if _, err := s.TextToImage(); err == nil || !strings.Contains(err.Error(), "image 3 of 3") {
		t.Errorf("a text of an image that is not there: %v", err)
	}
}

func TestBootstrapIsAFunctionOfItsArguments(t *testing.T) {
	values := make([]float64, 400)
	random := random.New(1)
	for i := range values {
		values[i] = float64(random.IntN(2))
	}
	a, b := Bootstrap{Seed: 3}.Mean(values), Bootstrap{Seed: 3}.Mean(values)
	if a != b || a == (Bootstrap{Seed: 4}.Mean(values)) {
		t.Errorf("%v, again %v", a, b)
	}
	half := 1.96 * math.Sqrt(a.Value*(1-a.Value)/400) // the normal approximation
	if !near(a.Hi-a.Value, half, 0.15*half) || !near(a.Value-a.Lo, half, 0.15*half) {
		t.Errorf("%+v, expected about ±%.3f", a, half)
	}
	if got := (Bootstrap{}).Mean(nil); got != (Score{}) {
		t.Errorf("no values: %v", got)
	}
	if got := (Bootstrap{}).Mean([]float64{0.3, 0.3}); got != (Score{0.3, 0.3, 0.3, 2}) {
		t.Errorf("equal values: %v", got)
	}
}

func TestIntervalsCoverTheTruth(t *testing.T) {
	const runs = 200
	covered := 0
	for run := range runs {
		values := make([]float64, 150)
		random := random.New(uint64(run))
		for i := range values {
			values[i] = random.Float64()
		}
		if s := (Bootstrap{Resamples: 300}).Mean(values); s.Lo <= 0.5 && 0.5 <= s.Hi {
			covered++
		}
	}
	if covered < runs*90/100 || covered > runs*99/100 {
		t.Errorf("95%% intervals held the true mean in %d of %d runs", covered, runs)
	}
}

func FuzzPTBTokenize(f *testing.F) {
	for _, s := range []string{"A dog.", "U.S.😀", "<a b='\n'>", "it's\u00ad 1 1/2", "Inc.\xff", "ΣΟΦΟΣ", "a\r"} {
		f.Add(s, "The end.")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		out := PTBTokenize([]string{a, b, a})
		if len(out) != 3 {
			t.Fatalf("3 captions gave %d", len(out))
		}
		for _, tokens := range out {
			if strings.Contains(tokens, "\n") || tokens != strings.Trim(tokens, " ") {
				t.Errorf("%q", tokens)
			}
			for _, token := range strings.Split(tokens, " ") {
				if isPTBPunctuation(token) {
					t.Errorf("%q kept in %q", token, tokens)
				}
			}
		}
	})
}

func FuzzNormalizeVQA(f *testing.F) {
	for _, s := range []string{"The dog's", "1,000.", "dont", "a/c", "\x1c", "İΣ\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := NormalizeVQA(s)
		if strings.Contains(got, "  ") || got != strings.Trim(got, " \t\n") {
			t.Errorf("%q gives %q", s, got)
		}
		if want := VQAAccuracy(s, []string{s}); want != 1 {
			t.Errorf("%q does not equal itself", s)
		}
	})
}

func captionsForBenchmarks(b *testing.B) []string {
	var rows []struct{ Caption string }
	golden(b, "ptb.json", &rows)
	var captions []string
	for _, row := range rows[:200] { // those of COCO
		captions = append(captions, row.Caption)
	}
	return captions
}

func BenchmarkPTBTokenize(b *testing.B) {
	captions := captionsForBenchmarks(b)
	for b.Loop() {
		PTBTokenize(captions)
	}
	b.ReportMetric(float64(b.N*len(captions))/b.Elapsed().Seconds(), "captions/s")
}

func BenchmarkCaptionCIDEr(b *testing.B) {
	captions := captionsForBenchmarks(b)
	var candidates []string
	var references [][]string
	for image := range slices.Chunk(captions, 5) {
		candidates, references = append(candidates, image[0]), append(references, image)
	}
	for b.Loop() {
		if _, err := CaptionCIDEr(candidates, references); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(candidates))/b.Elapsed().Seconds(), "images/s")
}

func BenchmarkVQAAccuracy(b *testing.B) {
	var file struct {
		Answers []struct {
			Prediction string
			Answers    []string
		}
	}
	golden(b, "vqa.json", &file)
	for b.Loop() {
		for _, row := range file.Answers {
			VQAAccuracy(row.Prediction, row.Answers)
		}
	}
	b.ReportMetric(float64(b.N*len(file.Answers))/b.Elapsed().Seconds(), "answers/s")
}

func BenchmarkBootstrap(b *testing.B) {
	values := make([]float64, 200_000)
	for i := range values {
		values[i] = float64(i%4) / 3
	}
	for b.Loop() {
		Bootstrap{}.Mean(values)
	}
}

func TestCountRMSE_LeavesOutWhatIsNoNumber(t *testing.T) {
	rmse, unparsed, err := CountRMSE([]string{"3", "5", "many"}, []string{"1", "5", "2"})
	if err != nil || unparsed != 1 || !near(rmse, math.Sqrt2, 1e-15) {
		t.Errorf("got %g, %d unparsed, %v", rmse, unparsed, err)
	}
	if _, _, err := CountRMSE([]string{"1"}, []string{"none at all"}); err == nil {
		t.Error("an answer that is no number: no error")
	}
	if _, _, err := CountRMSE([]string{"1"}, nil); err == nil {
		t.Error("lists of different lengths: no error")
	}
}
