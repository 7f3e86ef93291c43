package cli

import (
	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/tabular"
)

// columnFlags map the columns of a source. The field of a struct is named by its path, for example
// captions/text.
type columnFlags struct {
	ImageColumn      []string `sep:"none" placeholder:"NAME" help:"Column of images; may be repeated. outer/inner names a field of a struct."`
	TextColumn       []string `sep:"none" placeholder:"NAME" help:"Column of texts, or of lists of texts; may be repeated."`
	IDColumn         string   `name:"id-column" placeholder:"NAME" help:"Column of keys; by default the source makes them."`
	LanguageColumn   string   `placeholder:"NAME" help:"Column of the languages of texts and questions, in BCP-47. Names of POSIX locales (pt_BR.utf8) are respelled (pt-BR) and counted; anything else that is not a code is a reject, whose detail names the nearest code."`
	SplitColumn      string   `placeholder:"NAME" help:"Column of splits."`
	QuestionColumn   string   `placeholder:"NAME" help:"Column of questions about the images."`
	QuestionIDColumn string   `name:"question-id-column" placeholder:"NAME" help:"Column of the questions' ids."`
	AnswerColumn     string   `placeholder:"NAME" help:"Column of answers: a text, a list, a list in JSON or as Python writes it, or structs with answer and answer_confidence."`
	BoxColumn        string   `placeholder:"NAME" help:"Column of boxes: four numbers each, or a struct with bbox and category or label."`
	BoxFormat        string   `enum:",xywh,xyxy,yxyx" default:"" help:"Numbers of a box: xywh (COCO), xyxy (Pascal VOC) or yxyx (TensorFlow Datasets); by default it is guessed from the first rows."`
	Keep             []string `placeholder:"NAME" help:"Columns to keep as metadata."`
	Kind             string   `default:"" enum:",alt,caption,ocr,title,by-name" help:"Kind of the texts: alt, caption, ocr or title; or by-name, to take it from the column's name. Default: by-name, or alt for a table."`
	languageFlag
}

func (f columnFlags) columns() tabular.Columns {
	c := tabular.Columns{ID: f.IDColumn, Language: f.LanguageColumn, Split: f.SplitColumn, Question: f.QuestionColumn, QuestionID: f.QuestionIDColumn,
		Answers: f.AnswerColumn, Boxes: f.BoxColumn, BoxFormat: f.BoxFormat, Keep: f.Keep}
	if len(f.ImageColumn) > 0 {
		c.Image, c.MoreImages = f.ImageColumn[0], f.ImageColumn[1:]
	}
	if len(f.TextColumn) > 0 {
		c.Text, c.MoreTexts = f.TextColumn[0], f.TextColumn[1:]
	}
	return c
}

// logColumns logs which columns a source takes and which it leaves out.
func logColumns(con *console, source ingest.Mapped) {
	if columns := source.ColumnsTaken(); columns != "" {
		con.log.Info().Msg(columns)
	}
}
