//go:build unix

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/pali3/pali3/internal/format/tfrecord"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/arrow"
)

// saveBig writes n images into folders of a thousand, and returns their names.
func saveBig(t *testing.T, dir string, n int) (names []string) {
	for i := range n {
		name := fmt.Sprintf("%03d/%d.png", i/1000, i)
		save(t, filepath.Join(dir, name), big(i))
		names = append(names, name)
	}
	return names
}

// bigFiles are the sources that read files which this test writes.
var bigFiles = map[string]func(t *testing.T, dir string, n int) []string{
	"folder": func(t *testing.T, dir string, n int) []string {
		saveBig(t, filepath.Join(dir, "p"), n)
		return []string{"folder", "p"}
	},
	"table": func(t *testing.T, dir string, n int) []string {
		names := saveBig(t, dir, n)
		save(t, filepath.Join(dir, "t.csv"), []byte("file\n"+strings.Join(names, "\n")+"\n"))
		return []string{"table", "t.csv", "--image-column", "file"}
	},
	"html": func(t *testing.T, dir string, n int) []string {
		pages := map[string]string{}
		for _, name := range saveBig(t, filepath.Join(dir, "h"), n) {
			pages[filepath.Dir(name)] += "<img alt=x src=" + filepath.Base(name) + ">"
		}
		for folder, page := range pages {
			save(t, filepath.Join(dir, "h", folder, "a.html"), []byte(page))
		}
		return []string{"html", "h"}
	},
	"benchmark": func(t *testing.T, dir string, n int) []string {
		var questions []map[string]string
		for _, name := range saveBig(t, filepath.Join(dir, "p"), n) {
			questions = append(questions, map[string]string{"imgname": name, "query": "How much?", "label": "14"})
		}
		content, err := json.Marshal(questions)
		if err != nil {
			t.Fatal(err)
		}
		save(t, filepath.Join(dir, "q.json"), content)
		return []string{"benchmark", "chartqa", "q.json", "--images", "p"}
	},
	"arrow": func(t *testing.T, dir string, n int) []string {
		write(t, filepath.Join(dir, "a.arrow"), func(w io.Writer) {
			err := arrow.WriteStream(w, func(yield func(shards.Sample, error) bool) {
				for i := range n {
					image := shards.Image{Bytes: big(i), Format: "png", Width: 8, Height: 8}
					if !yield(shards.Sample{Key: fmt.Sprint(i), Images: []shards.Image{image}}, nil) {
						return
					}
				}
			})
			if err != nil {
				t.Error(err)
			}
		})
		return []string{"arrow", "a.arrow"}
	},
	"tfrecord": func(t *testing.T, dir string, n int) []string {
		write(t, filepath.Join(dir, "a.tfrecord"), func(w io.Writer) {
			for i := range n {
				w.Write(tfrecord.Append(nil, example(map[string]string{"image/encoded": string(big(i)), "image/source_id": fmt.Sprint(i)})))
			}
		})
		return []string{"tfrecord", "a.tfrecord"}
	},
	"mds": func(t *testing.T, dir string, n int) []string {
		saveMDS(t, filepath.Join(dir, "m"), []string{"image"}, []string{"png"}, n, 1000, func(i int) [][]byte { return [][]byte{big(i)} })
		return []string{"mds", "m"}
	},
	"hf": func(t *testing.T, dir string, n int) []string {
		type row struct {
			Image []byte `parquet:"image"`
		}
		write(t, filepath.Join(dir, "train.parquet"), func(w io.Writer) {
			out := parquet.NewGenericWriter[row](w, parquet.MaxRowsPerRowGroup(100))
			for i := range n {
				if _, err := out.Write([]row{{big(i)}}); err != nil {
					t.Error(err)
				}
			}
			if err := out.Close(); err != nil {
				t.Error(err)
			}
		})
		commit := strings.Repeat("a", 40)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/api/") {
				fmt.Fprintf(w, `{"id":"owner/big","sha":%q,"siblings":[{"rfilename":"train.parquet"}]}`, commit)
				return
			}
			http.ServeFile(w, r, filepath.Join(dir, "train.parquet"))
		}))
		t.Cleanup(server.Close)
		t.Setenv("HF_HOME", filepath.Join(dir, "cache"))
		return []string{"hf", "owner/big", "--endpoint", server.URL}
	},
}

func init() {
	for name, source := range bigFiles {
		bigSources[name] = source
	}
}
