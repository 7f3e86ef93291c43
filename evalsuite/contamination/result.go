package contamination

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/pali3/pali3/internal/atomicfile"
)

// ResultVersion is the version of the JSON of a [Result]. Members may be added without a new
// version.
const ResultVersion = 1

// Result says what of a benchmark is in training data. Its JSON is a stable format.
type Result struct {
	Version int    `json:"version"`
	Counts  Counts `json:"items"`
	// Rules are the rules that were applied, with what each found.
	Rules []Found `json:"rules"`
	// Gram is N of GPT-3's rule; 0 if the rule is off.
	Gram int `json:"gpt3_n,omitempty"`
	// Images counts the distinct images of the benchmark. Undecodable ones are searched for by
	// their bytes only.
	Images      int   `json:"images"`
	Undecodable Tally `json:"images_undecodable"`
	// Unreadable counts records of the benchmark's files.
	Unreadable Tally `json:"records_unreadable"`
	// Train says what was read of each training dataset, and Touched is how many of the rows
	// contain something of the benchmark.
	Train   []Source `json:"train"`
	Touched int      `json:"train_rows_touched"`
	// Scores are those of a model on all, clean and contaminated items; see [Result.Score].
	Scores   []Scores `json:"scores,omitempty"`
	Unscored *Tally   `json:"unscored,omitempty"`

	// Contaminated are the items found, in the benchmark's order.
	Contaminated []Contaminated `json:"-"`

	ids       map[string][]int // numbers of items
	questions []string         // by number
	dirty     map[int]*Contaminated
}

// Counts are numbers of items.
type Counts struct {
	All int `json:"all"`
	// Clean items were not found, Contaminated ones by an image rule or by a text rule.
	Clean        int `json:"clean"`
	Contaminated int `json:"contaminated"`
	Image        int `json:"image"`
	Text         int `json:"text"`
	// Pair counts items whose image and text one training row has. They are counted in Image, too.
	Pair int `json:"pair"`
	// Unjudged counts items whose texts all have fewer than 8 words: text rules say nothing about
	// them, but an image is found, and a text with its image. NoImage counts items without one.
	Unjudged int `json:"short_texts"`
	NoImage  int `json:"no_image"`
}

// Found is a rule with what it found.
type Found struct {
	Rule
	Items int `json:"items"`
	Rows  int `json:"train_rows"`
}

// Source is a training dataset, with what was read of it.
type Source struct {
	Dataset     string `json:"dataset"`
	Rows        int    `json:"rows"` // searched
	OtherSplits int    `json:"rows_of_other_splits,omitempty"`
	Images      int    `json:"images"`      // decoded
	Unread      Tally  `json:"rows_unread"` // rows of damaged row groups
	Undecodable Tally  `json:"images_undecodable"`
	// GivenUp counts texts and images that are like so much of the benchmark that they were not
	// compared with all of it.
	GivenUp Tally `json:"given_up"`
}

// Complete reports whether every training row and image was searched, without which clean items may
// be contaminated.
func (r *Result) Complete() bool {
	return !slices.ContainsFunc(r.Train, func(s Source) bool { return s.Unread.Count+s.Undecodable.Count+s.GivenUp.Count > 0 })
}

// Contaminated is an item that was found.
type Contaminated struct {
	ID       string   `json:"id"`
	Image    string   `json:"image,omitempty"` // key of the sample
	Language string   `json:"language,omitempty"`
	Question string   `json:"question,omitempty"`
	Answers  []string `json:"answers,omitempty"`
	Kinds    []string `json:"kinds"`
	Matches  []Match  `json:"matches"`

	n int
}

// Match is the first training row in which an item was found by a rule.
type Match struct {
	Rule    string `json:"rule"`
	Kind    string `json:"kind"`
	Dataset string `json:"dataset"`
	Row     int    `json:"row"`
	Key     string `json:"key"`
	// Of is what of the item was found: images[0], question, choice, answer or caption. Where is
	// the column of the row that has it, and Image the number of the row's image.
	Of    string `json:"of"`
	Where string `json:"where,omitempty"`
	Image *int   `json:"image,omitempty"`
	// Like is how much images that are not equal are like each other.
	Like *Likeness `json:"like,omitempty"`
	// Shared are the words that are shared, and Share the share of the text's words or runs.
	Shared string  `json:"shared,omitempty"`
	Share  float64 `json:"share,omitempty"`
	// Rows is the number of training rows in which this was found.
	Rows int `json:"train_rows"`

	source int
}

// result applies the rules to the items.
func (f *findings) result() *Result {
	a := f.audit
	r := &Result{
		Version: ResultVersion, Images: len(a.images.all), Undecodable: a.undecodable, Unreadable: a.unreadable, Train: f.sources, Touched: f.touched,
		ids: map[string][]int{}, dirty: map[int]*Contaminated{},
	}
	if a.rules[GPT3] {
		r.Gram = a.texts.gram
	}
	items := map[string]int{}
	for n := range a.items {
		it := &a.items[n]
		for _, id := range it.ids() {
			r.ids[id] = append(r.ids[id], n)
		}
		r.questions = append(r.questions, it.Question)
		r.count(f, it)
		c := f.contaminated(n)
		if len(c.Matches) == 0 {
			continue
		}
		r.Contaminated = append(r.Contaminated, c)
		for _, rule := range distinct(c.Matches, func(m Match) string { return m.Rule }) {
			items[rule]++
		}
	}
	for i := range r.Contaminated {
		c := &r.Contaminated[i]
		r.dirty[c.n] = c
		for _, kind := range c.Kinds {
			*map[string]*int{Image: &r.Counts.Image, Text: &r.Counts.Text, Pair: &r.Counts.Pair}[kind]++
		}
	}
	r.Counts.Contaminated = len(r.Contaminated)
	r.Counts.Clean = r.Counts.All - r.Counts.Contaminated
	for _, rule := range a.applied() {
		r.Rules = append(r.Rules, Found{rule, items[rule.Name], f.rows[rule.Name]})
	}
	return r
}

// applied returns the rules that are on, with that of pairs.
func (a *Audit) applied() (rules []Rule) {
	for _, rule := range Rules() {
		if a.rules[rule.Name] {
			rules = append(rules, rule)
		}
	}
	if a.rules.of(Image) && a.rules.of(Text) {
		rules = append(rules, Rule{PairRule, Pair, "a training row has the image, by one of the rules above, and the words of the question or of a caption, of any length", "words in a row", true})
	}
	return rules
}

// count counts an item.
func (r *Result) count(f *findings, it *item) {
	r.Counts.All++
	if len(f.audit.owners[it.Item.Image].images) == 0 {
		r.Counts.NoImage++
	}
	short := func(p part) bool { return f.audit.texts.words.Length(int(p.text)) < gramLeast }
	if f.audit.rules.texts() && !slices.ContainsFunc(it.parts, func(p part) bool { return !short(p) }) {
		r.Counts.Unjudged++
	}
}

// contaminated returns what was found of an item.
func (f *findings) contaminated(n int) Contaminated {
	it := &f.audit.items[n]
	c := Contaminated{
		ID: it.ID, Image: it.Item.Image, Language: it.Language, Question: it.Question,
		Answers: distinct(it.References, func(s string) string { return s }), n: n,
	}
	for _, rule := range f.audit.applied() {
		switch rule.Kind {
		case Image:
			c.Matches = f.imageMatches(c.Matches, it, rule.Name)
		case Text:
			c.Matches = f.textMatches(c.Matches, it, rule.Name)
		case Pair:
			c.Matches = f.pairMatches(c.Matches, n)
		}
	}
	c.Kinds = distinct(c.Matches, func(m Match) string { return m.Kind })
	return c
}

// distinct returns the values of a property, each once, in order.
func distinct[T any](all []T, of func(T) string) (values []string) {
	seen := map[string]bool{}
	for _, v := range all {
		if value := of(v); !seen[value] {
			seen[value] = true
			values = append(values, value)
		}
	}
	return values
}

func (f *findings) match(rule, kind string, e *evidence) Match {
	return Match{Rule: rule, Kind: kind, Dataset: f.sources[e.dataset].Dataset, Row: e.row.row, Key: e.key, Rows: e.rows, source: e.dataset}
}

func (f *findings) imageMatches(matches []Match, it *item, rule string) []Match {
	for i, image := range f.audit.owners[it.Item.Image].images {
		e := f.images[ruled{image, rule}]
		if e == nil {
			continue
		}
		m := f.match(rule, Image, e)
		m.Of, m.Image = fmt.Sprintf("images[%d]", i), &e.at
		if rule != ImageBytes && rule != ImagePixels {
			m.Like = &e.image
		}
		matches = append(matches, m)
	}
	return matches
}

func (f *findings) textMatches(matches []Match, it *item, rule string) []Match {
	parts := it.parts
	if rule == Exact {
		parts = nil
		of := "caption"
		if it.Question != "" {
			of = "question and answer"
		}
		for _, text := range it.exact {
			parts = append(parts, part{of, text})
		}
	}
	for _, p := range parts {
		key := ruled{p.text, rule}
		e := f.texts[key]
		if e == nil {
			continue
		}
		share, ok := f.holds(key, e)
		if !ok {
			continue
		}
		m := f.match(rule, Text, e)
		m.Of, m.Where, m.Share = p.of, e.text.where.String(), share
		if e.text.length > 0 {
			m.Shared = shorten(f.audit.texts.words.Text(int(p.text), e.text.from, e.text.length))
		}
		matches = append(matches, m)
	}
	return matches
}

func (f *findings) pairMatches(matches []Match, n int) []Match {
	e := f.pairs[int32(n)]
	if e == nil {
		return matches
	}
	m := f.match(PairRule, Pair, e)
	m.Of, m.Where, m.Image = e.of, e.text.where.String(), &e.at
	m.Shared = shorten(f.audit.texts.words.Text(int(e.text.text), 0, e.text.length))
	return append(matches, m)
}

// Files that Write writes.
const (
	SummaryFile = "contamination.json"
	ItemsFile   = "contamination.jsonl"
)

// Write writes the summary as JSON, and the items that were found as JSON lines, to a folder.
func (r *Result) Write(dir string) error {
	err := atomicfile.Write(filepath.Join(dir, ItemsFile), func(w io.Writer) error {
		out := bufio.NewWriter(w)
		lines := json.NewEncoder(out)
		lines.SetEscapeHTML(false)
		for i := range r.Contaminated {
			if err := lines.Encode(&r.Contaminated[i]); err != nil {
				return err
			}
		}
		return out.Flush()
	})
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, SummaryFile), func(w io.Writer) error {
		out := json.NewEncoder(w)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return out.Encode(r)
	})
}
