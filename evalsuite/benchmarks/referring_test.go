package benchmarks

import (
	"encoding/json"
	"image"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/pali3/pali3/models/maskvae"
)

// formula decodes codes by the formula of parity/referring_goldens.py.
type formula struct{}

func (formula) Decode(codes [][]int32) (all [][]float32, err error) {
	for _, row := range codes {
		values := make([]float32, 64*64)
		for at := range values {
			y, x := at/64, at%64
			code := int(row[y/16*4+x/16])
			values[at] = float32((float64((code*37+x*5+y*3)%17) - 2.3) / 8)
		}
		all = append(all, values)
	}
	return all, nil
}

func (formula) Paste(values []float32, box [4]int, height, width int) (*image.Gray, error) {
	return maskvae.Default().Paste(values, box, height, width)
}

func referringFiles(predictions string) Files {
	const dir = "testdata/referring/"
	return Files{Annotations: dir + "refs.p", Instances: dir + "instances.json", Predictions: dir + predictions, Split: "val"}
}

// TestScore_ReferringEqualsBigVision compares with the loops of big_vision and LAVT.
func TestScore_ReferringEqualsBigVision(t *testing.T) {
	var want struct {
		Scores, Masks map[string]float64
		BigVision     map[string]float64 `json:"big_vision"`
		Invalid       int
	}
	text, err := os.ReadFile("testdata/referring/scores.json")
	if err == nil {
		err = json.Unmarshal(text, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	compare := func(what string, got Scores, want map[string]float64) {
		t.Helper()
		for name, value := range want {
			if s, ok := got[name]; !ok || !(math.Abs(s.Value-value) <= 1e-12) || s.N == 0 {
				t.Errorf("%s: %s is %+v, want %v", what, name, s, value)
			}
		}
	}
	decoded, err := refcoco.WithMaskDecoder(formula{})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Bootstrap: quick, Protocols: []string{BigVision}}
	result, err := decoded.Score(t.Context(), referringFiles("answers.jsonl"), o)
	if err != nil {
		t.Fatal(err)
	}
	compare("answers", result.Scores, want.Scores)
	compare("big_vision", result.Protocols[BigVision].Scores, want.BigVision)
	if result, err = refcoco.Score(t.Context(), referringFiles("masks.jsonl"), o); err != nil {
		t.Fatal(err)
	}
	compare("masks", result.Scores, want.Masks)

	if result, err = refcoco.Score(t.Context(), referringFiles("answers.jsonl"), o); err != nil { // without a decoder
		t.Fatal(err)
	}
	compare("boxes", result.Scores, map[string]float64{"box_acc_50": want.Scores["box_acc_50"], "box_acc_75": want.Scores["box_acc_75"]})
	for _, name := range []string{"miou", "ciou", "precision_50"} {
		if s, ok := result.Scores[name]; ok {
			t.Errorf("%s is %+v without a decoder", name, s)
		}
	}
	if len(result.Unparsed) == 0 || result.Problems == nil || result.Problems[0].Kind != NotDecoded {
		t.Errorf("unparsed %+v, problems %+v", result.Unparsed, result.Problems)
	}
}

func TestScore_ReferringNamesFaults(t *testing.T) {
	dir := t.TempDir()
	for line, want := range map[string]string{
		`{"id":0,"segmentation":{"size":[2,2],"counts":[1,3]}}`: "expression 0: a mask of 2 by 2 pixels",
		`{"id":0,"segmentation":{"size":[2,2],"counts":[1,9]}}`: "line 1: question 0: a mask of 2 by 2 pixels, height by width: run 1 of 9 pixels ends outside",
		`{"id":0,"bbox":[1,2]}`:                                 "question 0: bbox: want four numbers",
		`{"id":0}`:                                              `question 0 has neither "prediction" nor`,
		`{"id":4711,"prediction":"a"}`:                          "files of different splits? The first prediction (line 1) is for question 4711",
	} {
		files := referringFiles("")
		files.Predictions = dir + "/p.jsonl"
		if err := os.WriteFile(files.Predictions, []byte(line), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := refcoco.Score(t.Context(), files, Options{Bootstrap: quick, Partial: strings.Contains(want, "expression")})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := vqav2.WithMaskDecoder(formula{}); err == nil {
		t.Error("a decoder of masks for VQA")
	}
}
