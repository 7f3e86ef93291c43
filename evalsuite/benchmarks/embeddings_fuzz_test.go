package benchmarks

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// embeddingSeed returns a file of embeddings.
func embeddingSeed[T any](f *testing.F, rows ...T) []byte {
	var file bytes.Buffer
	w := parquet.NewGenericWriter[T](&file, parquet.Compression(&parquet.Zstd))
	if _, err := w.Write(rows); err != nil {
		f.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	return file.Bytes()
}

// FuzzReadEmbeddings reads any bytes as a file of embeddings.
func FuzzReadEmbeddings(f *testing.F) {
	type whole struct {
		Key       string    `parquet:"key"`
		Kind      string    `parquet:"kind,dict"`
		Index     int32     `parquet:"index"`
		Text      string    `parquet:"text,optional"`
		Embedding []float32 `parquet:"embedding,list"`
	}
	type least struct {
		Key       string    `parquet:"key"`
		Embedding []float64 `parquet:"embedding"`
	}
	type other struct {
		Key       int64  `parquet:"key"`
		Index     string `parquet:"index"`
		Embedding string `parquet:"embedding"`
	}
	f.Add(embeddingSeed(f, whole{"a", "image", 0, "", []float32{1, 2}}, whole{"a", "text", 1, "a cat", []float32{3, 4}}, whole{"b", "text", 0, "", []float32{5, 6}}))
	f.Add(embeddingSeed(f, whole{"a", "image", 0, "", []float32{1, 2}}, whole{"b", "image", 0, "", nil}))
	f.Add(embeddingSeed(f, least{"a", []float64{1, 2, 3}}, least{"b", []float64{math.NaN(), 2, 3}}))
	f.Add(embeddingSeed(f, other{1, "x", "y"}))
	f.Add([]byte("PAR1 is no file PAR1"))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "embeddings.parquet")
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{"image", "text"} {
			e, err := readEmbeddings(t.Context(), path, kind)
			if err != nil {
				continue
			}
			if e.vectors.N() != len(e.rows) || len(e.rows) == 0 {
				t.Errorf("%d vectors of %d rows", e.vectors.N(), len(e.rows))
			}
			for _, v := range e.vectors.Values {
				if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
					t.Errorf("an embedding has the value %v", v)
				}
			}
		}
	})
}
