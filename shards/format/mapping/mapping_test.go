package mapping

import (
	"bytes"
	"encoding/json"
	"image"
	encoder "image/png"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pali3/pali3/shards"
)

// png is an image of 40 x 20 pixels.
var png = func() string {
	var b bytes.Buffer
	if err := encoder.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 20))); err != nil {
		panic(err)
	}
	return b.String()
}()

type values = map[string]any

func text(kind, value string) shards.Text { return shards.Text{Kind: kind, Value: value} }

// TestRecord_CommonNames maps rows with the column names of the hub, COCO, TensorFlow Datasets and
// others.
func TestRecord_CommonNames(t *testing.T) {
	img := []shards.Image{{Bytes: []byte(png)}}
	left := func(reason, name string, n int64) shards.LeftOut {
		return shards.LeftOut{Reason: reason, Name: name, N: n}
	}
	for name, c := range map[string]struct {
		row  values
		want shards.Sample
		left []shards.LeftOut
	}{
		"binary": {row: values{"picture": []byte(png), "caption": "a cat"},
			want: shards.Sample{Images: img, Texts: []shards.Text{text("caption", "a cat")}}},
		"list of binary": {row: values{"frames": []any{[]byte(png), []byte(png)}},
			want: shards.Sample{Images: append(img, img...)}},
		"struct of bytes and path": {row: values{"pic": values{"bytes": []byte(png), "path": nil}, "TEXT": "a cat"},
			want: shards.Sample{Images: img, Texts: []shards.Text{text("alt", "a cat")}}},
		"audio as a struct": {row: values{"image": []byte(png), "speech": values{"bytes": []byte("RIFF\x10\x00\x00\x00WAVEfmt "), "path": "a.wav"}},
			want: shards.Sample{Images: img}, left: []shards.LeftOut{left("column", "speech", 1)}},
		"binary beside the image": {row: values{"image": []byte(png), "mask": []byte(png), "latents": []byte{1, 2, 0xff}, "words": []byte("not metadata")},
			want: shards.Sample{Images: img},
			left: []shards.LeftOut{left("column", "latents", 1), left("column", "mask", 1), left("column", "words", 1)}},
		"no image": {row: values{"image": nil, "caption": "a cat"},
			want: shards.Sample{Texts: []shards.Text{text("caption", "a cat")}}, left: []shards.LeftOut{left("image", "image", 1)}},
		"a path": {row: values{"image": "a.png", "caption": "a cat"}, left: []shards.LeftOut{left("image", "image", 1)},
			want: shards.Sample{Texts: []shards.Text{text("caption", "a cat")}, Metadata: map[string]string{"image": "a.png"}}},
		"COCO on the hub": {row: values{"image": []byte(png), "sentences": []any{values{"raw": "a cat", "sentid": int64(7), "tokens": []any{"a", "cat"}}, values{"raw": "a dog", "sentid": int64(8)}},
			"objects": values{"bbox": []any{[]any{4.0, 2.0, 20.0, 10.0}, []any{1.0, 1.0, 0.0, 5.0}}, "category": []any{int64(3), int64(4)}, "area": []any{200.0, 0.0}}},
			left: []shards.LeftOut{left("box", "objects", 1)},
			want: shards.Sample{Images: img, Texts: []shards.Text{text("caption", "a cat"), text("caption", "a dog")},
				Boxes:    []shards.Box{{Label: "3", Y0: 0.1, X0: 0.1, Y1: 0.6, X1: 0.6}},
				Metadata: map[string]string{"sentences/sentid": "[7,8]", "sentences/tokens": `[["a","cat"],null]`, "objects/area": "[200,0]"}}},
		"TensorFlow Datasets": {row: values{"image": []byte(png), "captions/text": []any{[]byte("a cat"), []byte("a dog")}, "captions/id": []any{int64(1), int64(2)},
			"image/filename": []byte("x.jpg"), "objects/bbox": []any{float32(0.5), float32(0.25), float32(1), float32(0.75)}, "objects/label": int64(9)},
			want: shards.Sample{Key: "x.jpg", Images: img, Texts: []shards.Text{text("caption", "a cat"), text("caption", "a dog")},
				Boxes: []shards.Box{{Label: "9", Y0: 0.5, X0: 0.25, Y1: 1, X1: 0.75}}, Metadata: map[string]string{"captions/id": "[1,2]"}}},
		"object detection API": {row: values{"image/encoded": []byte(png), "image/object/bbox/ymin": 0.0, "image/object/bbox/xmin": 0.25,
			"image/object/bbox/ymax": 0.5, "image/object/bbox/xmax": 1.0, "image/object/class/text": []byte("cat"), "image/source_id": int64(5)},
			want: shards.Sample{Key: "5", Images: img, Boxes: []shards.Box{{Label: "cat", X0: 0.25, Y1: 0.5, X1: 1}}}},
		"VQA on the hub": {row: values{"image": []byte(png), "question": "what?", "question_id": int64(12), "multiple_choice_answer": "cat",
			"answers": []any{values{"answer": "cat", "answer_confidence": "yes", "answer_id": int64(1)}, values{"answer": "dog", "answer_confidence": "no"}}},
			left: []shards.LeftOut{left("column", "answers/answer_id", 1)},
			want: shards.Sample{Images: img, Metadata: map[string]string{"multiple_choice_answer": "cat"}, Questions: []shards.Question{{ID: "12", Text: "what?",
				Answers: []shards.Answer{{Text: "cat", Confidence: "yes"}, {Text: "dog", Confidence: "no"}}}}}},
		"answers as a JSON list": {row: values{"question": "what?", "answers": `["cat", "a dog"]`},
			want: shards.Sample{Questions: []shards.Question{{Text: "what?", Answers: []shards.Answer{{Text: "cat"}, {Text: "a dog"}}}}}},
		"answers as a struct of lists": {row: values{"question": "what?", "answers": values{"text": []any{"cat", ""}, "answer_start": []any{int64(1)}}},
			left: []shards.LeftOut{left("answer", "answers", 1), left("column", "answers/answer_start", 1)},
			want: shards.Sample{Questions: []shards.Question{{Text: "what?", Answers: []shards.Answer{{Text: "cat"}}}}}},
		"several questions": {row: values{"questions": []any{"who?", "what?"}, "answers": []any{[]any{"me"}, "it"}},
			want: shards.Sample{Questions: []shards.Question{{Text: "who?", Answers: []shards.Answer{{Text: "me"}}}, {Text: "what?", Answers: []shards.Answer{{Text: "it"}}}}}},
		"answers without a question": {row: values{"text": "a cat", "answer": "x"},
			want: shards.Sample{Texts: []shards.Text{text("alt", "a cat")}, Metadata: map[string]string{"answer": "x"}}},
		"im2txt": {row: values{"image/data": []byte(png), "image/caption": []any{[]byte("<S>"), []byte("a"), []byte("cat"), []byte("</S>")}},
			want: shards.Sample{Images: img, Texts: []shards.Text{text("caption", "a cat")}}},
		"captions as a JSON list": {row: values{"captions": `["a cat", "a dog"]`, "title": `["stays"]`},
			want: shards.Sample{Texts: []shards.Text{text("caption", "a cat"), text("caption", "a dog"), text("title", `["stays"]`)}}},
		"JSON": {row: values{"caption": JSON(`["a cat", "a dog"]`), "more": JSON(`{"b": [1, 2]}`), "name": JSON(`"plain"`)},
			want: shards.Sample{Texts: []shards.Text{text("caption", "a cat"), text("caption", "a dog")}, Metadata: map[string]string{"more": `{"b": [1, 2]}`, "name": "plain"}}},
		"what is kept and what is not": {row: values{"text": "a cat", "n": int32(-3), "ok": true, "x": float32(0.5), "nan": []any{math.NaN(), 1.0}, "tags": []any{"a", nil, "b"},
			"state": Unread("a pickle"), "embedding": []any{0.5, nil}, "vector": numbers(maxNumbers + 1), "long": strings.Repeat("x", maxText+1), "deep": deep(maxDepth + 2)},
			left: []shards.LeftOut{left("column", "deep", 1), left("column", "long", 1), left("column", "state", 1), left("column", "vector", 1)},
			want: shards.Sample{Texts: []shards.Text{text("alt", "a cat")}, Metadata: map[string]string{"n": "-3", "ok": "true", "x": "0.5", "nan": `["NaN",1]`,
				"tags": `["a",null,"b"]`, "embedding": "[0.5,null]"}}},
		"split, url and other ids": {row: values{"text": "a cat", "split": "val", "url": "http://x", "key": "k", "id": int64(4), "uid": "k"},
			want: shards.Sample{Key: "k", Split: "val", Texts: []shards.Text{text("alt", "a cat")}, Provenance: shards.Provenance{URL: "http://x"}, Metadata: map[string]string{"id": "4"}}},
	} {
		t.Run(name, func(t *testing.T) {
			plan, err := Mapping{}.For(ColumnsOf([]map[string]any{c.row}, false))
			if err != nil {
				t.Fatal(err)
			}
			plan.Observe(c.row)
			record := plan.Record(c.row, "row")
			if c.want.Key == "" {
				c.want.Key = "row"
			}
			if record.Err != nil {
				t.Fatal(record.Err)
			}
			if diff := cmp.Diff(c.want, record.Sample, cmpopts.EquateEmpty(), cmpopts.EquateApprox(0, 1e-6)); diff != "" {
				t.Errorf("sample (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.left, record.LeftOut, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("left out (-want +got):\n%s", diff)
			}
		})
	}
}

func numbers(n int) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = float32(i)
	}
	return all
}

func deep(n int) (value any) {
	for range n {
		value = []any{value}
	}
	return value
}

func TestRecord_NamedColumns(t *testing.T) {
	row := values{"a": values{"pic": values{"bytes": []byte(png), "path": nil}, "n": int64(3)}, "captions": []any{values{"lang": "de", "words": "eine Katze"},
		values{"lang": "en", "words": "a cat"}}, "second": "more", "text": "not asked for", "no": "id 7", "part": "dev", "q": "who?", "as": "me", "rest": "r"}
	m := Mapping{Image: []string{"a/pic"}, Text: []string{"captions/words", "second"}, ID: "no", LanguageColumn: "captions/lang", SplitColumn: "part",
		Question: "q", Answers: "as", Keep: []string{"a/n"}, Kind: shards.Caption}
	plan, err := m.For(ColumnsOf([]map[string]any{row}, false))
	if err != nil {
		t.Fatal(err)
	}
	record := plan.Record(row, "row")
	want := shards.Sample{Key: "id 7", Split: "dev", Images: []shards.Image{{Bytes: []byte(png)}},
		Texts: []shards.Text{{Kind: "caption", Language: "de", Value: "eine Katze"}, {Kind: "caption", Language: "en", Value: "a cat"},
			{Kind: "caption", Language: "de", Value: "more"}},
		Questions: []shards.Question{{Text: "who?", Answers: []shards.Answer{{Text: "me"}}}}, Metadata: map[string]string{"a/n": "3"}}
	if diff := cmp.Diff(want, record.Sample, cmpopts.EquateEmpty()); diff != "" || record.Err != nil {
		t.Errorf("%v (-want +got):\n%s", record.Err, diff)
	}
	left := []shards.LeftOut{{Reason: "column", Name: "rest", N: 1}, {Reason: "column", Name: "text", N: 1}}
	if diff := cmp.Diff(left, record.LeftOut); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	m.Text = []string{"captions/wordz"}
	if _, err := m.For(plan.columns); err == nil || !strings.Contains(err.Error(), "captions/words") {
		t.Errorf("a field that is not there: %v", err)
	}
}

func TestRecord_Rejects(t *testing.T) {
	for name, c := range map[string]struct {
		row    values
		reason string
	}{
		"a text that is not UTF-8":  {values{"caption": "a\xff"}, shards.BadText},
		"bytes that are not UTF-8":  {values{"caption": []byte{0xff, 0}}, shards.BadText},
		"an image without bytes":    {values{"image": values{"bytes": nil, "path": "a.png"}}, NoBytes},
		"nothing":                   {values{"n": int64(1)}, shards.NoContent},
		"edges that do not fit":     {values{"text": "x", "image/object/bbox/ymin": []any{0.0, 1.0}, "image/object/bbox/xmin": 0.0}, BadBoxes},
		"a question that is broken": {values{"question": "\xff"}, shards.BadText},
	} {
		plan, err := Mapping{}.For(ColumnsOf([]map[string]any{c.row}, false))
		if err != nil {
			t.Fatal(err)
		}
		if record := plan.Record(c.row, "row"); record.Reason != c.reason {
			t.Errorf("%s: %q %v, want %q", name, record.Reason, record.Err, c.reason)
		}
	}
}

// TestObserve_BoxFormats finds the format of boxes in pixels from the first rows: COCO's, unless a
// box would then lie outside its image.
func TestObserve_BoxFormats(t *testing.T) {
	row := func(box ...any) values {
		return values{"image": []byte(png), "objects": values{"bbox": []any{box}, "category": []any{"cat"}}}
	}
	small, large := row(4, 2, 20, 10), row(30, 10, 36, 18)
	for name, c := range map[string]struct {
		format   string
		observed values
		row      values
		want     shards.Box
		left     bool
	}{
		"COCO":       {observed: small, row: small, want: shards.Box{Label: "cat", X0: 0.1, Y0: 0.1, X1: 0.6, Y1: 0.6}},
		"Pascal VOC": {observed: large, row: small, want: shards.Box{Label: "cat", X0: 0.1, Y0: 0.1, X1: 0.5, Y1: 0.5}},
		"named":      {observed: large, row: small, format: "yxyx", want: shards.Box{Label: "cat", X0: 0.05, Y0: 0.2, X1: 0.25, Y1: 1}},
		"not told":   {observed: values{}, row: small, left: true},
		"outside":    {observed: small, row: row(30, 10, 36, 18), left: true},
		"cut":        {observed: small, row: row(-5, 15, 10, 30), format: "xywh", want: shards.Box{Label: "cat", X0: 0, Y0: 0.75, X1: 0.125, Y1: 1}},
		"off":        {observed: small, row: row(100, 100, 4, 4), format: "xywh", left: true},
		"off by one": {observed: small, row: row(41, 3, 4, 4), format: "xywh", left: true},
	} {
		plan, err := Mapping{BoxFormat: c.format}.For(ColumnsOf([]map[string]any{small}, false))
		if err != nil {
			t.Fatal(err)
		}
		plan.Observe(c.observed)
		record := plan.Record(c.row, "row")
		if (len(record.LeftOut) > 0) != c.left || c.left && len(record.Sample.Boxes) > 0 {
			t.Errorf("%s: left out %v, boxes %v", name, record.LeftOut, record.Sample.Boxes)
		}
		if !c.left {
			if diff := cmp.Diff([]shards.Box{c.want}, record.Sample.Boxes, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	}
	if _, err := (Mapping{BoxFormat: "hwyx"}).For(nil); err == nil {
		t.Error("a format that there is not was taken")
	}
}

func TestDescribe(t *testing.T) {
	columns := []Column{{Name: "original_prompt", Type: Text}, {Name: "original_image", Type: Image}, {Name: "edit_prompt", Type: Text}, {Name: "edited_image", Type: Image}}
	for _, c := range []struct {
		mapping Mapping
		want    string
	}{
		{Mapping{Image: []string{"original_image"}, NamedOnly: true, KeepNamed: true}, "image column original_image; " +
			"no text column among original_prompt, edit_prompt, edited_image: name one with --text-column; " +
			"further image column edited_image left out: repeat --image-column to take more than one"},
		{Mapping{Text: []string{"edit_prompt"}}, "image columns original_image, edited_image; text column edit_prompt; kept as metadata: original_prompt"},
		{Mapping{Text: []string{"edit_prompt"}, Keep: []string{"original_prompt"}},
			"image columns original_image, edited_image; text column edit_prompt; kept as metadata: original_prompt"},
	} {
		plan, err := c.mapping.For(columns)
		if err != nil {
			t.Fatal(err)
		}
		if got := plan.Describe(); got != c.want {
			t.Errorf("%+v:\n%s\nwant\n%s", c.mapping, got, c.want)
		}
	}
}

func FuzzRecord(f *testing.F) {
	f.Add(`{"image": {"bytes": null, "path": "x"}, "captions": [{"raw": "a", "id": 1}], "objects": {"bbox": [[1, 2, 3, 4]], "category": [1]}}`, "captions/raw")
	f.Add(`{"question": ["a", "b"], "answers": [["x"], {"answer": ["y"], "answer_confidence": "no"}], "objects/bbox": [0.1, 0.2, 0.3, 0.4]}`, "answers")
	f.Add(`{"sentences": "[\"a\"]", "split": [], "url": {}, "id": 1e400, "": [[[[[[[[[[1]]]]]]]]]]}`, "")
	f.Fuzz(func(t *testing.T, content, path string) {
		decoder := json.NewDecoder(strings.NewReader(content))
		decoder.UseNumber()
		row := values{}
		if decoder.Decode(&row) != nil {
			return
		}
		for _, m := range []Mapping{{}, {Optional: true, Text: []string{path}, Boxes: path}, {Optional: true, NamedOnly: true, KeepNamed: true, Keep: []string{path}, Answers: path, Question: path}} {
			for _, columns := range [][]Column{nil, ColumnsOf([]map[string]any{row}, true)} {
				plan, err := m.For(columns)
				if err != nil {
					continue
				}
				plan.Observe(row)
				plan.Describe()
				first, second := plan.Record(row, "k"), plan.Record(row, "k")
				if (first.Err == nil) != (second.Err == nil) || !cmp.Equal(first.Sample, second.Sample, cmpopts.EquateNaNs()) || !cmp.Equal(first.LeftOut, second.LeftOut) {
					t.Fatalf("twice the same row: %+v and %+v", first, second)
				}
			}
		}
	})
}
