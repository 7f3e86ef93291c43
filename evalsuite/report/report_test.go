package report

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
)

// square is an image of one colour.
func square(t testing.TB, shade uint8) Image {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range 64 {
		m.SetGray(i%8, i/8, color.Gray{Y: shade})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return Image{b.Bytes(), fmt.Sprintf("a square of shade %d", shade)}
}

// sample fills every part of a report; every text of it holds the given one.
func sample(t testing.TB, text string) *Report {
	shown := square(t, 100)
	shown.Alt += text
	score := metrics.Score{Value: 0.71, Lo: 0.68, Hi: 0.75, N: 2716}
	low := metrics.Score{Value: 0.02, Lo: 0.01, Hi: 0.03, N: 2716}
	var losses []Point
	for step := range 3000 {
		losses = append(losses, Point{step + 1, 8 / math.Sqrt(float64(step+1)) * (1 + 0.1*math.Sin(float64(step*step)))})
	}
	return &Report{
		Title: "Title" + text, Summary: "Summary" + text, Seconds: 372, Machine: "2 cores" + text,
		Facts:       []Fact{{"Seed" + text, "1" + text}},
		Notes:       []string{"a note" + text},
		Missing:     []Missing{{"No scores" + text, "pali3 eval" + text}},
		Differences: &Differences{Runs: []string{"a" + text, "b"}, Keys: []Difference{{"optimizer.learning_rate" + text, []string{"0.1" + text, ""}}}},
		Comparisons: []Comparison{{Split: "val" + text, Runs: []string{"a" + text, "b"}, Scores: []Compared{{"vqa_accuracy", []*metrics.Score{&score, &low}}, {"new" + text, []*metrics.Score{nil, &low}}}}},
		Changes: []Changes{{Title: "Answers" + text, From: "a" + text, To: "b", Asked: 9, Same: 6, Fixed: 1, Broken: 1, Other: 1, Examples: []Change{
			{&shown, "Who?" + text, "en" + text, "cook" + text, "judge" + text, "judge" + text, false, true}, {nil, "Who?", "", "", "x", "y", false, false}}}},
		Data: []Data{{Name: "data" + text, Facts: []Fact{{"Images" + text, "1571" + text}}, Splits: []Count{{"train" + text, 1300}, {"val", 20}}, Languages: []Count{{"de" + text, 4}, {"en", 7}},
			Lengths: &Histogram{"Lengths" + text, []Count{{"1–2" + text, 4}, {"3", 0}}, "note" + text}, Images: []Image{shown, shown},
			Curation: &Curation{In: 26412, Out: 26000, Rules: []Rule{{"too short" + text, 12}, {"doubles", 400}, {"idle" + text, 0}}, Texts: 3, Merged: 4, Warnings: []string{"half is gone" + text}}}},
		Tokenizer: &Tokenizer{"unigram" + text, 4096, []Fertility{{"de" + text, 10, 4.5, 1.2, 0.3, 1}}},
		Mixtures: []Mixture{{Stage: "Stage 1" + text, About: "batch" + text, Truncated: 0.1, Tasks: []Task{{Name: "captions" + text, Share: 0.4, About: "few" + text,
			Examples: []Example{{&shown, "caption es:" + text, "perro" + text}, {nil, "text", "more"}}}}}},
		Stages: []Stage{
			{Name: "Stage 0" + text, About: "SigLIP" + text, Seconds: 61, Losses: losses, Validation: []Point{{1000, 3}, {2000, 2}},
				Charts: []Chart{{Title: "CIDEr" + text, From: 1, To: 3000, Curves: []Curve{{Name: "val" + text, Points: []Point{{1000, 1}}, Marked: true, Intervals: []Interval{{0.5, 1.5}}}}}}},
			{Name: "Stage 1"}},
		Scores: []Score{
			{"held_out", "caption_cider", metrics.Score{Value: 5.83, Lo: 5.4, Hi: 6.2, N: 194}, &low, &low},
			{"held_out", "vqa_accuracy", score, &low, nil},
			{"held_out_combinations" + text, "something" + text, score, nil, nil},
		},
		Breakdown: []Breakdown{
			{"Answers by kind" + text, "Kind" + text, "vqa_accuracy", []Group{{"gender" + text, score, &low}}},
			{"Captions by language", "Language", "caption_cider", []Group{{"ar", score, nil}, {"zh" + text, score, nil}}}},
		Galleries: []Gallery{{"Worst" + text, "by CIDEr" + text, []Exhibit{{Image: shown, Note: "held out" + text,
			Captions: []Caption{{"ar", "كلب يجري" + text, "", true}, {"en" + text, "a cat" + text, "a dog" + text, false}},
			Answers:  []Answer{{"Who is it?" + text, "en" + text, "chef" + text, "pilot" + text, false}, {"¿Quién?", "", "chef", "chef", true}}}}}},
		Reproduce: []string{"pali3 quickstart" + text},
	}
}

func render(t testing.TB, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var (
	style = regexp.MustCompile(`(?s)<style>.*?</style>`)
	tag   = regexp.MustCompile(`<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:"[^"]*"|'[^']*'|[^'">])*)>`)
	attr  = regexp.MustCompile(`([a-zA-Z-]+)="([^"]*)"`)
)

// elements are the page's tags in order: names and attributes.
func elements(t *testing.T, html string) (names []string, attributes [][2]string) {
	t.Helper()
	var open []string
	void := []string{"meta", "img", "br", "path"}
	for _, m := range tag.FindAllStringSubmatch(style.ReplaceAllString(html, ""), -1) {
		name := m[2]
		switch {
		case m[1] == "/":
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("</%s> closes %v", name, open)
			}
			open = open[:len(open)-1]
			continue
		case !slices.Contains(void, name):
			open = append(open, name)
		}
		names = append(names, name)
		for _, a := range attr.FindAllStringSubmatch(m[3], -1) {
			attributes = append(attributes, [2]string{a[1], a[2]})
		}
	}
	if len(open) > 0 {
		t.Fatalf("never closed: %v", open)
	}
	return names, attributes
}

func TestThePageNeedsNothingButItself(t *testing.T) {
	html := render(t, sample(t, ""))
	names, attributes := elements(t, html)
	for _, name := range names {
		if slices.Contains([]string{"script", "link", "iframe", "object", "embed", "base"}, name) {
			t.Errorf("the page has a <%s>", name)
		}
	}
	ids := map[string]bool{}
	for _, a := range attributes {
		if a[0] == "id" {
			ids[a[1]] = true
		}
	}
	for _, a := range attributes {
		switch {
		case a[0] == "src" && !strings.HasPrefix(a[1], "data:image/png;base64,"):
			t.Errorf("a source outside: %q", a)
		case a[0] == "href" && !ids[strings.TrimPrefix(a[1], "#")]:
			t.Errorf("a link to nowhere on the page: %q", a)
		case strings.HasPrefix(a[0], "on"), a[0] == "srcset":
			t.Errorf("an attribute %q", a)
		}
	}
	for _, outside := range []string{"http://", "https://", "url(", "@import", "ZgotmplZ", "NaN", "<no value>"} {
		if strings.Contains(html, outside) {
			t.Errorf("the page holds %q", outside)
		}
	}
	for _, part := range []string{"26\u202f412", "6 min 12 s", "Held out combinations", "5.83", "68.0–75.0", "Arabic", `dir="auto">كلب يجري`, `aria-label="wrong"`} {
		if !strings.Contains(html, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
}

func TestWrite_ShowsFurtherMetricsOnTheirScale(t *testing.T) {
	score := metrics.Score{Value: 0.5, Lo: 0.25, Hi: 0.75, N: 9}
	html := render(t, &Report{
		Metrics: []evalsuite.Metric{{Name: "word_errors", Help: "wrong words per caption", LowerIsBetter: true}, {Name: "hit_rate", Max: 1}},
		Scores:  []Score{{Split: "val", Metric: "word_errors", Model: score}, {Split: "val", Metric: "hit_rate", Model: score}},
		Comparisons: []Comparison{{Split: "val", Runs: []string{"a", "b"}, Scores: []Compared{
			{"word_errors", []*metrics.Score{&score, {Value: 0.1, Lo: 0, Hi: 0.2, N: 9}}}}}},
	})
	for _, part := range []string{`title="wrong words per caption">word_errors`, "0.500", "50.0", "b is better"} {
		if !strings.Contains(html, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
}

func TestHostileTextsStayTexts(t *testing.T) {
	plain, _ := elements(t, render(t, sample(t, "")))
	for _, text := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onload='alert(1)`, `</style><h1>`, `</title>`,
		`javascript:alert(1)`, `<!--`, `{{.Title}}`, "\x00\xff\u202e", `]]>`, `style="x:expression(1)"`,
	} {
		html := render(t, sample(t, text))
		names, attributes := elements(t, html)
		if !slices.Equal(names, plain) {
			t.Errorf("%q changed the page's elements", text)
		}
		for _, a := range attributes {
			if strings.HasPrefix(a[0], "on") {
				t.Errorf("%q became the attribute %q", text, a)
			}
		}
		if strings.Contains(html, "<script") || strings.Contains(html, "<!--") {
			t.Errorf("the page has %q unescaped", text)
		}
	}
}

func TestEmptyPartsAreLeftOut(t *testing.T) {
	html := render(t, &Report{Title: "Nothing yet"})
	if strings.Contains(html, "<section") || strings.Contains(html, "<a ") || strings.Contains(html, "<dl") {
		t.Error("an empty report has sections")
	}
	elements(t, html)
}

func TestAnImageMustBeOne(t *testing.T) {
	err := Write(&bytes.Buffer{}, &Report{Data: []Data{{Images: []Image{{[]byte("<svg onload=alert(1)>"), "a drawing"}}}}})
	if err == nil || !strings.Contains(err.Error(), "a drawing") {
		t.Errorf("error %v", err)
	}
}

func TestWriteFileLeavesTheOldPageOnFailure(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	if err := WriteFile(path, sample(t, "")); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if WriteFile(path, &Report{Data: []Data{{Images: []Image{{nil, "nothing"}}}}}) == nil {
		t.Error("a report with an empty image was written")
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the page changed: %v", err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("files left: %v", entries)
	}
}

// noisy lays out a chart of one noisy curve.
func noisy(points []Point) *plot {
	return newPlot(Chart{Title: "Loss", Curves: []Curve{{Points: points, Noisy: true}}})
}

func TestCharts(t *testing.T) {
	if noisy(nil) != nil || noisy([]Point{{1, 2}}) != nil || noisy([]Point{{1, 2}, {1, 3}}) != nil {
		t.Error("a chart of less than two steps")
	}
	c := noisy([]Point{{1, 8}, {50, math.NaN()}, {100, 4}, {200, 2}})
	if c == nil || c.Last != "2.00" || c.Y[0].Label != "2" || c.Y[0].At != 100 || strings.Contains(c.Curves[0].Raw+c.Curves[0].Smooth, "NaN") {
		t.Errorf("%+v", c)
	}
	if flat := noisy([]Point{{1, 3}, {2, 3}}); flat == nil || strings.Contains(flat.Curves[0].Raw, "NaN") {
		t.Errorf("a flat curve: %+v", flat)
	}
	var long []Point
	for i := range 100_000 {
		long = append(long, Point{i, float64(i % 7)})
	}
	if c := noisy(long).Curves[0]; len(c.Raw) > 20_000 || len(c.Smooth) > 10_000 {
		t.Errorf("100,000 steps are drawn in %d and %d bytes", len(c.Raw), len(c.Smooth))
	}
}

func TestCharts_SeveralCurves(t *testing.T) {
	c := newPlot(Chart{Title: "CIDEr", From: 1, To: 100, Curves: []Curve{
		{Name: "a", Points: []Point{{50, 1}}, Marked: true, Intervals: []Interval{{0, 2}}},
		{Name: "empty"},
		{Name: "b", Points: []Point{{50, 3}, {100, math.Inf(1)}}, Marked: true, Intervals: []Interval{{math.NaN(), 2}}},
	}})
	if c == nil || len(c.Curves) != 2 || len(c.Curves[0].Marks) != 1 || c.Curves[0].Marks[0].Height <= 0 || c.Curves[1].Marks[0].Height != 0 {
		t.Fatalf("%+v", c)
	}
	if c.Curves[0].Number == c.Curves[1].Number || !strings.Contains(c.Describe, "b from 3.00 at step 50") {
		t.Errorf("%+v", c)
	}
	many := Chart{Title: "many"}
	for range 20 {
		many.Curves = append(many.Curves, Curve{Name: "x", Points: []Point{{1, 1}, {2, 2}}, Noisy: true})
	}
	if c := newPlot(many); len(c.Curves) != maxCurves || c.LeftOut != 20-maxCurves || c.Curves[0].Raw != "" {
		t.Errorf("20 curves: %d drawn, %d said to be left out", len(c.Curves), c.LeftOut)
	}
}

func TestWaterfall(t *testing.T) {
	rows := waterfall(&Curation{In: 100, Out: 60, Rules: []Rule{{"blank", 0}, {"near_duplicate", 30}, {"short", 10}}})
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprintf("%s %s %g+%g", r.Name, r.N, r.Left, r.Width))
	}
	want := []string{"came in 100 0+100", "near duplicate \u221230 70+30", "short \u221210 60+10", "stayed 60 0+60"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestVerdict(t *testing.T) {
	at := func(v, lo, hi float64) *metrics.Score { return &metrics.Score{Value: v, Lo: lo, Hi: hi, N: 9} }
	for _, c := range []struct {
		metric string
		scores []*metrics.Score
		want   string
	}{
		{"vqa_accuracy", []*metrics.Score{at(0.5, 0.4, 0.6), at(0.8, 0.7, 0.9)}, "b is better: the intervals are disjoint"},
		{"vqa_accuracy", []*metrics.Score{at(0.5, 0.4, 0.6), at(0.55, 0.5, 0.6)}, "intervals overlap"},
		{"loss", []*metrics.Score{at(1, 0.9, 1.1), at(2, 1.9, 2.1)}, "a is better: the intervals are disjoint"},
		{"vqa_accuracy", []*metrics.Score{at(0.5, 0.4, 0.6), nil}, "one run only"},
		{"vqa_accuracy", []*metrics.Score{at(0.5, 0.4, 0.6), at(0.5, 0.4, 0.6)}, "the same"},
	} {
		if got, _ := verdict(builtinStyle(c.metric), []string{"a", "b"}, c.scores); got != c.want {
			t.Errorf("%s: %q, want %q", c.metric, got, c.want)
		}
	}
}

func TestCountRowsSumTheRest(t *testing.T) {
	rows := countRows([]Count{{"a", 9}, {"b", 5}, {"c", 3}, {"d", 2}}, 3)
	if len(rows) != 3 || rows[2].Name != "2 others" || rows[2].N != "5" {
		t.Errorf("%+v", rows)
	}
}

func TestTicksAreRound(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{0.24, 8.3, "0.0 2.5 5.0 7.5 10.0"}, {0.28, 0.55, "0.2 0.3 0.4 0.5 0.6"}, {1, 1200, "0 500 1000 1500"}, {-3, 3, "-4 -2 0 2 4"},
	} {
		ticks := niceTicks(c.low, c.high, 4)
		var labels []string
		for _, v := range ticks {
			labels = append(labels, trimmed(v, ticks[1]-ticks[0]))
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("from %v to %v: %s, want %s", c.low, c.high, got, c.want)
		}
	}
}

func TestNumbersAsTheyAreRead(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{count(7), "7"}, {count(1234567), "1\u202f234\u202f567"}, {count(-1234), "-1\u202f234"},
		{duration(4.25), "4.2 s"}, {duration(59.7), "1 min 0 s"}, {duration(4000), "1 h 6 min"},
		{significant(0.0431), "0.0431"}, {significant(912.3), "912"}, {languageName("pt"), "Portuguese"}, {languageName("?"), "?"},
		{fmt.Sprint(niceAbove(6.2), niceAbove(0.11), niceAbove(0)), "8 0.15000000000000002 1"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func FuzzWrite(f *testing.F) {
	f.Add("a dog", "en")
	f.Add("<b>", `"`)
	f.Fuzz(func(t *testing.T, text, lang string) {
		html := render(t, &Report{Title: text, Galleries: []Gallery{{Exhibits: []Exhibit{{Image: square(t, 1), Captions: []Caption{{Lang: lang, Text: text, Truth: text}}}}}}})
		if strings.Count(html, "<article>") != 1 || strings.Contains(html, "ZgotmplZ") {
			t.Errorf("%q in %q broke the page", text, lang)
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	r := sample(b, "")
	for b.Loop() {
		if err := Write(&bytes.Buffer{}, r); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
}
