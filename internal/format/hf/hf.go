// Package hf reads and writes Parquet files in the layout of the Hugging Face datasets library: an
// image is a struct of bytes and path, a list of images is a list of such structs, and the footer's
// key "huggingface" says which columns are images.
package hf

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"github.com/parquet-go/parquet-go"

	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/internal/parquet/table"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/mapping"
)

// row is the layout that [Write] writes.
type row struct {
	Key       string    `parquet:"key"`
	Split     string    `parquet:"split,dict"`
	Images    []*image  `parquet:"images,list,optional"` // pointers: the elements of the library's lists may be null
	Captions  []*string `parquet:"captions,list,optional"`
	Languages []*string `parquet:"languages,list,optional"` // of the captions
	Metadata  string    `parquet:"metadata"`                // JSON of the sample, without image bytes
}

type image struct {
	Bytes []byte `parquet:"bytes,optional,uncompressed"`
	Path  string `parquet:"path,optional"`
}

// features is what the footer says to the datasets library.
const features = `{"info": {"features": {` +
	`"key": {"dtype": "string", "_type": "Value"}, "split": {"dtype": "string", "_type": "Value"}, ` +
	`"images": {"feature": {"_type": "Image"}, "_type": "List"}, ` +
	`"captions": {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"}, ` +
	`"languages": {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"}, ` +
	`"metadata": {"dtype": "string", "_type": "Value"}}}}`

// groupBytes is the size at which a row group ends.
const groupBytes = 64 << 20

// Write writes samples as one Parquet file. Column metadata has each sample as JSON, so that [Read]
// gives back all of it.
func Write(w io.Writer, samples iter.Seq2[shards.Sample, error]) error {
	out := parquet.NewGenericWriter[row](w, parquet.Compression(&parquet.Snappy), parquet.KeyValueMetadata("huggingface", features),
		parquet.DataPageStatistics(false), parquet.SkipPageStatistics("images", "list", "element", "bytes"), parquet.SkipPageBounds("images", "list", "element", "bytes"))
	inGroup := 0
	for s, err := range samples {
		if err != nil {
			return err
		}
		r, err := rowOf(&s)
		if err != nil {
			return fmt.Errorf("sample %q: %w", s.Key, err)
		}
		if _, err := out.Write([]row{r}); err != nil {
			return fmt.Errorf("writing sample %q: %w", s.Key, err)
		}
		for i := range r.Images {
			inGroup += len(r.Images[i].Bytes)
		}
		if inGroup += len(r.Metadata); inGroup >= groupBytes {
			inGroup = 0
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
	return out.Close()
}

func rowOf(s *shards.Sample) (row, error) {
	metadata, err := json.Marshal(s)
	if err != nil {
		return row{}, err
	}
	r := row{Key: s.Key, Split: s.Split, Metadata: string(metadata), Images: []*image{}, Captions: []*string{}, Languages: []*string{}} // none is not null
	for i := range s.Images {
		path := fmt.Sprintf("%s.%d.%s", s.Key, i, s.Images[i].Format)
		if len(s.Images) == 1 {
			path = s.Key + "." + s.Images[i].Format
		}
		r.Images = append(r.Images, &image{s.Images[i].Bytes, path})
	}
	for i := range s.Texts {
		r.Captions, r.Languages = append(r.Captions, &s.Texts[i].Value), append(r.Languages, &s.Texts[i].Language)
	}
	return r, nil
}

// Read yields the records of a Parquet file of the layout, whoever wrote it. Columns are taken by
// their types and common names, see package mapping; a row without a key has name and its number. A
// file that [Write] wrote gives the samples back as they were.
func Read(r io.ReaderAt, size int64, name string) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		file, err := table.Open(r, size)
		if err != nil {
			yield(shards.Bad(name, "", shards.BadArchive, err))
			return
		}
		ours, _ := file.Metadata("huggingface")
		plan, err := mapping.Mapping{}.For(Columns(file))
		if err != nil {
			yield(shards.Bad(name, "", shards.BadArchive, err))
			return
		}
		n := 0
		for values, err := range file.Rows() {
			origin := fmt.Sprintf("%s#%d", name, n)
			if err != nil {
				yield(shards.Bad(origin, "", shards.BadArchive, err))
				return
			}
			key := fmt.Sprintf("%s-%d", name, n)
			record, whole := sampleOf(values)
			if ours != features || !whole {
				record = plan.Record(values, key)
			}
			record.Origin = origin
			if !yield(record) {
				return
			}
			n++
		}
	}
}

// sampleOf gives back the sample of a row that [Write] wrote.
func sampleOf(values table.Row) (record shards.Record, ok bool) {
	metadata, isText := values["metadata"].(string)
	if !isText {
		return record, false
	}
	var s shards.Sample
	if err := jsonerr.Explain(json.Unmarshal([]byte(metadata), &s)); err != nil {
		return shards.Bad("", "", shards.BadMetadata, err), true
	}
	pictures, _ := imagesOf(values["images"])
	for i := range min(len(pictures), len(s.Images)) {
		s.Images[i].Bytes = pictures[i]
	}
	return shards.Record{Sample: s}, true
}

// imagesOf returns the bytes of a struct of bytes and path, or of a list of them.
func imagesOf(value any) (pictures [][]byte, isImage bool) {
	switch v := value.(type) {
	case map[string]any:
		bytes, has := v["bytes"]
		if _, path := v["path"]; !has || !path || len(v) != 2 {
			return nil, false
		}
		b, _ := bytes.([]byte)
		return [][]byte{b}, true
	case []any:
		for _, element := range v {
			one, ok := imagesOf(element)
			if !ok {
				return nil, false
			}
			pictures = append(pictures, one...)
		}
		return pictures, len(v) > 0
	}
	return nil, false
}
