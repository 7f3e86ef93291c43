package mapping

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pali3/pali3/shards"
)

func TestBase64Image(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString([]byte(png))
	for text, want := range map[string]bool{
		encoded: true, strings.TrimRight(encoded, "="): true, " " + encoded + "\n": true, encoded[:40] + "\r\n" + encoded[40:]: true,
		"data:image/png;base64," + encoded: true,
		"":                                 false, "/9j/folder/of/a/very/long/name/that/looks/like/base64/and/is.jpg": false, "iVBORw0KGgo": false,
		encoded[:60] + "!" + encoded[60:]: false, "Qk" + strings.Repeat("A", 60) + "B": false, "a caption of a photograph that is longer than any limit here": false,
	} {
		content, ok := Base64Image(text)
		if ok != want || ok && string(content) != png {
			t.Errorf("%.30q: %v", text, ok)
		}
	}
}

func TestRecord_TakesDialogues(t *testing.T) {
	turn := func(user, assistant any) any { return values{"user": user, "assistant": assistant, "source": "vqav2"} }
	row := values{"images": []any{values{"bytes": []byte(png), "path": nil}}, "texts": []any{turn("What?", "A cat."), turn("Who?", " ")}}
	plan, err := Mapping{Language: "en"}.For(ColumnsOf([]map[string]any{row}, false))
	if err != nil {
		t.Fatal(err)
	}
	r := plan.Record(row, "k")
	questions := []shards.Question{{Text: "What?", Language: "en", Answers: []shards.Answer{{Text: "A cat."}}}}
	if diff := cmp.Diff(questions, r.Sample.Questions) + cmp.Diff([]shards.LeftOut{{Reason: shards.LeftAnswer, Name: "texts", N: 1}}, r.LeftOut) +
		cmp.Diff(map[string]string{"texts/source": `["vqav2","vqav2"]`}, r.Sample.Metadata); diff != "" || len(r.Sample.Texts) > 0 {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRecord_TakesImagesInBase64(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString([]byte(png))
	rows := []map[string]any{{"image": encoded, "caption": "a"}, {"image": []any{encoded, encoded}, "caption": "b"}, {"image": "img/0.png", "caption": "c"}}
	for i, want := range []int{1, 2, 0} {
		plan, err := Mapping{}.For(ColumnsOf(rows[i:i+1], false))
		if err != nil {
			t.Fatal(err)
		}
		r := plan.Record(rows[i], "k")
		if len(r.Sample.Images) != want || len(r.Sample.Texts) != 1 {
			t.Errorf("row %d: %+v", i, r)
		}
		var metadata map[string]string
		var left []shards.LeftOut
		if want == 0 {
			metadata, left = map[string]string{"image": "img/0.png"}, []shards.LeftOut{{Reason: shards.LeftImage, Name: "image", N: 1}}
		}
		if diff := cmp.Diff(metadata, r.Sample.Metadata) + cmp.Diff(left, r.LeftOut); diff != "" {
			t.Errorf("row %d: metadata and left out (-want +got):\n%s", i, diff)
		}
	}
}
