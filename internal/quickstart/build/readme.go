package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/pali3/pali3/shards"
)

//go:embed readme.md.tmpl
var readmeText string

// renderReadme writes the data's README from the records and the archive's size in bytes. Its
// tables count what curation leaves.
func renderReadme(records []shards.Sample, size int) ([]byte, error) {
	join := func(words []string) string { return strings.Join(words, ", ") }
	page, err := template.New("readme").Funcs(template.FuncMap{"join": join}).Parse(readmeText)
	if err != nil {
		return nil, err
	}
	all := len(records)
	records = withoutDoubles(records)
	captions, sheets := 0, 0
	objects := map[string]map[string]bool{"person": {}, "hand": {}}
	for _, r := range records {
		captions += len(r.Texts)
		switch family := r.Metadata["family"]; family {
		case "sheet":
			sheets++
		case "person", "hand":
			objects[family][r.Metadata["role"]+r.Metadata["object"]] = true
		}
	}
	var b bytes.Buffer
	err = page.Execute(&b, map[string]any{
		"Records":           all,
		"Doubles":           all - len(records),
		"Pictures":          len(records) - sheets,
		"Sheets":            sheets,
		"Megabytes":         float64(size) / 1e6,
		"EmojiPackage":      emojiPackage.String(),
		"NamesPackage":      namesPackage.String(),
		"DerivedPackage":    derivedPackage.String(),
		"Roles":             len(objects["person"]),
		"Hands":             len(objects["hand"]),
		"CaptionLanguages":  captionLanguages,
		"Captions":          captions,
		"QuestionLanguages": slices.Compact(slices.Clone(questionLanguages)),
		"FamilyTable":       familyTable(records),
		"KindTable":         kindTable(records),
		"LanguageTable":     languageTable(records),
	})
	return b.Bytes(), err
}

// familyTable counts the records by family and split.
func familyTable(records []shards.Sample) string {
	count := map[[2]string]int{}
	for _, r := range records {
		count[[2]string{r.Metadata["family"], r.Split}]++
	}
	return countTable("family", append(slices.Clone(families), "sheet"), count)
}

// languageTable counts the questions by language and split.
func languageTable(records []shards.Sample) string {
	count := map[[2]string]int{}
	for _, r := range records {
		for _, q := range r.Questions {
			count[[2]string{q.Language, r.Split}]++
		}
	}
	return countTable("language", slices.Compact(slices.Clone(questionLanguages)), count)
}

// countTable has a row for each name and a column for each split, then the sums.
func countTable(head string, names []string, count map[[2]string]int) string {
	t := table{}
	t.row(append([]string{head}, splits...)...)
	sums := []string{"all"}
	for _, split := range splits {
		sum := 0
		for _, name := range names {
			sum += count[[2]string{name, split}]
		}
		sums = append(sums, fmt.Sprint(sum))
	}
	for _, name := range names {
		cells := []string{name}
		for _, split := range splits {
			cells = append(cells, fmt.Sprint(count[[2]string{name, split}]))
		}
		t.row(cells...)
	}
	t.row(sums...)
	return t.String()
}

// kindTable states the number of questions of each kind and split, and what guessing gets.
func kindTable(records []shards.Sample) string {
	t := table{}
	head := []string{"kind"}
	for _, split := range splits {
		head = append(head, split+" n", "constant")
		if split != train {
			head = append(head, "blind")
		}
	}
	t.row(head...)
	blind := learnBlind(records)
	for _, kind := range []string{kindGender, kindTone, kindRole, kindObject, kindFamily, kindColor, kindTime,
		kindPresence, kindAttribute, kindName, kindCount, kindCountOf, kindPosition, kindWhich, ""} {
		cells := []string{kind}
		if kind == "" {
			cells[0] = "all"
		}
		for _, split := range splits {
			g := guess(records, blind, kind, split)
			n, constant, blind := fmt.Sprint(g.n), fmt.Sprintf("%.3f", g.constant), fmt.Sprintf("%.3f", g.blind)
			if g.n == 0 {
				n, constant, blind = "", "", ""
			}
			cells = append(cells, n, constant)
			if split != train {
				cells = append(cells, blind)
			}
		}
		t.row(cells...)
	}
	return t.String()
}

// table is a table of Markdown; its first row is the head.
type table struct{ lines []string }

func (t *table) row(cells ...string) {
	t.lines = append(t.lines, "| "+strings.Join(cells, " | ")+" |")
	if len(t.lines) == 1 {
		t.lines = append(t.lines, "|"+strings.Repeat("---|", len(cells)))
	}
}

func (t *table) String() string { return strings.Join(t.lines, "\n") }
