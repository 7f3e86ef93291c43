package main

import (
	"context"
	"fmt"
	"html/template"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// tokenizerStats says how well a model fits texts.
type tokenizerStats struct {
	Model  string `required:"" help:"SentencePiece .model file."`
	Tagged bool   `help:"Lines are a language, a tab and a text; count by language."`
	HTML   string `placeholder:"FILE" help:"Write the table as a page, too."`
	JSON   bool   `help:"Print one JSON object."`
}

// languageStats is a row of the table.
type languageStats struct {
	Language string `json:"language"`
	sentencepiece.Stats
	IDsPerWord  float64 `json:"ids_per_word"`
	IDsPerByte  float64 `json:"ids_per_byte"`
	Coverage    float64 `json:"coverage"`
	UnknownRate float64 `json:"unknown_rate"`
}

func (c tokenizerStats) Run(ctx context.Context) error {
	model, err := sentencepiece.Open(c.Model)
	if err != nil {
		return err
	}
	byLanguage := map[string]*sentencepiece.Stats{}
	err = eachLine(ctx, os.Stdin, func(number int, line string) error {
		language, text := "", line
		if c.Tagged {
			var ok bool
			if language, text, ok = strings.Cut(line, "\t"); !ok {
				return fmt.Errorf("line %d has no tab between a language and a text", number)
			}
		}
		if byLanguage[language] == nil {
			byLanguage[language] = &sentencepiece.Stats{}
		}
		byLanguage[language].Count(model, text)
		return nil
	})
	if err != nil {
		return err
	}
	rows := statRows(byLanguage)
	if c.HTML != "" {
		err := atomicfile.Write(c.HTML, func(w io.Writer) error {
			return statsPage.Execute(w, map[string]any{"Model": c.Model, "Pieces": model.Len(), "Type": model.Type(), "Rows": rows})
		})
		if err != nil {
			return fmt.Errorf("writing %s: %w", c.HTML, err)
		}
	}
	if c.JSON {
		return printJSON(map[string]any{"model": c.Model, "pieces": model.Len(), "languages": rows})
	}
	fmt.Printf("%-10s %9s %10s %10s %9s %9s %9s %9s\n", "language", "texts", "bytes", "ids", "ids/word", "ids/byte", "coverage", "unknown")
	for _, r := range rows {
		fmt.Printf("%-10s %9d %10d %10d %9.3f %9.3f %8.2f%% %8.2f%%\n", r.Language, r.Texts, r.Bytes, r.IDs, r.IDsPerWord, r.IDsPerByte, 100*r.Coverage, 100*r.UnknownRate)
	}
	return nil
}

// statRows makes the rows by language, and one of all.
func statRows(byLanguage map[string]*sentencepiece.Stats) (rows []languageStats) {
	var all sentencepiece.Stats
	row := func(language string, s sentencepiece.Stats) {
		rows = append(rows, languageStats{language, s, s.IDsPerWord(), s.IDsPerByte(), s.Coverage(), s.UnknownRate()})
	}
	for _, language := range slices.Sorted(maps.Keys(byLanguage)) {
		all.Add(*byLanguage[language])
		if language != "" {
			row(language, *byLanguage[language])
		}
	}
	row("all", all)
	return rows
}

var statsPage = template.Must(template.New("stats").Funcs(template.FuncMap{
	"percent": func(x float64) string { return fmt.Sprintf("%.2f%%", 100*x) },
	"number":  func(x float64) string { return fmt.Sprintf("%.3f", x) },
	"width":   func(x float64) string { return fmt.Sprintf("%.0f", min(300, 60*x)) },
}).Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{{.Model}}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 70em; color: #222 }
table { border-collapse: collapse } td, th { padding: .2em .8em; text-align: right; border-bottom: 1px solid #ddd }
td:first-child, th:first-child { text-align: left } td.bar { text-align: left } td.bar i { display: inline-block; height: .8em; background: #4a7db5 }
</style>
<h1>{{.Model}}</h1>
<p>{{.Type}} model of {{.Pieces}} pieces. Ids per word is 1 where every word is one piece; coverage is the part of the characters
that pieces cover; unknown is the part of the ids that are the unknown piece or single bytes.</p>
<table><tr><th>language<th>texts<th>bytes<th>ids<th>ids per byte<th>coverage<th>unknown<th>ids per word<th></tr>
{{range .Rows}}<tr><td>{{.Language}}<td>{{.Texts}}<td>{{.Bytes}}<td>{{.IDs}}<td>{{number .IDsPerByte}}<td>{{percent .Coverage}}<td>{{percent .UnknownRate}}<td>{{number .IDsPerWord}}<td class="bar"><i style="width:{{width .IDsPerWord}}px"></i></tr>
{{end}}</table></html>
`))
