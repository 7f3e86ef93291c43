package archive

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/ingest/tabular"
	"github.com/pali3/pali3/shards"
)

func pngOf(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWebDataset_TakesNamedMembersAndFields(t *testing.T) {
	left, right := string(pngOf(t, 4, 3)), string(pngOf(t, 5, 3))
	path := filepath.Join(t.TempDir(), "a.tar")
	ingesttest.WriteTar(t, path,
		"1.left.png", left, "1.right.png", right, "1.short.txt", "short", "1.long.txt", "long",
		"1.json", `{"id": "first", "prompt": "a prompt", "q": "what?", "a": ["x", "y"], "captions": [{"text": "c1", "lang": "de"}, {"text": "c2", "lang": "fr"}], "part": "val", "n": 7}`,
		"2.left.png", left, "2.json", `{"prompt": "alone"}`)
	for _, c := range []struct {
		name           string
		columns        tabular.Columns
		language, kind string
		want           string // of the first record
	}{
		{"nothing named", tabular.Columns{}, "", "", "1 images 2 texts c1 c2 short long questions 0 left map[]"},
		{"a member of text", tabular.Columns{Text: "short.txt"}, "en", "caption", "1 images 2 texts short(en caption) questions 0 left map[text:3]"},
		{"a member that is an image", tabular.Columns{Image: "right.png", Text: "prompt"}, "", "", "1 images 1 texts a prompt questions 0 left map[image:1 text:4]"},
		{"fields by path, with languages", tabular.Columns{Text: "captions/text", Language: "captions/lang", ID: "id", Split: "part"}, "", "",
			"first images 2 texts c1(de caption) c2(fr caption) questions 0 left map[text:2] split val"},
		{"questions", tabular.Columns{Question: "q", Answers: "a"}, "", "", "1 images 2 texts c1 c2 short long questions 1 answers 2 left map[]"},
		{"metadata", tabular.Columns{Keep: []string{"n"}}, "", "", "1 images 2 texts c1 c2 short long questions 0 left map[column:5] n 7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			source, err := NewWebDataset(nil, path)
			if err != nil {
				t.Fatal(err)
			}
			if err := source.Map(c.columns, c.language, c.kind); err != nil {
				t.Fatal(err)
			}
			for record := range source.Records(t.Context(), ingest.Cursor{}) {
				if record.Err != nil {
					t.Fatal(record.Err)
				}
				if got := shown(&record); got != c.want {
					t.Errorf("got  %s\nwant %s", got, c.want)
				}
				break
			}
		})
	}
}

// shown is a record in short.
func shown(r *shards.Record) string {
	s := &r.Sample
	var texts []string
	for _, x := range s.Texts {
		text := x.Value
		if about := strings.TrimSpace(x.Language + " " + strings.TrimPrefix(x.Kind, shards.Alt)); about != "" {
			text += "(" + about + ")"
		}
		texts = append(texts, text)
	}
	left := map[string]int64{}
	for _, l := range r.LeftOut {
		left[l.Reason] += max(1, l.N)
	}
	out := fmt.Sprintf("%s images %d texts %s questions %d", s.Key, len(s.Images), strings.Join(texts, " "), len(s.Questions))
	if len(s.Questions) > 0 {
		out += fmt.Sprint(" answers ", len(s.Questions[0].Answers))
	}
	out += fmt.Sprint(" left ", left)
	if s.Split != "" {
		out += " split " + s.Split
	}
	if len(s.Metadata) == 1 {
		for name, value := range s.Metadata {
			out += " " + name + " " + value
		}
	}
	return out
}

func TestWebDataset_RejectsUnknownNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.tar")
	ingesttest.WriteTar(t, path, "1.png", string(pngOf(t, 4, 3)), "1.txt", "one")
	source, err := NewWebDataset(nil, path)
	if err != nil {
		t.Fatal(err)
	}
	if err := source.Map(tabular.Columns{Text: "captoin"}, "", ""); err == nil || !strings.Contains(err.Error(), `no member or field "captoin"`) || !strings.Contains(err.Error(), `"txt"`) {
		t.Error(err)
	}
}
