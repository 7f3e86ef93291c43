package benchmarks

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sketched writes what a record says.
func sketched(r *Record) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", r.Sample.Key)
	if r.ID != "" {
		fmt.Fprintf(&b, " (%s)", r.ID)
	}
	for _, text := range r.Sample.Texts {
		fmt.Fprintf(&b, " %s:%s", text.Language, text.Value)
	}
	for _, q := range r.Sample.Questions {
		fmt.Fprintf(&b, " ?%s %s %s", q.ID, q.Kind, q.Text)
		for _, a := range q.Answers {
			fmt.Fprintf(&b, " =%q/%s", a.Text, a.Confidence)
		}
	}
	for _, f := range r.Fields {
		fmt.Fprintf(&b, " %s/%s=%s", f.Name, f.Question, f.Value)
	}
	for _, l := range r.LeftOut {
		fmt.Fprintf(&b, " -%d %s", l.N, l.Name)
	}
	return b.String()
}

// annotated returns what the records of files say, and the error that ended the reading.
func annotated(t testing.TB, layout, annotations, questions string) (all []string, failed error) {
	t.Helper()
	dir := t.TempDir()
	o := Options{Layout: layout, Annotations: filepath.Join(dir, "annotations.json")}
	texts := map[string]string{o.Annotations: annotations}
	if questions != "" {
		o.Questions = filepath.Join(dir, "questions.json")
		texts[o.Questions] = questions
	}
	for path, text := range texts {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for r, err := range Annotations(t.Context(), o) {
		if err != nil {
			failed = err
			continue
		}
		all = append(all, sketched(&r))
	}
	return all, failed
}

func TestAnnotations_NeedNoImages(t *testing.T) {
	for _, c := range []struct {
		layout, annotations, questions string
		want                           []string
	}{
		{"vqav2", `{"annotations":[{"question_id":5,"image_id":42,"question_type":"what","answer_type":"other",
			"answers":[{"answer":"red","answer_confidence":"yes","answer_id":1},{"answer":"","answer_confidence":"no","answer_id":2}]},
			{"question_id":"6.0","image_id":42,"answers":[{"answer":3},"pink"]}]}`,
			`{"questions":[{"image_id":42,"question":"What?","question_id":5},{"image_id":42,"question":"W\u0068y?","question_id":6},{"question_id":7,"question":"?"}]}`,
			[]string{`42 ?5 other What? ="red"/yes =""/no question_type/5=what`, `42 ?6  Why? ="3"/ ="pink"/`}},
		{"okvqa", `{"annotations":[{"question_id":5,"answers":[{"answer":"red"}]}]}`, "", []string{` ?5   ="red"/`}},
		{"coco-captions", `{"images":[{"id":9,"file_name":"a.png"}],"annotations":[{"image_id":9,"id":1,"caption":"A cat. "},{"image_id":9,"id":2,"caption":"Cat"}]}`, "",
			[]string{"a.png (9) en:A cat.  en:Cat"}},
		{"vizwiz-captions", `{"images":[{"id":9,"file_name":"a.png"}],"annotations":[{"image_id":9,"id":1,"caption":"A cat","is_rejected":false,"is_precanned":false},{"image_id":9,"id":2,"caption":"spam","is_rejected":true}]}`, "",
			[]string{`a.png (9) en:A cat -1 annotation 2 of image 9: the owner's evaluation leaves out this caption: "spam"`}},
		{"textocr", `{"imgs":{"f1":{"width":200,"height":100,"set":"val","file_name":"train/f1.jpg"}},"anns":{"f1_1":{"image_id":"f1","bbox":[10,20,30,8],"utf8_string":"STOP","points":[10,20,40,20,40,28,10,28.5]},"f1_2":{"image_id":"f1","bbox":[1,2,3,4],"utf8_string":"."},"f1_3":{"image_id":"f1","bbox":[1,2],"utf8_string":"x"},"f2_1":{"image_id":"f2","bbox":[1,2,3,4],"utf8_string":"y"}}}`, "",
			[]string{"f1 ?f1  ocr =\"10,20,40,20,40,28,10,28.5\\tSTOP\"/ =\"1,2,4,2,4,6,1,6\\t###\"/ width/f1=200 height/f1=100", " -1 word f1_3: an outline of 0 numbers -1 1 words of the image f2, which is not among the images"}},
		{"textcaps", `{"data":[{"image_id":"f1","caption_str":"a sign","reference_strs":["a sign","a sign"]},{"image_id":"f1","caption_str":"a sign","reference_strs":["a sign","a sign"]}]}`, "",
			[]string{"f1 en:a sign en:a sign"}},
		{"coco-35l", `{"image_id":"9_1","src_lang":"en","trg_lang":"de","caption_tokenized":"a cat","translation_tokenized":"Katze"}
{"image_id":"9_1","src_lang":"en","trg_lang":"fr","caption_tokenized":"a cat","translation_tokenized":"chat"}
{"image_id":"9_2","src_lang":"en","trg_lang":"de","caption_tokenized":"a cat","translation_tokenized":"Katze"}`, "",
			[]string{"9 en:a cat de:Katze fr:chat en:a cat de:Katze"}},
		{"karpathy", `{"images":[{"filename":"a.png","cocoid":77,"split":"test","sentences":[{"raw":"A cat."}]}]}`, "", []string{"a.png (77) en:A cat."}},
		{"textvqa", `{"data":[{"question":"What?","image_id":"f1","question_id":3,"answers":["a",""]},{"question":"Who?","image_id":"f1","question_id":4,"answers":["b"]}]}`, "",
			[]string{`f1 ?3  What? ="a"/ =""/`, `f1 ?4  Who? ="b"/`}},
	} {
		all, err := annotated(t, c.layout, c.annotations, c.questions)
		if err != nil || !slices.Equal(all, c.want) {
			t.Errorf("%s: %v\n%q, want\n%q", c.layout, err, all, c.want)
		}
	}
}

func TestAnnotations_ErrorsNameFileLineAndQuestion(t *testing.T) {
	const questions = `{"questions":[{"image_id":42,"question":"What?","question_id":5}]}`
	for _, c := range []struct{ annotations, questions, want string }{
		{"{\"annotations\":[\n{\"question_id\":6,\"answers\":[{\"answer\":\"a\"}]}]}", questions, "question 6 is not in"},
		{"{\"annotations\":[\n{\"question_id\":5,\"image_id\":41,\"answers\":[{\"answer\":\"a\"}]}]}", questions, "question 5 is of image 41, and of image 42 in"},
		{"{\"annotations\":[\n{\"question_id\":5,\"answers\":[{\"answer\":NaN}]}]}", questions, "annotations.json line 2: found \"NaN\""},
		{"{\"annotations\":[\n{\"answers\":[{\"answer\":\"a\"}]}]}", questions, "without \"question_id\""},
		{"{\"annotations\":[\n{\"question_id\":5,\"answers\":[{\"answer\":\"a\"}]}]}", "{\"questions\":[{\"question_id\":5},\n{\"question_id\":5}]}", "questions.json line 2: question 5 occurs twice"},
	} {
		if _, err := annotated(t, "vqav2", c.annotations, c.questions); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.annotations, err, c.want)
		}
	}
}

// FuzzAnnotations_VQA compares the fast reader with the one of datasets.
func FuzzAnnotations_VQA(f *testing.F) {
	f.Add(`{"annotations":[{"question_id":5,"image_id":42,"question_type":"what","answer_type":"other","answers":[{"answer":"red","answer_confidence":"yes"}]}]}`)
	f.Add(`{"annotations":[{"question_id":"5.0","Image_id":42,"answers":["a",{"answer":3},{"answer":null},7]}]}`)
	f.Add(`{"annotations":[{"question_id":1e2,"multiple_choice_answer":"x"}]}`)
	f.Fuzz(func(t *testing.T, annotations string) {
		fast, err := annotated(t, "vqav2", annotations, "")
		if err != nil {
			return
		}
		path := filepath.Join(t.TempDir(), "a.json")
		if err := os.WriteFile(path, []byte(annotations), 0o666); err != nil {
			t.Fatal(err)
		}
		var slow []string
		for a, err := range elements[vqaAnnotation](t.Context(), path, "annotations") {
			if err != nil {
				return // a file that the fast reader takes and the other does not, such as duplicate members
			}
			i := item{}
			i.sample.Key = string(a.ImageID)
			i.annotate(&a)
			slow = append(slow, sketched(&Record{Sample: i.sample, Fields: i.fields, LeftOut: i.left}))
		}
		if !slices.Equal(fast, slow) {
			t.Errorf("%q\n%q, want\n%q", annotations, fast, slow)
		}
	})
}

// TestAnnotations_OddRecords has records that the fast reader of VQA v2 leaves to the other one,
// and ids that are the expected ones only in one of their forms.
func TestAnnotations_OddRecords(t *testing.T) {
	const questions = `{"questions": [{"question_id": 7, "image_id": 1, "question": "a?"}, {"question_id": "1e3", "image_id": 1, "question": "b?"}, {"question_id": "8.0", "image_id": "02", "question": "c?"}]}`
	annotation := func(id, image, answers string) string {
		return fmt.Sprintf(`{"annotations": [{"question_id": %s, "image_id": %s, "question_type": "is", "answer_type": "other", "answers": [%s]}]}`, id, image, answers)
	}
	many := strings.Repeat(`{"answer": "x"}, `, 20) + `{"answer": "y"}`
	for _, c := range []struct{ id, image, answers, want, failed string }{
		{"7", "1", `{"answer": "é\u00e9", "answer_confidence": "no"}, {"answer": "éé"}, {"answer": ""}`, `1 ?7 other a? ="éé"/no ="éé"/ =""/ question_type/7=is`, ""},
		{`"7"`, `"1"`, `{"answer": "x"}`, `1 ?7 other a? ="x"/ question_type/7=is`, ""},
		{"7.0", "1", `{"answer": "x", "answer": "last"}`, `1 ?7 other a? ="last"/ question_type/7=is`, ""},
		{"1e3", "1", `{"answer": "x"}`, "", "question 1000 is not in"},
		{`"1e3"`, "1", `{"answer": "x"}`, `1 ?1e3 other b? ="x"/ question_type/1e3=is`, ""},
		{"8", `"02"`, `{"answer": "x"}`, `02 ?8 other c? ="x"/ question_type/8=is`, ""},
		{"8", "2", `{"answer": "x"}`, "", "question 8 is of image 2, and of image 02"},
		{"7", "1", `"bare", {"answer": "x"}`, `1 ?7 other a? ="bare"/ ="x"/ question_type/7=is`, ""},
		{"7", "1", `{"answer": 3}`, `1 ?7 other a? ="3"/ question_type/7=is`, ""},
		{"7", "1", many, `1 ?7 other a?` + strings.Repeat(` ="x"/`, 20) + ` ="y"/ question_type/7=is`, ""},
	} {
		all, err := annotated(t, "vqav2", annotation(c.id, c.image, c.answers), questions)
		if c.failed != "" {
			if err == nil || !strings.Contains(err.Error(), c.failed) {
				t.Errorf("%s %s: error %v, want %q", c.id, c.image, err, c.failed)
			}
			continue
		}
		if err != nil || len(all) != 1 || all[0] != c.want {
			t.Errorf("%s %s: %q, %v; want %q", c.id, c.image, all, err, c.want)
		}
	}
}
