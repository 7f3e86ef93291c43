package cli

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/pali3/pali3/internal/format/tfrecord"
	"github.com/pali3/pali3/internal/hostile"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/arrow"
)

// damaged is image i; one in seven is whole, the others are truncated.
func damaged(i int) []byte { return hostile.Image(fmt.Sprint(i))[:120-i%7*10] }

func killableArrow(t *testing.T, dir string) []string {
	var b bytes.Buffer
	samples := iter.Seq2[shards.Sample, error](func(yield func(shards.Sample, error) bool) {
		for i := range 600 {
			s := shards.Sample{Key: fmt.Sprint(i / 3 * 2), Images: []shards.Image{{Bytes: damaged(i), Format: "png", Width: 8, Height: 8}}}
			s.Texts = []shards.Text{{Kind: shards.Alt, Value: fmt.Sprint("image ", i)}}
			if !yield(s, nil) {
				return
			}
		}
	})
	if err := arrow.WriteStream(&b, samples); err != nil {
		t.Fatal(err)
	}
	save(t, filepath.Join(dir, "a.arrow"), b.Bytes())
	return []string{"arrow", "a.arrow"}
}

func killableTFRecord(t *testing.T, dir string) []string {
	var b []byte
	for i := range 800 {
		b = tfrecord.Append(b, example(map[string]string{
			"image/encoded": string(damaged(i)), "image/source_id": fmt.Sprint(i / 3 * 2), "caption": fmt.Sprint("image ", i),
		}))
	}
	save(t, filepath.Join(dir, "a.tfrecord"), b)
	return []string{"tfrecord", "a.tfrecord"}
}

// example encodes a tf.Example whose features are lists of one string:
// tensorflow/core/example/example.proto.
func example(features map[string]string) []byte {
	field := func(number byte, content []byte) []byte {
		return append(binary.AppendUvarint([]byte{number<<3 | 2}, uint64(len(content))), content...)
	}
	var all []byte
	for name, value := range features {
		list := field(1, field(1, []byte(value)))
		all = append(all, field(1, append(field(1, []byte(name)), field(2, list)...))...)
	}
	return field(1, all)
}

func killableMDS(t *testing.T, dir string) []string {
	saveMDS(t, filepath.Join(dir, "m"), []string{"caption", "image", "key"}, []string{"str", "png", "str"}, 800, 200, func(i int) [][]byte {
		return [][]byte{fmt.Appendf(nil, "image %d", i), damaged(i), fmt.Append(nil, i/3*2)}
	})
	return []string{"mds", "m"}
}

// saveMDS writes n samples as a dataset of MosaicML Streaming: shards of each samples, and the
// index.
func saveMDS(t *testing.T, dir string, names, encodings []string, n, each int, values func(i int) [][]byte) {
	t.Helper()
	var all []map[string]any
	for first := 0; first < n; first += each {
		count := min(each, n-first)
		shard := map[string]any{"column_names": names, "column_encodings": encodings, "column_sizes": make([]any, len(names)),
			"compression": nil, "format": "mds", "hashes": []string{}, "samples": count, "size_limit": 1 << 26, "version": 2, "zip_data": nil}
		config, err := json.Marshal(shard)
		if err != nil {
			t.Fatal(err)
		}
		head, samples := binary.LittleEndian.AppendUint32(nil, uint32(count)), []byte(nil)
		begin := 4 + 4*(count+1) + len(config)
		for i := first; i < first+count; i++ {
			head = binary.LittleEndian.AppendUint32(head, uint32(begin+len(samples)))
			columns := values(i)
			for _, v := range columns {
				samples = binary.LittleEndian.AppendUint32(samples, uint32(len(v)))
			}
			samples = append(samples, bytes.Join(columns, nil)...)
		}
		head = binary.LittleEndian.AppendUint32(head, uint32(begin+len(samples)))
		content := bytes.Join([][]byte{head, config, samples}, nil)
		name := fmt.Sprintf("shard.%05d.mds", first/each)
		save(t, filepath.Join(dir, name), content)
		shard["raw_data"] = map[string]any{"basename": name, "bytes": len(content), "hashes": map[string]string{}}
		all = append(all, shard)
	}
	index, err := json.Marshal(map[string]any{"version": 2, "shards": all})
	if err != nil {
		t.Fatal(err)
	}
	save(t, filepath.Join(dir, "index.json"), index)
}

func killableBenchmark(t *testing.T, dir string) []string {
	var images, said []map[string]any
	for i := range 800 {
		images = append(images, map[string]any{"id": i, "file_name": fmt.Sprint(i/3*2, ".png")})
		for j := range 5 {
			said = append(said, map[string]any{"id": 5*i + j, "image_id": i, "caption": fmt.Sprintf("caption %d of %d", j, i)})
		}
		if i%5 > 0 {
			save(t, filepath.Join(dir, "p", fmt.Sprint(i, ".png")), damaged(i))
		}
	}
	content, err := json.Marshal(map[string]any{"annotations": said, "images": images})
	if err != nil {
		t.Fatal(err)
	}
	save(t, filepath.Join(dir, "captions.json"), content)
	return []string{"benchmark", "coco-captions", "captions.json", "--images", "p"}
}

// killableHub serves a dataset of several files slowly and breaks some connections.
func killableHub(t *testing.T, _ string) []string {
	type imageField struct {
		Bytes []byte `parquet:"bytes"`
		Path  string `parquet:"path"`
	}
	type row struct {
		Image   imageField `parquet:"image"`
		Caption string     `parquet:"caption"`
		ID      int64      `parquet:"id"`
	}
	files := map[string][]byte{}
	for part := range 4 {
		var rows []row
		for i := 300 * part; i < 300*(part+1); i++ {
			rows = append(rows, row{imageField{damaged(i), "x.png"}, fmt.Sprint("image ", i), int64(i / 3 * 2)})
		}
		var b bytes.Buffer
		if err := parquet.Write(&b, rows, parquet.MaxRowsPerRowGroup(50)); err != nil {
			t.Fatal(err)
		}
		files[fmt.Sprintf("data/train-%05d-of-00004.parquet", part)] = b.Bytes()
	}
	server := slowHub(t, "owner/birds", files)
	return []string{"hf", "owner/birds", "--endpoint", server, "--id-column", "id", "--text-column", "caption"}
}

// slowHub is a hub with one dataset. It sends files in small pieces and truncates every ninth
// response.
func slowHub(t *testing.T, repo string, files map[string][]byte) string {
	t.Helper()
	commit := strings.Repeat("a", 40)
	var answers atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/datasets/"+repo+"/revision/") {
			var names []map[string]string
			for name := range files {
				names = append(names, map[string]string{"rfilename": name})
			}
			json.NewEncoder(w).Encode(map[string]any{"id": repo, "sha": commit, "siblings": names})
			return
		}
		content, there := files[strings.TrimPrefix(r.URL.Path, "/datasets/"+repo+"/resolve/"+commit+"/")]
		if !there {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", `"`+shards.Hash(content)+`"`)
		w.Header().Set("X-Repo-Commit", commit)
		cut := r.Method == http.MethodGet && answers.Add(1)%9 == 0
		http.ServeContent(slowWriter{w, cut}, r, "", time.Time{}, bytes.NewReader(content))
	}))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return server.URL
}

type slowWriter struct {
	http.ResponseWriter
	cut bool
}

func (w slowWriter) Write(b []byte) (n int, err error) {
	for len(b) > 0 {
		piece := b[:min(len(b), 8<<10)]
		m, err := w.ResponseWriter.Write(piece)
		if n += m; err != nil {
			return n, err
		}
		if w.cut && n > 16<<10 {
			return n, io.ErrClosedPipe // the response is shorter than its Content-Length
		}
		w.ResponseWriter.(http.Flusher).Flush()
		time.Sleep(time.Millisecond)
		b = b[m:]
	}
	return n, nil
}

// cached gives each dataset its own hub cache.
func cached(dir, dataset string) string { return "HF_HOME=" + filepath.Join(dir, dataset+"-cache") }

// forget removes a dataset and its cache.
func forget(t *testing.T, dir, dataset string) {
	t.Helper()
	for _, name := range []string{dataset, dataset + "-cache"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}
