package folder

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/ingest/internal/nametext"
	"github.com/pali3/pali3/shards"
)

func TestFolder_ReadsMetadataOfHuggingFace(t *testing.T) {
	for name, content := range map[string]string{
		"metadata.jsonl": `{"file_name": "0.png", "text": "caption number 0"}` + "\n" + `{"file_name": "1.png", "text": "caption, number 1"}` + "\n" + `{"file_name": "sub/2.png", "text": "caption number 2"}` + "\n",
		"metadata.csv":   "file_name,text\n0.png,caption number 0\n1.png,\"caption, number 1\"\nsub/2.png,caption number 2\n",
		"Metadata.CSV":   "\xef\xbb\xbfFile_Name;Text\r\n0.png;caption number 0\r\n1.png;caption, number 1\r\n.\\sub\\2.png;caption number 2\r\n",
		"metadata.tsv":   "file_name\ttext\n0.png\tcaption number 0\n1.png\tcaption, number 1\n./sub/2.png\tcaption number 2",
	} {
		t.Run(name, func(t *testing.T) {
			samples, stat, _ := folderOf(t, map[string]string{"0.png": "image", "1.png": "image", "sub/2.png": "image", name: content})
			if stat.Rows != 3 || stat.Texts != 3 || len(stat.LeftOut) > 0 {
				t.Errorf("%+v", stat)
			}
			for key, want := range map[string]string{"0.png": "caption number 0", "1.png": "caption, number 1", "sub/2.png": "caption number 2"} {
				if got := ingesttest.Texts(samples[key]); !slices.Equal(got, []string{want}) {
					t.Errorf("%s: %q", key, got)
				}
			}
		})
	}
}

func TestFolder_ReadsMetadataParquet(t *testing.T) {
	type row struct {
		FileName string   `parquet:"file_name"`
		Captions []string `parquet:"captions,list"`
		Objects  struct {
			Area float64 `parquet:"area"`
		} `parquet:"objects"`
	}
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"train/a.png": string(ingesttest.PNG(1)), "train/b.png": string(ingesttest.PNG(2)), "test/c.png": string(ingesttest.PNG(3))})
	first := row{FileName: "a.png", Captions: []string{"one", "two"}}
	first.Objects.Area = 2.5
	if err := parquet.WriteFile(filepath.Join(dir, "train", "metadata.parquet"), []row{first, {FileName: "gone.png"}}); err != nil {
		t.Fatal(err)
	}
	source, err := New(dir, "")
	samples, stat, _ := ingesttest.Ingest(t, source, err)
	a := samples["train/a.png"]
	if !slices.Equal(ingesttest.Texts(a), []string{"one", "two"}) || a.Metadata["objects"] != `{"area":2.5}` || a.Split != "train" || samples["test/c.png"].Split != "test" {
		t.Errorf("%+v", samples)
	}
	if want := []string{"train/metadata.parquet:2 (no image gone.png)"}; !slices.Equal(stat.LeftOutFirst[shards.LeftMetadata], want) {
		t.Errorf("left out %v", stat.LeftOutFirst)
	}
}

func TestFolder_CountsDamagedMetadata(t *testing.T) {
	samples, stat, _ := folderOf(t, map[string]string{"a.png": "image", "b.png": "image", "c.png": "image",
		"metadata.jsonl": `{"file_name":"a.png","text":"a","objects":{"bbox":[[1,2,3,4]]},"score":NaN}` + "\n{broken\n" + `{"file_name":"nowhere.png","text":"x"}` + "\n" + `{"text":"x"}` + "\n" +
			`{"file_name":"a.png","text":"a"}` + "\n" + `{"file_name":"a.png","text":"second"}` + "\n[1]\n" + `{"file_name":"../c.png","text":"out"}` + "\n\xff\n",
		"metadata.csv": "file_name,text,n\nb.png,one,1\nb.png,\"never closed,2\nb.png,two\nb.png,a \"bare\" quote,1\nc.png,\"two\nlines\",\"5\"\"\"\nb.png,\xe9,1\n"})
	if stat.Rows != 3 || stat.Rejected != 0 || stat.LeftOut[shards.LeftMetadata] != 10 {
		t.Errorf("%+v", stat)
	}
	if got := ingesttest.Texts(samples["a.png"]); !slices.Equal(got, []string{"a", "second"}) || samples["a.png"].Metadata["objects"] != `{"bbox":[[1,2,3,4]]}` {
		t.Errorf("a: %+v", samples["a.png"])
	}
	if got := ingesttest.Texts(samples["b.png"]); !slices.Equal(got, []string{"one", `a "bare" quote`}) {
		t.Errorf("b: %q", got)
	}
	if c := samples["c.png"]; !slices.Equal(ingesttest.Texts(c), []string{"two\nlines"}) || c.Metadata["n"] != `5"` {
		t.Errorf("c: %+v", c)
	}
	if names := stat.LeftOutFirst[shards.LeftMetadata]; len(names) == 0 || !strings.HasPrefix(names[0], "metadata.csv:") && !strings.HasPrefix(names[0], "metadata.jsonl:") && !strings.HasPrefix(names[0], "a.png") {
		t.Errorf("left out %q", names)
	}
}

func TestFolder_ReadsCaptionTables(t *testing.T) {
	for name, c := range map[string]struct{ file, content string }{
		"Flickr8k of Kaggle":   {"captions.txt", "image,caption\n1.jpg,\"A dog, running\"\n1.jpg,A \"big\" dog\n2.jpg,A cat\n"},
		"Flickr8k, unquoted":   {"captions.txt", "image,caption\n1.jpg,A dog, running\n1.jpg,A \"big\" dog\n2.jpg,A cat\n"},
		"Flickr8k":             {"text/Flickr8k.token.txt", "1.jpg#0\tA dog, running\n1.jpg#1\tA \"big\" dog\n2.jpg#0\tA cat\n"},
		"Flickr30k":            {"results_20130124.token", "1.jpg#0\tA dog, running\n1.jpg#1\tA \"big\" dog\n2.jpg#0\tA cat\n"},
		"Flickr30k of Kaggle":  {"results.csv", "image_name| comment_number| comment\n1.jpg| 0| A dog, running\n1.jpg| 1| A \"big\" dog\n2.jpg| 0| A cat\n"},
		"without a header":     {"captions.csv", "Images/1.jpg,\"A dog, running\"\nImages/1.jpg,A \"big\" dog\nImages/2.jpg,A cat\n"},
		"kohya's":              {"Images/meta_cap.json", `{"1":{"captions":["A dog, running","A \"big\" dog"]},"2":{"caption":"A cat"}}`},
		"an object of strings": {"captions.json", `{"1.jpg":["A dog, running","A \"big\" dog"],"2.jpg":"A cat"}`},
	} {
		t.Run(name, func(t *testing.T) {
			samples, stat, _ := folderOf(t, map[string]string{"Images/1.jpg": "image", "Images/2.jpg": "image", c.file: c.content})
			if stat.Rows != 2 || len(stat.LeftOut) > 0 {
				t.Errorf("%+v", stat)
			}
			if got := ingesttest.Texts(samples["Images/1.jpg"]); !slices.Equal(got, []string{"A dog, running", `A "big" dog`}) {
				t.Errorf("1: %q", got)
			}
			if got := ingesttest.Texts(samples["Images/2.jpg"]); !slices.Equal(got, []string{"A cat"}) {
				t.Errorf("2: %q", got)
			}
		})
	}
}

func TestFolder_LimitsLinesPerImage(t *testing.T) {
	var b strings.Builder
	b.WriteString("file_name,text\n")
	for i := range 200_000 {
		fmt.Fprintf(&b, "a.png,caption %d\n", i)
	}
	samples, stat, _ := folderOf(t, map[string]string{"a.png": "image", "metadata.csv": b.String()})
	if len(ingesttest.Texts(samples["a.png"])) != maxLines || stat.LeftOut[shards.LeftMetadata] != 200_000-maxLines {
		t.Errorf("%d texts, left out %v", len(ingesttest.Texts(samples["a.png"])), stat.LeftOut)
	}
}

func TestFolder_DoesNotGuessAmongEqualNames(t *testing.T) {
	samples, stat, _ := folderOf(t, map[string]string{"a/1.jpg": "image", "b/1.jpg": "image", "captions.txt": "image,caption\n1.jpg,which?\n"})
	if len(ingesttest.Texts(samples["a/1.jpg"])) > 0 || len(ingesttest.Texts(samples["b/1.jpg"])) > 0 || stat.LeftOut[shards.LeftMetadata] != 1 {
		t.Errorf("%+v %+v", samples, stat)
	}
}

func TestFolder_RecognizesImagesByName(t *testing.T) {
	png := "image"
	samples, stat, reasons := folderOf(t, map[string]string{"a.JPG": png, "a.txt": "small", "B.jfif": png, "b.TXT": "large", "c.jpe": png, "c.caption": "c",
		"d.tif": png, "d.json": `{"text":"a PNG by another name"}`, "e.tiff": "II*\x00rest", "f.avif": "\x00\x00\x00\x1cftypavif\x00\x00\x00\x00", "g.heic": "\x00\x00\x00\x1cftypheic\x00\x00\x00\x00",
		"h.jxl": "\xff\x0a", "i.svg": "<svg/>", "noending": png, "j.png": png, "j.jpg": png, "j.txt": "both", "k.png": png, "k.png.txt": "by its whole name", "empty.png": ""})
	if stat.Rows != 8 || stat.Rejected != 6 {
		t.Errorf("%+v, rejected %v", stat, reasons)
	}
	for key, want := range map[string]string{"a.JPG": "small", "B.jfif": "large", "c.jpe": "c", "d.tif": "a PNG by another name", "j.png": "both", "j.jpg": "both", "k.png": "by its whole name"} {
		if got := ingesttest.Texts(samples[key]); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q", key, got)
		}
	}
	for _, key := range []string{"e.tiff", "f.avif", "g.heic", "h.jxl", "i.svg", "empty.png"} {
		if reasons[key] != ingest.BadImage {
			t.Errorf("%s: %q", key, reasons[key])
		}
	}
}

func TestFolder_CountsWhatItDoesNotRead(t *testing.T) {
	_, stat, _ := folderOf(t, map[string]string{"a.png": "image", "notes.md": "x", "a.npz": "x", "b.npz": "x", "sub/orphan.txt": "x", "sub/other.caption": "x", ".DS_Store": "x",
		"Thumbs.db": "x", ".git/HEAD": "x", ".git/a.png": "image", "__MACOSX/._a.png": "x", "._a.png": "x", "labels.csv": "file,text\na.png,x\n",
		"annotations/captions_val2017.json": "{}", "a.txt": " \n"})
	want := map[string]int64{shards.LeftFile: 10, shards.LeftText: 3}
	if fmt.Sprint(stat.LeftOut) != fmt.Sprint(want) || stat.Rows != 1 {
		t.Errorf("left out %v, %q", stat.LeftOut, stat.LeftOutFirst)
	}
	files := strings.Join(stat.LeftOutFirst[shards.LeftFile], "\n")
	for _, name := range []string{"pali3 ingest benchmark coco-captions", "pali3 ingest table", ".git/"} {
		if !strings.Contains(files, name) {
			t.Errorf("%s is not among\n%s", name, files)
		}
	}
}

func TestFolder_ReadsUTF16Texts(t *testing.T) {
	samples, _, reasons := folderOf(t, map[string]string{"a.png": "image", "a.txt": "\xff\xfeh\x00i\x00", "b.png": "image", "b.txt": "caf\xe9", "c.png": "image", "c.json": `{"boxes":[[1,2]],"caption":NaN,"captions":["x","y"],"key":"mine"}`})
	if got := ingesttest.Texts(samples["a.png"]); !slices.Equal(got, []string{"hi"}) {
		t.Errorf("a: %q", got)
	}
	if c := samples["c.png"]; !slices.Equal(ingesttest.Texts(c), []string{"x", "y"}) || c.Metadata["boxes"] != "[[1,2]]" || c.Metadata["key"] != "mine" {
		t.Errorf("c: %+v", c)
	}
	if reasons["b.png"] != ingest.BadText {
		t.Errorf("b: %q", reasons["b.png"])
	}
}

// What a folder yields after its first n records is what it yields, less those.
func TestFolder_ResumesAnywhere(t *testing.T) {
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"a.png": string(ingesttest.PNG(1)), "x.md": "x", "sub/metadata.jsonl": `{"file_name":"b.png","text":"b"}` + "\n{", "sub/b.png": string(ingesttest.PNG(2)),
		"sub/c.txt": "orphan", "sub/deep/d.png": string(ingesttest.PNG(3)), "captions.txt": "image,caption\nd.png,d\nz.png,z\n", "metadata.csv": "file_name,text\nsub/b.png,far\n"})
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, sequences := range []bool{false, true} {
		source, err := New(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		source.Sequences = sequences
		read := func(n int64) (all []string) {
			for r := range source.Records(t.Context(), ingest.After(n)) {
				all = append(all, fmt.Sprint(r.Sample.Key, r.Reason, ingesttest.Texts(r.Sample), r.LeftOut, r.IsAside()))
			}
			return all
		}
		whole := read(0)
		for n := range whole {
			if got := read(int64(n)); !slices.Equal(got, whole[n:]) {
				t.Errorf("after %d: %q, want %q", n, got, whole[n:])
			}
		}
	}
}

func FuzzDescription(f *testing.F) {
	f.Add([]byte("file_name,text\na.png,\"x\ny\"\nb.png,z\n"), uint8(0))
	f.Add([]byte("{\"file_name\":\"a.png\",\"text\":\"x\"}\n{\"file_names\":[\"b.png\"],\"n\":NaN}"), uint8(1))
	f.Add([]byte("a.png#0\tx\nb.png#1\ty\n"), uint8(2))
	f.Add([]byte("image_name| comment_number| comment\na.png| 0| x\n"), uint8(3))
	f.Add([]byte(`{"a":"x","b.png":["y"]}`), uint8(4))
	f.Fuzz(func(t *testing.T, content []byte, kind uint8) {
		dir := t.TempDir()
		name := []string{"metadata.csv", "metadata.jsonl", "x.token", "results.csv", "captions.json", "captions.txt", "metadata.parquet"}[kind%7]
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
		os.WriteFile(filepath.Join(dir, "a.png"), ingesttest.PNG(1), 0o644)
		source, err := New(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for record := range source.Records(t.Context(), ingest.Cursor{}) {
			if completed := ingest.Complete(record, ingest.Options{}); !completed.IsAside() && completed.Err == nil && completed.Sample.Key == "" {
				t.Error("a good record without a key")
			}
			n++
		}
		after := 0
		for range source.Records(t.Context(), ingest.After(1)) {
			after++
		}
		if n > 0 && after != n-1 {
			t.Errorf("%d records, %d after the first", n, after)
		}
	})
}

func TestFolder_MakesTextsOfNames(t *testing.T) {
	dir := ingesttest.WriteFiles(t, filepath.Join(t.TempDir(), "my animals"), map[string]string{"red_dog_01.png": string(ingesttest.PNG(1)), "IMG_1.png": string(ingesttest.PNG(2)), "wildCats/lion2.png": string(ingesttest.PNG(3)),
		"wildCats/lion2.txt": "a lion", "wildCats/tiger.png": string(ingesttest.PNG(4)), "train/x.png": string(ingesttest.PNG(5))})
	for _, c := range []struct {
		from        string
		all, labels bool
		want        map[string][]string
		left        int64
	}{
		{nametext.FromFilename, false, false, map[string][]string{"red_dog_01.png": {"red dog"}, "IMG_1.png": nil, "wildCats/lion2.png": {"a lion"}, "wildCats/tiger.png": {"tiger"}, "train/x.png": nil}, 2},
		{nametext.FromFilename, true, false, map[string][]string{"red_dog_01.png": {"red dog"}, "IMG_1.png": nil, "wildCats/lion2.png": {"a lion", "lion"}, "wildCats/tiger.png": {"tiger"}, "train/x.png": nil}, 2},
		{nametext.FromFolder, false, false, map[string][]string{"red_dog_01.png": {"my animals"}, "IMG_1.png": {"my animals"}, "wildCats/lion2.png": {"a lion"}, "wildCats/tiger.png": {"wild cats"}, "train/x.png": nil}, 1},
		{nametext.FromFilename, false, true, map[string][]string{"red_dog_01.png": {"red dog"}, "IMG_1.png": nil, "wildCats/lion2.png": {"a lion", "wildCats"}, "wildCats/tiger.png": {"tiger", "wildCats"}, "train/x.png": {"train"}}, 2},
	} {
		source, err := New(dir, "en")
		if err != nil {
			t.Fatal(err)
		}
		source.TextFrom, source.TextFromAll, source.Labels = c.from, c.all, c.labels
		samples, stat, _ := ingesttest.Ingest(t, source, err)
		if stat.Rows != 5 || stat.LeftOut[shards.LeftText] != c.left {
			t.Errorf("%s: %+v", c.from, stat)
		}
		for key, want := range c.want {
			if got := ingesttest.Texts(samples[key]); !slices.Equal(got, want) {
				t.Errorf("%s %v: %s: %q, want %q", c.from, c.all, key, got, want)
			}
			for _, text := range samples[key].Texts {
				if text.Language != "en" {
					t.Errorf("%s: %+v", key, text)
				}
			}
		}
	}
}

func TestFolder_ReadsImagesAndTexts(t *testing.T) {
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{
		"a.png": string(ingesttest.PNG(1)), "a.txt": "a cat\n",
		"sub/b.png": string(ingesttest.PNG(2)), "sub/metadata.jsonl": `{"file_name":"b.png","caption":"a dog","lens":"50mm"}` + "\n",
		"c.png": string(ingesttest.PNG(3)), "c.json": `{"texts":[{"kind":"caption","language":"fr","value":"un oiseau"}],"split":"held_out"}`,
		"page.jpg": "<html>", "cut.png": string(ingesttest.PNG(4)[:40]), "notes.md": "no image",
		"bad.png": string(ingesttest.PNG(5)), "bad.json": "{",
	})
	os.Symlink("/etc/hostname", filepath.Join(dir, "link.png"))
	source, err := New(dir, "en")
	samples, stat, reasons := ingesttest.Ingest(t, source, err)
	if stat.Rows != 3 || stat.Rejected != 4 || stat.Languages["en"] != 2 || stat.Languages["fr"] != 1 || stat.Splits["held_out"] != 1 {
		t.Errorf("counted %+v, rejected %v", stat, reasons)
	}
	if b := samples["sub/b.png"]; len(b.Texts) != 1 || b.Texts[0].Value != "a dog" || b.Metadata["lens"] != "50mm" || b.Images[0].Width != 8 {
		t.Errorf("b: %+v", b)
	}
	for key, reason := range map[string]string{"page.jpg": ingest.BadImage, "cut.png": ingest.BadImage, "bad.png": ingest.BadText, "link.png": ingest.Unreadable} {
		if reasons[key] != reason {
			t.Errorf("%s rejected for %q, want %q", key, reasons[key], reason)
		}
	}
}

func TestFolder_ReadsSequencesAndLabels(t *testing.T) {
	animated, err := os.ReadFile("../internal/frames/testdata/keep.gif")
	if err != nil {
		t.Fatal(err)
	}
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{
		"jump/2.png": string(ingesttest.PNG(2)), "jump/1.png": string(ingesttest.PNG(1)), "jump.txt": "a jump", "run/a.gif": string(animated), "run.caption": "a run", "notes.md": "x",
	})
	source, err := New(dir, "en")
	if err != nil {
		t.Fatal(err)
	}
	source.Sequences = true
	to := filepath.Join(t.TempDir(), "d")
	stat, err := ingest.Run(t.Context(), source, to, ingest.Options{Frames: 3})
	if err != nil || stat.Rows != 2 || stat.Images != 5 || stat.Texts != 2 {
		t.Errorf("%+v, %v", stat, err)
	}
	source.Sequences, source.Labels = false, true
	samples, stat, _ := ingesttest.Ingest(t, source, nil)
	if s := samples["jump/1.png"]; stat.Rows != 3 || len(s.Texts) != 1 || s.Texts[0] != (shards.Text{Kind: shards.Title, Language: "en", Value: "jump"}) {
		t.Errorf("%+v %+v", stat, samples["jump/1.png"])
	}
}

// folderOf ingests a folder of files; an image n is tiny(n) by the content "image n".
func folderOf(t *testing.T, files map[string]string) (map[string]shards.Sample, ingest.Summary, map[string]string) {
	t.Helper()
	n := 0
	for name, content := range files {
		if content == "image" {
			n++
			files[name] = string(ingesttest.PNG(n))
		}
	}
	source, err := New(ingesttest.WriteFiles(t, filepath.Join(t.TempDir(), "in"), files), "")
	return ingesttest.Ingest(t, source, err)
}
