package project

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStart_RefusesWhatCannotWork(t *testing.T) {
	be := goBackend(t)
	copies := func(t *testing.T, dir string, n int) {
		writeShapes(t, dir, 1)
		content, err := os.ReadFile(filepath.Join(dir, "000.png"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			name := filepath.Join(dir, string(rune('a'+i%26))+strings.Repeat("x", i/26)+".png")
			if err := os.WriteFile(name, content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	write := func(t *testing.T, path, content string) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		fill func(t *testing.T, dir string)
		o    StartOptions
		want []string // in the error
	}{
		{"an empty folder", func(t *testing.T, dir string) {}, StartOptions{}, []string{"holds no images"}},
		{"a folder of documents", func(t *testing.T, dir string) { write(t, dir+"/a.doc", "text") }, StartOptions{}, []string{"holds no images"}},
		{"one image", func(t *testing.T, dir string) { writeShapes(t, dir, 1) }, StartOptions{}, []string{"there is 1 image", "needs at least 60"}},
		{"too few images", func(t *testing.T, dir string) { writeShapes(t, dir, 30) }, StartOptions{}, []string{"there are 30 different images", "at least 60"}},
		{"all duplicates", func(t *testing.T, dir string) { copies(t, dir, 70) }, StartOptions{}, []string{"there is 1 image in 71 samples"}},
		{"files that are no images", func(t *testing.T, dir string) {
			for i := range 5 {
				write(t, filepath.Join(dir, string(rune('a'+i))+".png"), "not a PNG")
			}
		}, StartOptions{}, []string{"none of the 5 records", "can be used; the first"}},
		{"no texts", func(t *testing.T, dir string) {
			writeShapes(t, dir, 70)
			texts, _ := filepath.Glob(filepath.Join(dir, "*.txt"))
			for _, text := range texts {
				os.Remove(text)
			}
		}, StartOptions{}, []string{"none of the 70 images has a text or a question", "--text-from filename"}},
		{"an unknown size", func(t *testing.T, dir string) { writeShapes(t, dir, 1) }, StartOptions{Size: "huge"}, []string{`unknown size "huge"`, "tiny, small, base"}},
		{"too few minutes", func(t *testing.T, dir string) { writeShapes(t, dir, 70) }, StartOptions{Size: "nano", Minutes: 1e-6}, []string{"minutes are too few", "--minutes"}},
		{"negative minutes", func(t *testing.T, dir string) { writeShapes(t, dir, 1) }, StartOptions{Minutes: -1}, []string{"must be above 0"}},
		{"a wrong language", func(t *testing.T, dir string) { writeShapes(t, dir, 1) }, StartOptions{Language: "englisch"}, []string{"englisch"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			from := filepath.Join(dir, "data")
			if err := os.MkdirAll(from, 0o755); err != nil {
				t.Fatal(err)
			}
			c.fill(t, from)
			c.o.Backend = be
			_, err := Start(t.Context(), from, filepath.Join(dir, "mine"), c.o)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
		})
	}
}

func TestDecide_WarnsOfALanguageOfThreeTexts(t *testing.T) {
	m := &Measured{
		Samples: 5000, Images: 5000, Distinct: 5000, Captioned: 5000, Texts: 5003, Kinds: map[string]int{"caption": 5003},
		Languages: map[string]int{"en": 5000, "sw": 3}, Splits: map[string]int{"": 5000}, Side: Spread{64, 64, 64, 64, 64},
		Vocabulary: 1024, TextPieces: Spread{1, 5, 8, 10, 12}, CaptionPrompt: 9, Document: Spread{1, 6, 9, 12, 14},
	}
	p, err := decide(m, sizes[0], 0)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(p.Warnings, "\n"), "1 language with fewer than 20 texts cannot be learnt and may be missing in the test split: sw (3)") {
		t.Errorf("the warnings %q do not name sw", p.Warnings)
	}
}

func TestDecide_WarnsOfQuestionsWithoutLanguage(t *testing.T) {
	m := &Measured{
		Samples: 900, Images: 900, Distinct: 900, Asked: 900, Questions: 1800, QuestionLanguages: map[string]int{"": 1700, "en": 100},
		Splits: map[string]int{"": 900}, Side: Spread{64, 64, 64, 64, 64}, Vocabulary: 512,
		Question: Spread{9, 9, 10, 10, 10}, Answer: Spread{1, 1, 1, 1, 1}, QuestionText: Spread{5, 6, 7, 7, 7}, Document: Spread{1, 6, 9, 12, 14},
	}
	p, err := decide(m, sizes[0], 0)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(p.Warnings, "\n"), "1700 of 1800 questions have no language; set it with --language where they are ingested") {
		t.Errorf("warnings %q", p.Warnings)
	}
}

func TestLook(t *testing.T) {
	dir := t.TempDir()
	write := func(path, content string) {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	writeShapes(t, filepath.Join(dir, "texts"), 3)
	for i := range 12 {
		for _, label := range []string{"cat", "dog"} {
			write("labels/"+label+"/"+string(rune('a'+i))+".png", "x")
		}
		write("names/red_car_"+string(rune('a'+i))+".png", "x")
	}
	write("table/a.png", "x")
	write("table/b.png", "x")
	write("table/list.tsv", "file\tlang\tcaption\na.png\ten\ta cat\na.png\tde\teine Katze\nb.png\ten\ta dog\n")
	write("easy/train/questions.json", "[]")
	write("easy/train/images/0.png", "x")
	write("clone/easy_vqa/data/test/questions.json", "[]")
	write("clone/easy_vqa/data/train/questions.json", "[]")
	write("clone/easy_vqa/data/train/images/0.png", "x")
	write("tars/x.tar", "x")
	for _, c := range []struct {
		path string
		want Ingest
	}{
		{"texts", Ingest{Source: "folder"}},
		{"labels", Ingest{Source: "folder", TextFrom: "folder"}},
		{"names", Ingest{Source: "folder", TextFrom: "filename"}},
		{"table", Ingest{Source: "table", Columns: Columns{Image: "file", Text: []string{"caption"}, Language: "lang", Group: "file"}}},
		{"table/list.tsv", Ingest{Source: "table", Columns: Columns{Image: "file", Text: []string{"caption"}, Language: "lang", Group: "file"}}},
		{"easy", Ingest{Source: "easyvqa"}},
		{"clone", Ingest{Source: "easyvqa"}},
		{"tars", Ingest{Source: "webdataset"}},
		{"tars/x.tar", Ingest{Source: "webdataset"}},
	} {
		found, err := look(filepath.Join(dir, c.path), func(format string, args ...any) { t.Errorf("%s: %s", c.path, fmt.Sprintf(format, args...)) })
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		if found.Source != c.want.Source || found.TextFrom != c.want.TextFrom || found.Columns.Group != c.want.Columns.Group ||
			found.Columns.Image != c.want.Columns.Image || strings.Join(found.Columns.Text, ",") != strings.Join(c.want.Columns.Text, ",") {
			t.Errorf("%s: %+v, want %+v", c.path, *found, c.want)
		}
	}
}

func TestLook_NamesTablesThatAreNotUsed(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"a.csv": "file,caption\nx.png,Gr\xf6\xdfe\n", "b.csv": "file,caption\nx.png,a cat\n", "c.csv": "file,caption\nx.png,a dog\n", "x.png": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var notes []string
	found, err := look(dir, func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) })
	if err != nil || filepath.Base(found.Path) != "b.csv" {
		t.Fatalf("%+v, %v", found, err)
	}
	if len(notes) != 2 || !strings.Contains(notes[0], "a.csv") || !strings.Contains(notes[0], "is not UTF-8") || !strings.Contains(notes[0], "pali3 ingest table") ||
		!strings.Contains(notes[1], "c.csv is not used, because") {
		t.Errorf("notes %q", notes)
	}
}
