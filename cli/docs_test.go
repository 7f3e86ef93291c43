package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color/palette"
	"image/gif"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/pali3/pali3/internal/hostile"
	"github.com/pali3/pali3/internal/s3test"
	"github.com/pali3/pali3/shards"
)

// TestDataPage runs the commands of docs/data.md in their order, on small inputs of the names they
// use and an S3 server. What the page says that a command prints must be part of what it prints;
// every source and every command of shards must have an example.
func TestDataPage(t *testing.T) {
	content, err := os.ReadFile("../docs/data.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	saveInputs(t, dir)
	hub := serveHub(t, "owner/birds", "data/train-00000-of-00001.parquet", birds(t))
	store := s3test.New(t)
	store.Put("bucket/archives/shard-00000.tar", tarOf(8))
	t.Setenv(shards.WorkVariable, filepath.Join(dir, "work"))
	shown, printed := map[string]bool{}, ""
	for _, block := range fenced(string(content)) {
		if block.kind == "text" && !strings.Contains(printed, block.text) {
			t.Errorf("the page shows\n%sbut this is printed:\n%s", block.text, printed)
		}
		if block.kind != "sh" {
			continue
		}
		for line := range strings.Lines(block.text) {
			line, fails := strings.CutSuffix(strings.TrimSpace(line), " # exit status 1")
			words := split(line)
			if len(words) < 3 || words[0] != "pali3" {
				t.Fatalf("%q is no command of pali3", line)
			}
			shown[strings.Join(words[1:3], " ")] = true
			for i, word := range words {
				if path, is := strings.CutPrefix(word, "s3://"); is {
					path, _, _ = strings.Cut(path, "?")
					words[i] = store.URL(path)
				}
			}
			c := command(t.Context(), dir, append([]string{"--quiet"}, words[1:]...)...)
			c.Env = append(c.Env, "HF_ENDPOINT="+hub, "HF_HOME="+filepath.Join(dir, "cache"))
			var stderr bytes.Buffer
			c.Stderr = &stderr
			out, err := c.Output()
			if (err != nil) != fails {
				t.Errorf("%s\n%v\n%s%s", line, err, out, stderr.Bytes())
			}
			printed = string(out)
			t.Logf("%s\n%s", line, printed)
		}
	}
	for _, name := range commandsBelow(t, "ingest", "shards") {
		if !shown[name] {
			t.Errorf("docs/data.md has no example of %s", name)
		}
	}
}

// fence is a block of a page between two lines of backquotes.
type fence struct{ kind, text string }

func fenced(page string) (all []fence) {
	for i, part := range strings.Split(page, "```") {
		if i%2 == 1 {
			kind, text, _ := strings.Cut(part, "\n")
			all = append(all, fence{kind, text})
		}
	}
	return all
}

// commandsBelow lists the commands below those of the given names.
func commandsBelow(t *testing.T, parents ...string) (all []string) {
	t.Helper()
	parser, err := Default().newParser(new(commands))
	if err != nil {
		t.Fatal(err)
	}
	for _, parent := range parents {
		for _, node := range parser.Model.Children {
			if node.Name != parent {
				continue
			}
			for _, child := range node.Children {
				all = append(all, parent+" "+child.Name)
			}
		}
	}
	return all
}

// saveInputs makes the files that docs/data.md reads, for every source but that of a hub.
func saveInputs(t *testing.T, dir string) {
	t.Helper()
	server := httptest.NewServer(new(hostile.Server))
	t.Cleanup(server.Close)
	imageBytes := func(n int) string { return string(hostile.Image(fmt.Sprint(n))) }
	for name, content := range map[string]string{
		"pictures/cat.png":                    imageBytes(1),
		"pictures/cat.txt":                    "a cat",
		"pictures/dog.png":                    imageBytes(2),
		"pictures/dog.json":                   `{"texts": [{"kind": "caption", "value": "a dog"}]}`,
		"pictures/owl.png":                    imageBytes(3),
		"pictures/metadata.jsonl":             `{"file_name": "owl.png", "caption": "an owl"}`,
		"pictures/broken.png":                 imageBytes(4)[:50],
		"captions.csv":                        "file,alt,lang\npictures/cat.png,a cat,en\npictures/dog.png,ein Hund,de\npictures/owl.png,un hibou,fr\n",
		"toys/vehicles/red_fire-truck_02.png": imageBytes(5),
		"toys/vehicles/IMG_1234.png":          imageBytes(6),
		"long.tsv": "image\tlanguage\tcaption\npictures/cat.png\ten\ta cat\npictures/dog.png\tde\tein Hund\npictures/cat.png\tpt_BR.utf8\tum gato\n" +
			"pictures/dog.png\tenglish\ta dog\npictures/cat.png\ten\ta cat\npictures/dog.png\ten\ta dog\n",
		"longer.tsv":            "image\tlanguage\tcaption\npictures/cat.png\ten\ta cat\npictures/dog.png\tde\tein Hund\npictures/cat.png\tpt-BR\tum gato\npictures/dog.png\ten\ta big dog\n",
		"questions.json":        `[["what is it?", ["cat", "a cat"], "cat"], ["is it a dog?", "no", "cat"]]`,
		"list.csv":              "url,alt\n\"data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAkQBADs=\",a dot\n" + server.URL + "/ok/1,a square\n",
		"local.csv":             "url\n" + server.URL + "/ok/1\n" + server.URL + "/moved/2\n",
		"crawl.warc.gz":         string(crawlOf(3)),
		"shard-00000.tar":       string(tarOf(8)),
		"site/index.html":       pageOf(0),
		"site/0.png":            imageBytes(0),
		"val2014/a.png":         imageBytes(5),
		"captions_val2014.json": `{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [{"id": 1, "image_id": 1, "caption": "A square."}]}`,
		"clips/one/0001.png":    imageBytes(6),
		"clips/one/0002.png":    imageBytes(7),
		"animations/blink.gif":  blink(t),
		"translations.csv":      "id,file,alt,lang\n1,pictures/cat.png,a cat,en\n2,pictures/cat.png,eine Katze,de\n3,pictures/cat.png,un chat,fr\n4,pictures/dog.png,a dog,en\n",
		"merge.yaml":            "duplicates: {exact: true, merge_texts: true}\n",
	} {
		save(t, filepath.Join(dir, name), []byte(content))
	}
	for name, from := range map[string]string{
		"data.arrow":                "../shards/format/arrow/testdata/datasets.arrow",
		"train.tfrecord":            "../internal/format/tfrecord/testdata/three.tfrecord",
		"streaming/index.json":      "../internal/format/mds/testdata/plain/index.json",
		"streaming/shard.00000.mds": "../internal/format/mds/testdata/plain/shard.00000.mds",
		"streaming/shard.00001.mds": "../internal/format/mds/testdata/plain/shard.00001.mds",
		"papers/report.pdf":         "../ingest/internal/pdf/testdata/report.pdf",
	} {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		save(t, filepath.Join(dir, name), content)
	}
}

// blink is an animation of three frames.
func blink(t *testing.T) string {
	t.Helper()
	var all gif.GIF
	for i := range 3 {
		frame := image.NewPaletted(image.Rect(0, 0, 4, 4), palette.Plan9)
		frame.SetColorIndex(i, i, 255)
		all.Image, all.Delay = append(all.Image, frame), append(all.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &all); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// birds is a Parquet file as hubs have them.
func birds(t *testing.T) []byte {
	t.Helper()
	type imageField struct {
		Bytes []byte `parquet:"bytes"`
		Path  string `parquet:"path"`
	}
	type row struct {
		Image   imageField `parquet:"image"`
		Caption string     `parquet:"caption"`
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, []row{{imageField{hostile.Image("8"), "8.png"}, "a wren"}, {imageField{hostile.Image("9"), "9.png"}, "a kite"}}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// serveHub is a hub of one dataset of one file, and returns its address.
func serveHub(t *testing.T, repo, name string, content []byte) string {
	t.Helper()
	commit := strings.Repeat("a", 40)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/api/datasets/"+repo+"/revision/"):
			json.NewEncoder(w).Encode(map[string]any{"id": repo, "sha": commit, "siblings": []map[string]string{{"rfilename": name}}})
		case r.URL.Path == "/datasets/"+repo+"/resolve/"+commit+"/"+name:
			w.Header().Set("ETag", `"`+shards.Hash(content)+`"`)
			w.Header().Set("X-Repo-Commit", commit)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}
