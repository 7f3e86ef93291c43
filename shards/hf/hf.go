// Package hf reads and writes Parquet files in the layout of the Hugging Face datasets library: an image is a
// struct of bytes and path, a list of images is a list of such structs, and the footer's key "huggingface"
// says which columns are images.
package hf

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"

	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/table"
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

// Write writes samples as one Parquet file. Column metadata has each sample as JSON, so that [Read] gives
// back all of it.
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

// Reasons why a row gives no sample, beside those of package shards.
const NoBytes = "image_bytes" // an image has a path only

// Read yields the records of a Parquet file of the layout, whoever wrote it. Every column of image structs
// gives images, lists of them too; text columns named caption, captions, text, texts, alt, title or ocr give texts,
// lists too; key, id or __key__ the key, otherwise it is name and the row's number; split the split; other columns
// become metadata. A file that [Write] wrote gives the samples back as they were.
func Read(r io.ReaderAt, size int64, name string) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		file, err := table.Open(r, size)
		if err != nil {
			yield(shards.Bad(name, "", shards.BadArchive, err))
			return
		}
		ours, _ := file.Metadata("huggingface")
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
				record = RecordOf(values, key)
			}
			record.Origin = origin
			if !yield(record) {
				return
			}
			n++
		}
	}
}

// kinds are the columns that hold texts.
var kinds = map[string]string{"caption": shards.Caption, "captions": shards.Caption, "text": shards.Alt, "texts": shards.Alt,
	"alt": shards.Alt, "title": shards.Title, "ocr": shards.OCR}

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

// RecordOf makes a record of a row's values, as package table shows them; see [Read]. Key is for a row that
// has none.
func RecordOf(values map[string]any, key string) shards.Record {
	s := shards.Sample{Key: key}
	for _, column := range slices.Sorted(maps.Keys(values)) {
		value := values[column]
		if pictures, isImage := imagesOf(value); isImage {
			for _, bytes := range pictures {
				if bytes == nil {
					return shards.Bad("", s.Key, NoBytes, fmt.Errorf("column %s has no bytes", column))
				}
				s.Images = append(s.Images, shards.Image{Bytes: bytes})
			}
			continue
		}
		addColumn(&s, column, value)
	}
	if len(s.Images) == 0 && len(s.Texts) == 0 {
		return shards.Bad("", s.Key, shards.NoContent, fmt.Errorf("neither image nor text in columns %s", slices.Sorted(maps.Keys(values))))
	}
	return shards.Record{Sample: s}
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

func addColumn(s *shards.Sample, column string, value any) {
	kind, isText := kinds[column]
	switch v := value.(type) {
	case nil:
	case string:
		switch {
		case column == "key" || column == "id" || column == "__key__":
			s.Key = v
		case column == "split":
			s.Split = v
		case isText:
			s.Texts = append(s.Texts, shards.Text{Kind: kind, Value: strings.ToValidUTF8(v, "\ufffd")})
		default:
			setMetadata(s, column, v)
		}
	case []any:
		if isText {
			for _, element := range v {
				addColumn(s, column, element)
			}
			return
		}
		setMetadata(s, column, v)
	default:
		setMetadata(s, column, v)
	}
}

func setMetadata(s *shards.Sample, column string, value any) {
	text, isText := value.(string)
	if !isText {
		encoded, err := json.Marshal(value)
		if err != nil {
			encoded = []byte(fmt.Sprint(value))
		}
		text = string(encoded)
	}
	if b, isBytes := value.([]byte); isBytes && utf8.Valid(b) {
		text = string(b)
	}
	if s.Metadata == nil {
		s.Metadata = map[string]string{}
	}
	s.Metadata[column] = text
}
