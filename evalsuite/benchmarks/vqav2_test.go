package benchmarks

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// official is what the official evaluation made of the answers in it.
type official struct {
	Overall float64
	Answers []struct {
		Prediction string
		Answers    []string
		Type       string
	}
	AnswerType map[string]float64 `json:"answer_type"`
}

func readOfficial(t testing.TB) (o official) {
	t.Helper()
	data, err := os.ReadFile("../metrics/testdata/vqa.json")
	if err == nil {
		err = json.Unmarshal(data, &o)
	}
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// writeVQA writes the answers n times over as the files of VQA v2.0.
func writeVQA(t testing.TB, o official, n int) Files {
	t.Helper()
	dir := t.TempDir()
	files := Files{Annotations: filepath.Join(dir, "annotations.json"), Questions: filepath.Join(dir, "questions.json"), Predictions: filepath.Join(dir, "predictions.json")}
	type object map[string]any
	var questions, annotations, predictions []object
	for i := range n * len(o.Answers) {
		row := o.Answers[i%len(o.Answers)]
		var answers []object
		for j, answer := range row.Answers {
			answers = append(answers, object{"answer": answer, "answer_confidence": "yes", "answer_id": j + 1})
		}
		id := 262148000 + i
		questions = append(questions, object{"question_id": id, "image_id": i, "question": "What?"})
		annotations = append(annotations, object{"question_id": id, "image_id": i, "question_type": fmt.Sprintf("kind %d", i%5),
			"answer_type": row.Type, "multiple_choice_answer": "x", "answers": answers})
		predictions = append(predictions, object{"question_id": id, "answer": row.Prediction})
	}
	write := func(path string, value any) {
		data, err := json.Marshal(value)
		if err == nil {
			err = os.WriteFile(path, data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	info := object{"description": "made up", "version": "2.0", "nested": []any{object{"a": []int{1}}}}
	write(files.Questions, object{"info": info, "license": object{}, "questions": questions})
	write(files.Annotations, object{"info": info, "annotations": annotations, "data_type": "mscoco"})
	write(files.Predictions, predictions)
	return files
}

func TestVQAv2AsTheOfficialEvaluation(t *testing.T) {
	o := readOfficial(t)
	bench, err := Builtin().Named("vqav2")
	if err != nil {
		t.Fatal(err)
	}
	result, err := bench.Score(t.Context(), writeVQA(t, o, 1), Options{})
	if err != nil {
		t.Fatal(err)
	}
	check := func(name string, got Score, percent float64) {
		if math.Abs(100*got.Value-percent) > 1e-9 || got.Lo > got.Value || got.Hi < got.Value || got.N == 0 {
			t.Errorf("%s: %+v, want %v%%", name, got, percent)
		}
	}
	check("all", result.Scores["vqa_accuracy"], o.Overall)
	for kind, percent := range o.AnswerType {
		check(kind, result.Slices["answer_type"][kind]["vqa_accuracy"], percent)
	}
	if n := len(result.Slices["question_type"]); n != 5 {
		t.Errorf("%d question types", n)
	}
	if n := result.Scores["vqa_accuracy"].N; n != len(o.Answers) {
		t.Errorf("%d of %d questions scored", n, len(o.Answers))
	}
}

const (
	oneQuestion   = `{"questions": [{"question_id": 7, "image_id": 1, "question": "?"}]}`
	oneAnnotation = `{"annotations": [{"question_id": 7, "question_type": "is", "answer_type": "yes/no", "answers": [{"answer": "yes"}, {"answer": "yes"}, {"answer": "yes"}, {"answer": "yes"}]}]}`
)

func TestVQAv2Files(t *testing.T) {
	const ok = ""
	for _, c := range []struct{ name, questions, annotations, predictions, want string }{
		{"list", oneQuestion, oneAnnotation, `[{"question_id": 7, "answer": "yes"}]`, ok},
		{"number as string", oneQuestion, oneAnnotation, `[{"question_id": "7", "answer": "yes"}]`, ok},
		{"lines", oneQuestion, oneAnnotation, "{\"id\": 7, \"prediction\": \"yes\", \"score\": 0.3}\n", ok},
		{"byte order mark", "\xef\xbb\xbf" + oneQuestion, oneAnnotation, "\n [{\"id\": 7, \"prediction\": \"yes\"}]", ok},
		{"no questions", "", oneAnnotation, `[{"question_id": 7, "answer": "yes"}]`, ok},

		{"missing", oneQuestion, oneAnnotation, `[]`, "no prediction for 1 of 1 questions"},
		{"unknown", oneQuestion, oneAnnotation, `[{"question_id": 7, "answer": "yes"}, {"question_id": 8, "answer": "no"}]`, "line 1: 1 predictions are for questions that"},
		{"twice", oneQuestion, oneAnnotation, `[{"question_id": 7, "answer": "yes"}, {"question_id": "7", "answer": "no"}]`, "line 1: a second prediction for question 7, after line 1"},
		{"not a string", oneQuestion, oneAnnotation, `[{"question_id": 7, "answer": 3}]`, `line 1: question 7: field "answer" holds a number where a string belongs`},
		{"by id", oneQuestion, oneAnnotation, `{"7": "yes"}`, ok},
		{"by id, a number", oneQuestion, oneAnnotation, `{"7": 3}`, "line 1: question 7: a number stands where a string belongs"},
		{"by id, nothing", oneQuestion, oneAnnotation, `{"7": null}`, "line 1: question 7 has no text"},
		{"no answer", oneQuestion, oneAnnotation, `[{"question_id": 7}]`, "question 7 has neither"},
		{"answer and another prediction", oneQuestion, oneAnnotation, `[{"question_id": 7, "answer": "yes", "prediction": "no"}]`, `question 7 has an "answer" and another "prediction"`},
		{"answer and the same prediction", oneQuestion, oneAnnotation, `[{"question_id": 7, "answer": "yes", "prediction": "yes"}]`, ok},
		{"annotations of another kind", oneQuestion, "\x1f\x8b\x08\x00", `[{"question_id": 7, "answer": "yes"}]`, "unpacking"},
		{"empty annotations", oneQuestion, "", `[{"question_id": 7, "answer": "yes"}]`, "annotations.json: the file is empty"},
		{"no list of annotations", oneQuestion, `{"annotations": null}`, `[{"question_id": 7, "answer": "yes"}]`, `"annotations" is not a list`},
		{"no id", oneQuestion, oneAnnotation, `[{"answer": "yes"}]`, "neither"},
		{"half an id", oneQuestion, oneAnnotation, `[{"question_id": 7.5, "answer": "yes"}]`, "whole number"},
		{"no file of predictions", oneQuestion, oneAnnotation, `null`, "expected a list"},
		{"empty", oneQuestion, oneAnnotation, "", "predictions.json: the file is empty"},
		{"torn list", oneQuestion, oneAnnotation, `[{"question_id": 7, "answer": "yes"}`, "ends in the middle of a record"},
		{"torn record", oneQuestion, oneAnnotation, `[{"question_id": 7, "answer": "ye`, "ends in the middle of a record"},
		{"no list", oneQuestion, `{"info": {}}`, `[]`, `no list "annotations"`},
		{"other list", oneQuestion, `[]`, `[]`, `expected an object with the list "annotations"`},
		{"no answers", oneQuestion, `{"annotations": [{"question_id": 7, "answers": []}]}`, `[{"question_id": 7, "answer": "yes"}]`, "question 7 has no right answer"},
		{"nothing annotated", oneQuestion, `{"annotations": []}`, `[]`, "annotates no question"},
		{"question not asked", `{"questions": [{"question_id": 9}]}`, oneAnnotation, `[{"question_id": 7, "answer": "yes"}]`, "question 7 is not in"},
		{"second list", oneQuestion, oneAnnotation, `[{"question_id": 7, "answer": "yes"}] [{"question_id": 8, "answer": "no"}]`, "more data follow the list, which ends at byte 37"},
		{"line after the list", oneQuestion, oneAnnotation, "[{\"question_id\": 7, \"answer\": \"yes\"}]\n{\"id\": 7, \"prediction\": \"no\"}\n", "more data follow the list"},
		{"text after the list", oneQuestion, oneAnnotation, `[{"question_id": 7, "answer": "yes"}] done`, "more data follow the list"},
		{"blanks after the list", oneQuestion, oneAnnotation, "[{\"question_id\": 7, \"answer\": \"yes\"}] \r\n\t\n", ok},
		{"second list of annotations", oneQuestion, oneAnnotation[:len(oneAnnotation)-1] + `, "annotations": []}`, `[{"question_id": 7, "answer": "yes"}]`, `a second list "annotations"`},
		{"annotations twice", oneQuestion, oneAnnotation + oneAnnotation, `[{"question_id": 7, "answer": "yes"}]`, "more data follow the object"},
		{"torn after the list", oneQuestion, oneAnnotation[:len(oneAnnotation)-1] + `, "info": {`, `[{"question_id": 7, "answer": "yes"}]`, "ends in the middle of a record"},
		{"not UTF-8", oneQuestion, oneAnnotation, "[{\"question_id\": 7,\n\"answer\": \"caf\xe9\"}]", "not UTF-8 at line 2, byte 34 (0xe9)"},
		{"half a rune at the end", oneQuestion, oneAnnotation, "[{\"question_id\": 7, \"answer\": \"yes\"}]\xe2\x82", "not UTF-8 at line 1"},
		{"UTF-16", oneQuestion, oneAnnotation, "\xff\xfe[\x00]\x00", "is UTF-16"},
		{"NaN", oneQuestion, oneAnnotation, `[{"question_id": 7, "answer": NaN}]`, `line 1: found "NaN"`},
		{"minus infinity", oneQuestion, oneAnnotation, `[{"question_id": 7, "answer": "yes", "score": -Infinity}]`, `line 1: found "-Infinity"`},
		{"endless record", oneQuestion, oneAnnotation, `[{"question_id": 7, "answer": "` + strings.Repeat("y", 3<<20), "longer than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			files := Files{Annotations: filepath.Join(dir, "annotations.json"), Predictions: filepath.Join(dir, "predictions.json")}
			texts := map[string]string{files.Annotations: c.annotations, files.Predictions: c.predictions}
			if c.questions != "" {
				files.Questions = filepath.Join(dir, "questions.json")
				texts[files.Questions] = c.questions
			}
			for path, text := range texts {
				if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			result, err := vqav2.Score(t.Context(), files, Options{})
			switch {
			case c.want == ok && err != nil:
				t.Fatal(err)
			case c.want == ok && result.Scores["vqa_accuracy"].Value != 1:
				t.Errorf("%+v", result)
			case c.want != ok && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestNamedListsWhatThereIs(t *testing.T) {
	if _, err := Builtin().Named("vqa"); err == nil || !strings.Contains(err.Error(), "vqav2") {
		t.Error(err)
	}
}

// FuzzPredictions reads bytes as predictions in each form that an owner takes.
func FuzzPredictions(f *testing.F) {
	f.Add([]byte("dev-1-0-0,True\n\n,x\n\xff,1\n"))
	f.Add([]byte("1.jpg\tIs it?\tYes\tno\n1.jpg\tq\n"))
	f.Add([]byte(`{"image":"a","answer":"x","answerable":0.5}`))
	f.Add([]byte(`{"22jb":{"multiple_choice":"a","direct_answer":"b"}}`))
	f.Add([]byte(`[{"question_id": 7, "answer": "yes"}]`))
	f.Add([]byte("{\"id\": \"7\", \"prediction\": \"yes\"}\n{\"id\": 8"))
	dir := f.TempDir()
	path := filepath.Join(dir, "predictions.txt")
	forms := []Submission{vqav2.Submission, nlvr2.Submission, vizwiz.Submission, vizwizAnswerability.Submission, aokvqa.Submission, mme.Submission}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		for n := range 2 * len(forms) {
			form, from := forms[n/2], path
			if form.Folder {
				from = dir
			}
			p, err := readPredictions(t.Context(), from, form, &problems{partial: n%2 == 1})
			if err != nil {
				continue
			}
			if p.find(&Item{ID: ""}) != nil {
				t.Error("a prediction without an id")
			}
			for _, q := range p.all {
				if q.line == 0 || q.id == "" {
					t.Errorf("%+v", q)
				}
			}
		}
	})
}

func BenchmarkVQAv2(b *testing.B) {
	files := writeVQA(b, readOfficial(b), 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := vqav2.Score(b.Context(), files, Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*20*500)/b.Elapsed().Seconds(), "questions/s")
}
