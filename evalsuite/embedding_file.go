package evalsuite

import (
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"github.com/pali3/pali3/internal/atomicfile"
)

// Embedded counts what [WriteEmbeddings] wrote.
type Embedded struct {
	Out    string `json:"out"`
	Rows   int    `json:"rows"`
	Images int    `json:"images"`
	Texts  int    `json:"texts"`
	// Width of the embeddings.
	Width int `json:"width"`
	// Failed is the number of images that could not be read.
	Failed int `json:"failed"`
}

// embeddingGroup is the number of rows in a row group.
const embeddingGroup = 10_000

// WriteEmbeddings writes embeddings to a Parquet file, which appears when it is complete. Its
// columns are key, kind, index, text, language and embedding, a list of float32; its metadata names
// the model. Failed, if not nil, is called with each embedding that has an error and is not
// written.
func WriteEmbeddings(path, model string, all iter.Seq2[Embedding, error], failed func(Embedding)) (done Embedded, err error) {
	done.Out = path
	file, err := atomicfile.Create(path)
	if err != nil {
		return done, err
	}
	defer file.Abort()
	out := parquet.NewGenericWriter[Embedding](file, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(embeddingGroup),
		parquet.SkipPageBounds("embedding", "list", "element"), parquet.CreatedBy("pali3", "1", ""))
	for one, err := range all {
		if err != nil {
			return done, fmt.Errorf("writing %s: %w", path, err)
		}
		if one.Err != nil {
			done.Failed++
			if failed != nil {
				failed(one)
			}
			continue
		}
		done.add(one)
		if _, err := out.Write([]Embedding{one}); err != nil {
			return done, fmt.Errorf("writing row %d of %s: %w", done.Rows-1, path, err)
		}
	}
	out.SetKeyValueMetadata("model", model)
	out.SetKeyValueMetadata("width", strconv.Itoa(done.Width))
	if err := errors.Join(out.Close(), file.Commit()); err != nil {
		return done, fmt.Errorf("writing %s: %w", path, err)
	}
	return done, nil
}

func (d *Embedded) add(one Embedding) {
	d.Rows++
	d.Width = len(one.Values)
	if one.Kind == "image" {
		d.Images++
	} else {
		d.Texts++
	}
}

// ReadEmbeddings reads a file of [WriteEmbeddings].
func ReadEmbeddings(path string) ([]Embedding, error) {
	rows, err := parquet.ReadFile[Embedding](path)
	if err != nil {
		return nil, fmt.Errorf("reading embeddings from %s: %w", path, err)
	}
	return rows, nil
}
