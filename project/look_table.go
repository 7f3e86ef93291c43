package project

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/ingest/tabular"
	"github.com/pali3/pali3/internal/shellword"
)

// peeked is the number of rows of a table to look at.
const peeked = 400

// Common names of columns, the most likely first.
var (
	textNames     = []string{"caption", "captions", "alt", "alt_text", "text", "texts", "description", "title"}
	languageNames = []string{"lang", "language", "locale"}
	questionNames = []string{"question", "questions"}
	answerNames   = []string{"answer", "answers", "label"}
)

// lookAtTable guesses the columns of a table. The image column is the one whose values are files;
// the others are recognised by their names. If an image occurs in several rows, they become one
// sample.
func lookAtTable(file string) (*Ingest, error) {
	columns, rows, err := tabular.Peek(file, peeked)
	if err != nil {
		return nil, fmt.Errorf("looking at %s: %w (such options are those of: pali3 ingest table %s --to DATASET; start takes the dataset)", file, err, shellword.Quote(file))
	}
	image, repeated := imageColumn(filepath.Dir(file), columns, rows)
	if image == "" {
		return nil, fmt.Errorf("%s: none of its columns (%s) names image files beside the table; name the columns with: pali3 ingest table %s --image-column C --text-column C --to DATASET",
			file, strings.Join(columns, ", "), shellword.Quote(file))
	}
	found := Columns{Image: image}
	for _, name := range textNames {
		if column := named(columns, name); column != "" {
			found.Text = append(found.Text, column)
		}
	}
	first := func(names []string) string {
		for _, name := range names {
			if column := named(columns, name); column != "" {
				return column
			}
		}
		return ""
	}
	found.Language, found.Question = first(languageNames), first(questionNames)
	if found.Question != "" {
		found.Answers = first(answerNames)
	}
	if len(found.Text) == 0 && found.Answers == "" {
		return nil, fmt.Errorf("%s: none of its columns (%s) has a usual name of texts (%s) or of questions and answers; name it with: pali3 ingest table %s --image-column %s --text-column C --to DATASET",
			file, strings.Join(columns, ", "), strings.Join(textNames[:4], ", "), shellword.Quote(file), shellword.Quote(image))
	}
	if repeated {
		found.Group = image
	}
	return &Ingest{Source: "table", Path: file, Columns: found}, nil
}

// named returns the column with a name, in any letter case.
func named(columns []string, name string) string {
	if at := slices.IndexFunc(columns, func(c string) bool { return strings.EqualFold(c, name) }); at >= 0 {
		return columns[at]
	}
	return ""
}

// imageColumn returns the column whose values are mostly files, and whether a file occurs more than
// once.
func imageColumn(dir string, columns []string, rows []map[string]any) (column string, repeated bool) {
	for _, column := range columns {
		files, values := map[string]bool{}, 0
		there := 0
		for _, row := range rows {
			name, ok := row[column].(string)
			if !ok || name == "" || !filepath.IsLocal(filepath.FromSlash(name)) {
				continue
			}
			values++
			if files[name] {
				repeated, there = true, there+1
				continue
			}
			if info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err == nil && info.Mode().IsRegular() {
				files[name] = true
				there++
			}
		}
		if values > 0 && 2*there > values && 2*values > len(rows) {
			return column, repeated
		}
		repeated = false
	}
	return "", false
}
