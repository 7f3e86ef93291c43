package tabular

import (
	"slices"

	"github.com/pali3/pali3/shards/format/mapping"
)

// Columns names columns of a source: a table, an Arrow file, a dataset of a hub and so on. A field
// of a struct, or of each struct of a list, is named by its path, as in captions/text.
type Columns struct {
	// Image has a path below the root, a URL (where the table has a Web), a data URI, the bytes
	// (Parquet), or Hugging Face's {bytes, path}; or a list of these, the frames of one record.
	// Sources other than tables have bytes alone.
	Image      string
	MoreImages []string // further columns of images
	Text       string   // or a list of texts, or of structs that have one
	MoreTexts  []string // further columns of texts
	ID         string   // the key; without it the image's path or URL (with the row's number where it comes again), or the row's number
	Language   string   // BCP-47; a list has the language of each text
	Split      string   // train, held_out, ...
	Question   string   // asked of the images
	QuestionID string
	Answers    string   // to the question: a text, a list, a JSON list, structs with answer and answer_confidence
	SHA256     string   // of the image's bytes, in hex: an image with another hash is rejected; only in tables
	Keep       []string // what goes into the metadata
	Boxes      string   // labelled regions: four numbers each, or a struct with bbox and category or label
	BoxFormat  string   // of the boxes: xywh, xyxy or yxyx, in pixels or in fractions; by default as the rows show
}

// Names are the columns that are read.
func (c *Columns) Names() []string {
	return append(slices.Concat(c.images(), c.texts(), c.Keep), c.ID, c.Language, c.Split, c.SHA256, c.Question, c.QuestionID, c.Answers, c.Boxes)
}

// Among returns those of a table's columns that are read, in the table's order.
func (c *Columns) Among(names []string) []string { return topColumns(names, c.Names()) }

func (c *Columns) images() []string { return withFirst(c.Image, c.MoreImages) }

func (c *Columns) texts() []string { return withFirst(c.Text, c.MoreTexts) }

// withFirst returns names that are not empty.
func withFirst(first string, more []string) []string {
	return slices.DeleteFunc(append([]string{first}, more...), func(name string) bool { return name == "" })
}

// NamesAny reports whether a column is named.
func (c *Columns) NamesAny() bool {
	return slices.ContainsFunc(c.Names(), func(name string) bool { return name != "" })
}

// Mapping returns what package mapping makes of the names.
func (c *Columns) Mapping(language, kind string) mapping.Mapping {
	if kind == KindByName {
		kind = ""
	}
	return mapping.Mapping{Image: c.images(), Text: c.texts(), ID: c.ID, LanguageColumn: c.Language, SplitColumn: c.Split,
		Question: c.Question, QuestionID: c.QuestionID, Answers: c.Answers, Boxes: c.Boxes, Keep: c.Keep, BoxFormat: c.BoxFormat, Language: language, Kind: kind}
}
