package metrics

import (
	"testing"
)

func TestTextMetrics_AsSacreBLEUAndJiWER(t *testing.T) {
	var rows []struct {
		Candidates []string
		References [][]string
		BLEU       map[BLEUTokenizer]float64
		CHRF       float64
		CHRFPlus   float64 `json:"chrf_plus"`
		WER, CER   float64
	}
	answersGolden(t, "corpora.json", &rows)
	bleu, chrf, rate := closeness{t: t, tolerance: 1e-12}, closeness{t: t, tolerance: 1e-12}, closeness{t: t, tolerance: 1e-12}
	for i, row := range rows {
		for tokenizer, want := range row.BLEU {
			var sum BLEUCounts
			for n, candidate := range row.Candidates {
				counts, err := CountSacreBLEU(candidate, row.References[n], tokenizer)
				if err != nil {
					t.Fatal(err)
				}
				sum.Add(counts)
			}
			bleu.check(sum.SacreBLEU(), want, "BLEU of corpus %d by %s", i, tokenizer)
		}
		var plain, plus CHRFCounts
		var words, characters ErrorCounts
		for n, candidate := range row.Candidates {
			plain.Add(CountCHRF(candidate, row.References[n]))
			plus.Add(CountCHRFPlus(candidate, row.References[n]))
			words.Add(CountWordErrors(candidate, row.References[n][0]))
			characters.Add(CountCharacterErrors(candidate, row.References[n][0]))
		}
		chrf.check(plain.Score(), row.CHRF, "chrF of corpus %d", i)
		chrf.check(plus.Score(), row.CHRFPlus, "chrF++ of corpus %d", i)
		rate.check(words.Rate(), row.WER, "WER of corpus %d", i)
		rate.check(characters.Rate(), row.CER, "CER of corpus %d", i)
	}
	bleu.done("sacreBLEU")
	chrf.done("chrF and chrF++")
	rate.done("WER and CER")
}

func TestBLEUTokenizers_AsSacreBLEU(t *testing.T) {
	var rows []struct {
		Text   string
		Tokens map[BLEUTokenizer]string
	}
	answersGolden(t, "tokens.json", &rows)
	for _, row := range rows {
		for tokenizer, want := range row.Tokens {
			if got, err := tokenizer.Tokenize(row.Text); err != nil || got != want {
				t.Errorf("%q by %s: %q, %v, want %q", row.Text, tokenizer, got, err, want)
			}
		}
	}
	if _, err := BLEUTokenizer("mecab").Tokenize("a"); err == nil {
		t.Error("an unknown tokenizer")
	}
}

func TestCalibrationError_AsDefined(t *testing.T) {
	var rows []struct {
		Confidences []float64
		Right       []bool
		Bins        int
		ECE         float64
	}
	answersGolden(t, "calibration.json", &rows)
	c := closeness{t: t, tolerance: 1e-12}
	for i, row := range rows {
		got, err := CalibrationError(row.Confidences, row.Right, row.Bins)
		if err != nil {
			t.Fatal(err)
		}
		c.check(got, row.ECE, "row %d", i)
	}
	c.done("ECE")
	for _, bad := range []float64{-0.1, 1.1} {
		if _, err := CalibrationError([]float64{bad}, []bool{true}, 10); err == nil {
			t.Errorf("a confidence of %v", bad)
		}
	}
}
