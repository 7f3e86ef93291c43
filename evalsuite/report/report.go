// Package report builds the HTML page about a training run: the images it learned from, what
// curation removed, what the mixture fed, losses, scores against baselines, and what the model says
// about images it was not trained on. Several runs are shown side by side.
//
// [Build] reads a run folder, several run folders, a project folder, or the folder of a benchmark
// that was scored, and returns a [Report]. [Compare] returns one about a comparison of models. A
// Report is a plain value: change it, or fill one from other sources, and lay it out with [Write]
// or [WriteFile]. Whatever a run lacks is left out, and the page names the command that creates it.
// The same runs give the same page, byte for byte.
//
// The page is self-contained: styles and charts are inline, images are data URIs, and there is no
// script. It follows the reader's light or dark setting, works on a phone, and prints. All text is
// escaped, whatever a caption contains.
//
// Files named build_*.go read run folders; files named page_*.go lay out parts of the page.
package report

import (
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/compare"
	"github.com/pali3/pali3/internal/atomicfile"
)

// Report is the content of a page, in the order of the page.
type Report struct {
	Title   string
	Summary string  // one or two sentences under the title
	Seconds float64 // total time; not shown if 0
	Machine string  // where it ran
	Facts   []Fact  // figures to show beside time and machine
	Notes   []string
	Missing []Missing

	Differences *Differences // of runs side by side
	Comparisons []Comparison
	Changes     []Changes

	Data       []Data
	Tokenizer  *Tokenizer
	Mixtures   []Mixture
	Stages     []Stage
	Versus     *Versus
	Scores     []Score
	Comparable map[string]benchmarks.Comparable // of a benchmark's scores, by metric
	Beside     []Beside
	Breakdown  []Breakdown
	Protocols  *Protocols
	Confusions []Confusion
	Flips      []Flips
	Galleries  []Gallery
	// Contamination is that of a benchmark by training data.
	Contamination *Contamination
	Reproduce     []string // commands that reproduce the runs

	// Metrics describes those metrics of Comparisons, Scores and Breakdown that are not built in.
	Metrics []evalsuite.Metric
}

// Fact is a figure, formatted for the reader.
type Fact struct{ Label, Value string }

// Missing describes a part that the page leaves out and the command that creates it.
type Missing struct {
	What    string
	Command string // may be empty
}

// Image is an encoded image: PNG, JPEG, GIF or WebP.
type Image struct {
	Bytes []byte
	Alt   string // description, for readers who cannot see it
}

// Section is a part of the page that has content: the anchor of its heading, and its name in the
// navigation.
type Section struct{ ID, Name string }

// Sections lists the parts of the page that have content, in the order of the page.
func (r *Report) Sections() (sections []Section) {
	for _, s := range []struct {
		has bool
		Section
	}{
		{r.Differences != nil, Section{"differences", "Differences"}},
		{len(r.Comparisons) > 0, Section{"comparison", "Scores side by side"}},
		{len(r.Changes) > 0, Section{"changes", "Changed answers"}},
		{len(r.Data) > 0, Section{"data", "Data"}},
		{slices.ContainsFunc(r.Data, func(d Data) bool { return d.Curation != nil }), Section{"curation", "Curation"}},
		{r.Tokenizer != nil, Section{"tokenizer", "Tokenizer"}},
		{len(r.Mixtures) > 0, Section{"mixture", "Mixture"}},
		{len(r.Stages) > 0, Section{"training", "Training"}},
		{r.Versus != nil, Section{"versus", "Verdict"}},
		{len(r.Scores) > 0, Section{"scores", "Scores"}},
		{len(r.Beside) > 0, Section{"published", "Published scores"}},
		{len(r.Breakdown) > 0, Section{"breakdown", "Breakdown"}},
		{r.Protocols != nil, Section{"protocols", "Protocols"}},
		{len(r.Confusions) > 0, Section{"confusion", "Wrong answers"}},
		{len(r.Flips) > 0, Section{"flips", "Changed items"}},
		{len(r.Galleries) > 0, Section{"gallery", r.gallery()}},
		{r.Contamination != nil, Section{"contamination", "Contamination"}},
		{len(r.Reproduce) > 0, Section{"again", "Commands"}},
	} {
		if s.has {
			sections = append(sections, s.Section)
		}
	}
	return sections
}

//go:embed *.html
var pages embed.FS

//go:embed page.css
var pageCSS string

var pageTemplate = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"css":      func() template.CSS { return template.CSS(pageCSS) },
	"image":    dataURI,
	"count":    count,
	"integer":  func(n int) string { return count(int64(n)) },
	"duration": duration,
	"answer":   answerText,
	"cells":    cells,
	"pairs":    pairRows,
	"shade":    func(percent float64) float64 { return 0.08 + 0.72*percent/100 },
	"ruling":   func(v compare.Verdict) string { return strings.ToLower(string(v)) },
	"pvalue":   pValue,
	"kept":     func(style metricStyle, v float64) string { return style.format(v) },
	"percent":  func(share float64) string { return fmt.Sprintf("%.1f", 100*share) },
	"charts":   stageCharts,
	"language": languageName,
	"falls":    waterfall,
	"counts":   countRows,
	"bins":     binRows,
	"lengths":  lengthRows,
	"splits":   splitName,
	"share":    func(n int64, of int) float64 { return 100 * float64(n) / float64(max(1, of)) },
	"who":      func(i int) string { return [...]string{"Model", "Untrained", "Blind"}[i] },
}).Funcs(metricStyles(nil).funcs()).Funcs((&Report{}).funcs()).ParseFS(pages, "*.html"))

// Write writes the page as HTML. It returns an error if browsers cannot show the format of an
// image.
func Write(w io.Writer, r *Report) error {
	layout, err := pageTemplate.Clone()
	if err == nil {
		err = layout.Funcs(metricStyles(r.Metrics).funcs()).Funcs(r.funcs()).Execute(w, r)
	}
	if err != nil {
		return fmt.Errorf("laying out the report: %w", err)
	}
	return nil
}

// gallery names the section of galleries.
func (r *Report) gallery() string {
	if len(r.Comparable) > 0 {
		return "Examples"
	}
	return "Unseen images"
}

// funcs are the template's functions about the scores as a whole.
func (r *Report) funcs() template.FuncMap {
	return template.FuncMap{
		"ofBenchmark": func() bool { return len(r.Comparable) > 0 },
		// baselines reports whether the score tables have columns of baselines.
		"baselines": func(scores []Score) bool {
			return len(r.Comparable) == 0 || slices.ContainsFunc(scores, func(s Score) bool { return s.Blind != nil || s.Untrained != nil })
		},
		"comparable": func(metric string) string {
			c := r.Comparable[metric]
			if c.Why == "" {
				return answerText(c)
			}
			return answerText(c) + ": " + c.Why
		},
	}
}

// WriteFile writes the page to a file, atomically.
func WriteFile(path string, r *Report) error {
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := Write(f, r); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return f.Commit()
}

// dataURI returns the image as a data URI.
func dataURI(m Image) (template.URL, error) {
	kind := http.DetectContentType(m.Bytes)
	if !slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp"}, kind) {
		return "", fmt.Errorf("an image (%s) is %s, not PNG, JPEG, GIF or WebP", m.Alt, kind)
	}
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(m.Bytes)), nil
}
