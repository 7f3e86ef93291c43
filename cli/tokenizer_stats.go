package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/lines"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// tokenizerStats measures how well a model fits texts.
type tokenizerStats struct {
	Model  string `required:"" help:"SentencePiece .model file, or a tokenizer.json that describes one."`
	Data   string `placeholder:"DATASET" help:"Measure on the captions of a dataset, or its questions if it has no captions, by language, instead of lines."`
	Split  string `default:"train" help:"Split of the dataset; all takes every sample."`
	Tagged bool   `help:"Each line is a language, a tab and a text; measure by language."`
	HTML   string `placeholder:"FILE" help:"Also write the table as an HTML page."`
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

func (c tokenizerStats) Run(ctx context.Context, con *console) error {
	model, err := con.openModel(c.Model)
	if err != nil {
		return err
	}
	count := c.lines
	if c.Data != "" {
		count = c.dataset
	}
	byLanguage, err := count(con, model)
	if err != nil {
		return err
	}
	rows := statRows(byLanguage)
	if c.HTML != "" {
		err := atomicfile.Write(c.HTML, func(w io.Writer) error {
			most := slices.MaxFunc(rows, func(a, b languageStats) int { return cmp.Compare(a.IDsPerWord, b.IDsPerWord) })
			return statsPage.Execute(w, map[string]any{
				"Model": filepath.Base(c.Model), "Pieces": model.Len(), "Type": model.Type().String(), "Rows": rows, "Most": most.IDsPerWord,
			})
		})
		if err != nil {
			return fmt.Errorf("writing %s: %w", c.HTML, err)
		}
	}
	if c.JSON {
		return con.printJSON(map[string]any{"model": c.Model, "pieces": model.Len(), "languages": rows})
	}
	con.printf("%-10s %9s %10s %10s %9s %9s %9s %9s\n", "language", "texts", "bytes", "ids", "ids/word", "ids/byte", "coverage", "unknown")
	for _, r := range rows {
		con.printf("%-10s %9d %10d %10d %9.3f %9.3f %8.2f%% %8.2f%%\n", r.Language, r.Texts, r.Bytes, r.IDs, r.IDsPerWord, r.IDsPerByte, 100*r.Coverage, 100*r.UnknownRate)
	}
	return nil
}

// lines counts the lines of standard input.
func (c tokenizerStats) lines(con *console, model *sentencepiece.Model) (map[string]*sentencepiece.Stats, error) {
	byLanguage := map[string]*sentencepiece.Stats{}
	err := lines.Each(con.ctx, con.in, func(number int, line string) error {
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
	return byLanguage, err
}

// dataset counts the texts of a dataset.
func (c tokenizerStats) dataset(con *console, model *sentencepiece.Model) (map[string]*sentencepiece.Stats, error) {
	if c.Tagged {
		return nil, errors.New("--tagged is for lines; a dataset has the language of each text")
	}
	d, err := con.open(c.Data)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	fits, err := mixture.TokenizerFit(model, d, c.Split)
	if err != nil {
		return nil, err
	}
	if len(fits) == 0 {
		return nil, fmt.Errorf("%s has no captions and no questions in the split %q; --split all takes every sample", c.Data, c.Split)
	}
	byLanguage := map[string]*sentencepiece.Stats{}
	for _, fit := range fits {
		byLanguage[fit.Language] = &fit.Stats
	}
	return byLanguage, nil
}

// statRows returns a row for all texts, then one for each language.
func statRows(byLanguage map[string]*sentencepiece.Stats) (rows []languageStats) {
	var all sentencepiece.Stats
	for _, stats := range byLanguage {
		all.Add(*stats)
	}
	row := func(language string, s sentencepiece.Stats) {
		rows = append(rows, languageStats{language, s, s.IDsPerWord(), s.IDsPerByte(), s.Coverage(), s.UnknownRate()})
	}
	row("all", all)
	for _, language := range slices.Sorted(maps.Keys(byLanguage)) {
		if language != "" {
			row(language, *byLanguage[language])
		}
	}
	return rows
}

var statsPage = template.Must(template.New("stats").Funcs(template.FuncMap{
	"percent": func(x float64) string { return fmt.Sprintf("%.2f%%", 100*x) },
	"number":  func(x float64) string { return fmt.Sprintf("%.2f", x) },
	"count":   func(n int) string { return grouped(int64(n)) },
	"width":   func(x, most float64) string { return fmt.Sprintf("%.1f", 100*x/max(most, 1e-9)) },
	"low":     func(coverage float64) bool { return coverage < 0.99 },
}).Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>How {{.Model}} fits</title>
<style>
:root { color-scheme: light dark; --line: #8884; --bar: #4a7db5; --low: #c0392b }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em }
h1 { font-size: 1.4em; overflow-wrap: anywhere } p { max-width: 46em }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th { position: sticky; top: 0; background: Canvas; font-weight: 600 }
td, th { padding: .15em .7em; text-align: right; border-bottom: 1px solid var(--line) }
td:first-child, th:first-child { text-align: left } tr.all td { font-weight: 600; border-bottom: 2px solid var(--line) }
td.bar { width: 30%; text-align: left } td.bar i { display: inline-block; height: .7em; background: var(--bar); border-radius: 2px }
.low { color: var(--low) }
@media (max-width: 40em) {
  body { margin: 1em auto } table { font-size: 12.5px } td, th { padding: .15em .3em }
  :is(td, th):is(:nth-child(3), :nth-child(4), :nth-child(9)) { display: none }
}
</style>
</head>
<body>
<h1>{{.Model}}</h1>
<p>A {{.Type}} model of {{count .Pieces}} pieces. <b>Ids per word</b> is 1 if every word is one piece; for languages
without spaces, look at <b>ids per byte</b>. <b>Coverage</b> is the fraction of characters that pieces
cover, in red below 99%; <b>unknown</b> is the fraction of ids that are the unknown piece or single bytes.</p>
<table>
<tr><th>language<th>texts<th>bytes<th>ids<th>ids per byte<th>coverage<th>unknown<th>ids per word<th></tr>
{{$most := .Most}}{{range .Rows}}<tr{{if eq .Language "all"}} class="all"{{end}}><td>{{.Language}}<td>{{count .Texts}}<td>{{count .Bytes}}<td>{{count .IDs -}}
<td>{{number .IDsPerByte}}<td{{if low .Coverage}} class="low"{{end}}>{{percent .Coverage}}<td>{{percent .UnknownRate}}<td>{{number .IDsPerWord -}}
<td class="bar"><i style="width:{{width .IDsPerWord $most}}%"></i></tr>
{{end}}</table>
</body>
</html>
`))
