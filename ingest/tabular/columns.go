package tabular

import (
	"slices"

	"github.com/pali3/pali3/shards/format/mapping"
)

// Columns assigns the columns of a source: a table, an Arrow file, a dataset of a hub and so on. A
// field of a struct, or of each struct of a list, is named by its path, as in captions/text.
type Columns struct {
	// Image holds a path below the root, a URL (if the table has a Web), a data URI, the bytes
	// (Parquet) or Hugging Face's {bytes, path}; or a list of these, the frames of one record.
	// Sources other than tables hold bytes only.
	Image      string
	MoreImages []string // more image columns
	Text       string   // a text, a list of texts, or a list of structs that hold one
	MoreTexts  []string // more text columns
	ID         string   // the key; by default the image's path or URL (plus the row number if it repeats), or the row number
	Language   string   // BCP-47; a list gives the language of each text
	Split      string   // train, held_out, ...
	Question   string   // about the images
	QuestionID string
	Answers    string   // answers to the question: a text, a list, a JSON list, or structs with answer and answer_confidence
	SHA256     string   // of the image's bytes, in hex: an image with a different hash is rejected; only in tables
	Keep       []string // columns to keep as metadata
	Boxes      string   // labelled regions: four numbers each, or a struct with bbox and category or label
	BoxFormat  string   // xywh, xyxy or yxyx, in pixels or fractions; by default inferred from the rows
}

// Names returns the columns to read.
func (c *Columns) Names() []string {
	return append(slices.Concat(c.images(), c.texts(), c.Keep), c.ID, c.Language, c.Split, c.SHA256, c.Question, c.QuestionID, c.Answers, c.Boxes)
}

// Among returns the columns of a table that are to be read, in the table's order.
func (c *Columns) Among(names []string) []string { return topColumns(names, c.Names()) }

func (c *Columns) images() []string { return withFirst(c.Image, c.MoreImages) }

func (c *Columns) texts() []string { return withFirst(c.Text, c.MoreTexts) }

// withFirst returns the names that are not empty.
func withFirst(first string, more []string) []string {
	return slices.DeleteFunc(append([]string{first}, more...), func(name string) bool { return name == "" })
}

// NamesAny reports whether any column is named.
func (c *Columns) NamesAny() bool {
	return slices.ContainsFunc(c.Names(), func(name string) bool { return name != "" })
}

// Mapping returns the columns as a mapping.
func (c *Columns) Mapping(language, kind string) mapping.Mapping {
	if kind == KindByName {
		kind = ""
	}
	return mapping.Mapping{Image: c.images(), Text: c.texts(), ID: c.ID, LanguageColumn: c.Language, SplitColumn: c.Split,
		Question: c.Question, QuestionID: c.QuestionID, Answers: c.Answers, Boxes: c.Boxes, Keep: c.Keep, BoxFormat: c.BoxFormat, Language: language, Kind: kind}
}
