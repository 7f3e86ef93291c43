package contamination

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/shards"
)

// Shard is a share of the training data: number Index, from 0 on, of Of. It has whole row groups,
// so that the shares of a dataset with few groups differ in size, and some may be empty.
type Shard struct{ Index, Of int }

// whole is all of the training data.
var whole = Shard{0, 1}

// owns reports whether the row group that begins at a row belongs to the share.
func (s Shard) owns(row, rows int) bool {
	return s.Of <= 1 || int(int64(row)*int64(s.Of)/int64(rows)) == s.Index
}

// PartVersion is the version of the files that [Audit.SearchPart] writes.
const PartVersion = 1

// partHead is the first line of the file of a part: what was searched for, and where.
type partHead struct {
	Version   int          `json:"version"`
	Shard     Shard        `json:"shard"`
	Benchmark string       `json:"benchmark"` // hash of items, images and rules
	Rows      []int        `json:"rows"`      // of each training dataset
	Sources   []partSource `json:"sources"`
}

// partSource is what was read of a training dataset.
type partSource struct {
	Rows        int       `json:"rows"`
	OtherSplits int       `json:"rows_of_other_splits"`
	Images      int       `json:"images"`
	Unread      partTally `json:"rows_unread"`
}

type partTally struct {
	Count int      `json:"count"`
	First []string `json:"first,omitempty"`
	At    []int    `json:"at,omitempty"` // rows of First
}

// partRow is a further line: what was found in a row.
type partRow struct {
	Dataset int         `json:"dataset"`
	Row     int         `json:"row"`
	Key     string      `json:"key"`
	Images  []partImage `json:"images,omitempty"`
	Texts   []partText  `json:"texts,omitempty"`
	Pairs   []partPair  `json:"pairs,omitempty"`
	Bad     []string    `json:"bad,omitempty"`
	GivenUp int         `json:"given_up,omitempty"`
}

type partImage struct {
	Image int32    `json:"image"`
	Rule  string   `json:"rule"`
	At    int      `json:"at"`
	Like  Likeness `json:"like"`
}

type partText struct {
	Text    int32      `json:"text"`
	Rule    string     `json:"rule"`
	Where   partWhere  `json:"where"`
	From    int        `json:"from"`
	Length  int        `json:"length"`
	Share   float64    `json:"share"`
	Covered [][2]int32 `json:"covered,omitempty"`
}

type partPair struct {
	Item  int32     `json:"item"`
	Text  int32     `json:"text"`
	Of    string    `json:"of"`
	Where partWhere `json:"where"`
	Image int       `json:"image"`
}

type partWhere struct {
	Question bool  `json:"question,omitempty"`
	N        int32 `json:"n"`
	Answer   int32 `json:"answer,omitempty"`
}

func (w where) part() partWhere    { return partWhere{w.question, w.n, w.answer} }
func (w partWhere) whereOf() where { return where{w.Question, w.N, w.Answer} }
func (t Tally) part() (out partTally) {
	out = partTally{Count: t.Count, First: t.First}
	for _, at := range t.at {
		out.At = append(out.At, at.row)
	}
	return out
}

// merge adds the tally of a part.
func (t *Tally) merge(of partTally) {
	t.Count += of.Count
	for n, name := range of.First {
		t.addMany(0, row{row: of.At[n]}, name)
	}
}

// SearchPart searches a share of the training datasets and writes what it found to a file, for
// [Audit.Merge]. The file has a line for each row in which something was found.
func (a *Audit) SearchPart(ctx context.Context, train []*shards.Dataset, part Shard, path string) error {
	if part.Of < 1 || part.Index < 0 || part.Index >= part.Of {
		return fmt.Errorf("shard %d of %d, want 0 to one less than their number", part.Index, part.Of)
	}
	views, all, err := a.prepare(train)
	if err != nil {
		return err
	}
	// The head comes first and is known last, so the rows wait in a file of their own.
	rows, err := os.CreateTemp("", "contamination-*.jsonl")
	if err != nil {
		return err
	}
	defer os.Remove(rows.Name())
	defer rows.Close()
	found, buffered := newFindings(a, train), bufio.NewWriter(rows)
	lines := json.NewEncoder(buffered)
	lines.SetEscapeHTML(false)
	var failed error
	found.keep = func(f *rowFindings) {
		if line, some := lineOf(f); some && failed == nil {
			failed = lines.Encode(line)
		}
	}
	if err := a.search(ctx, train, views, found, part, all); err != nil {
		return err
	}
	if err := errors.Join(failed, buffered.Flush()); err != nil {
		return fmt.Errorf("writing what was found: %w", err)
	}
	if _, err := rows.Seek(0, io.SeekStart); err != nil {
		return err
	}
	head := partHead{Version: PartVersion, Shard: part, Benchmark: a.digest()}
	for i, d := range train {
		head.Rows = append(head.Rows, d.Len())
		s := &found.sources[i]
		head.Sources = append(head.Sources, partSource{s.Rows, s.OtherSplits, s.Images, s.Unread.part()})
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		if err := json.NewEncoder(w).Encode(head); err != nil {
			return err
		}
		_, err := io.Copy(w, rows)
		return err
	})
}

// lineOf returns the line about a row, and whether something was found in it.
func lineOf(f *rowFindings) (line partRow, some bool) {
	line = partRow{Dataset: f.dataset, Row: f.row.row, Key: f.key, Bad: f.bad, GivenUp: f.givenUp}
	for _, h := range f.images {
		line.Images = append(line.Images, partImage{h.image, h.rule, h.at, h.Likeness})
	}
	for _, h := range f.texts {
		line.Texts = append(line.Texts, partText{h.text, h.rule, h.where.part(), h.from, h.length, h.share, h.covered})
	}
	for _, h := range f.pairs {
		line.Pairs = append(line.Pairs, partPair{h.item, h.text, h.of, h.where.part(), h.image})
	}
	return line, len(f.images)+len(f.texts)+len(f.pairs)+len(f.bad)+f.givenUp > 0
}

// digest hashes what is searched for: items, images, rules and limits.
func (a *Audit) digest() string {
	h := sha256.New()
	for n := range a.items {
		it := &a.items[n]
		fmt.Fprintf(h, "%q %q %q %q %q\n", it.ID, it.Item.Image, it.Question, it.References, it.Choices)
	}
	sums := make([]string, len(a.images.all))
	for sum, n := range a.images.byBytes {
		sums[n] = hex.EncodeToString(sum[:])
	}
	o := a.options
	fmt.Fprintf(h, "%q %v %d %d %g %q", sums, a.applied(), o.Bits, o.Colour, o.Detail, o.Splits)
	return hex.EncodeToString(h.Sum(nil))
}

// Merge returns the result of the files that [Audit.SearchPart] wrote, one of each share, as
// [Audit.Search] returns it. The audit has the same benchmark and options, and the training
// datasets are the same; they are not read again.
func (a *Audit) Merge(train []*shards.Dataset, paths []string) (*Result, error) {
	if len(a.items) == 0 {
		return nil, errors.New("the benchmark has no items to search for")
	}
	a.texts.build()
	found := newFindings(a, train)
	seen := map[int]string{}
	of := 0
	for _, path := range paths {
		shard, err := a.mergePart(found, path)
		if err != nil {
			return nil, fmt.Errorf("%s %w", path, err)
		}
		if before, twice := seen[shard.Index]; twice {
			return nil, fmt.Errorf("%s and %s are both part %d of %d", before, path, shard.Index+1, shard.Of)
		}
		if of > 0 && shard.Of != of {
			return nil, fmt.Errorf("%s is one of %d parts, and %s of %d", path, shard.Of, paths[0], of)
		}
		seen[shard.Index], of = path, shard.Of
	}
	var missing []string
	for n := range of {
		if seen[n] == "" {
			missing = append(missing, fmt.Sprint(n+1))
		}
	}
	if len(missing) > 0 || of == 0 {
		return nil, fmt.Errorf("of %d parts these are missing: %s", of, strings.Join(missing, ", "))
	}
	return found.result(), nil
}

// maxPartLine bounds a line of the file of a part.
const maxPartLine = 64 << 20

// mergePart adds what the file of a part has.
func (a *Audit) mergePart(found *findings, path string) (shard Shard, err error) {
	file, err := os.Open(path)
	if err != nil {
		return shard, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxPartLine)
	number := 0
	for lines.Scan() {
		if number++; number == 1 {
			if shard, err = a.mergeHead(found, lines.Bytes()); err != nil {
				return shard, fmt.Errorf("line 1: %w", err)
			}
			continue
		}
		var line partRow
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return shard, fmt.Errorf("line %d: %w", number, err)
		}
		row, err := a.rowOf(&line, found)
		if err != nil {
			return shard, fmt.Errorf("line %d: %w", number, err)
		}
		found.add(row)
	}
	if err := lines.Err(); err != nil {
		return shard, fmt.Errorf("line %d: %w", number+1, err)
	}
	if number == 0 {
		return shard, errors.New("is empty")
	}
	return shard, nil
}

func (a *Audit) mergeHead(found *findings, line []byte) (Shard, error) {
	var head partHead
	if err := json.Unmarshal(line, &head); err != nil {
		return Shard{}, err
	}
	var rows []int
	for _, d := range found.train {
		rows = append(rows, d.Len())
	}
	switch s := head.Shard; {
	case head.Version != PartVersion:
		return s, fmt.Errorf("version %d, want %d", head.Version, PartVersion)
	case s.Of < 1 || s.Index < 0 || s.Index >= s.Of:
		return s, fmt.Errorf("shard %d of %d", s.Index, s.Of)
	case head.Benchmark != a.digest():
		return s, errors.New("another benchmark, or other rules or splits: give the flags that the parts were searched with")
	case !slices.Equal(head.Rows, rows) || len(head.Sources) != len(rows):
		return s, fmt.Errorf("training datasets of %v rows, and these have %v", head.Rows, rows)
	}
	for n, s := range head.Sources {
		if len(s.Unread.At) != len(s.Unread.First) {
			return head.Shard, errors.New("rows_unread has names without rows")
		}
		to := &found.sources[n]
		to.Rows, to.OtherSplits, to.Images = to.Rows+s.Rows, to.OtherSplits+s.OtherSplits, to.Images+s.Images
		to.Unread.merge(s.Unread)
	}
	return head.Shard, nil
}

// rowOf returns what a line says, after checking that its numbers are those of the benchmark.
func (a *Audit) rowOf(line *partRow, found *findings) (*rowFindings, error) {
	if line.Dataset < 0 || line.Dataset >= len(found.train) || line.Row < 0 || line.Row >= found.train[line.Dataset].Len() {
		return nil, fmt.Errorf("row %d of dataset %d", line.Row, line.Dataset)
	}
	f := &rowFindings{row: row{line.Dataset, line.Row}, key: line.Key, bad: line.Bad, givenUp: max(line.GivenUp, 0)}
	text := func(n int32) error {
		if n < 0 || int(n) >= a.texts.words.Len() {
			return fmt.Errorf("text %d of %d", n, a.texts.words.Len())
		}
		return nil
	}
	for _, h := range line.Images {
		if h.Image < 0 || int(h.Image) >= len(a.images.all) {
			return nil, fmt.Errorf("image %d of %d", h.Image, len(a.images.all))
		}
		f.images = append(f.images, rowImage{imageHit{h.Image, h.Rule, h.Like}, h.At})
	}
	for _, h := range line.Texts {
		if err := text(h.Text); err != nil {
			return nil, err
		}
		length := a.texts.words.Length(int(h.Text))
		if h.From < 0 || h.Length < 0 || h.From+h.Length > length {
			return nil, fmt.Errorf("words %d and %d more of a text of %d", h.From, h.Length, length)
		}
		if h.Rule == PaLM {
			length = len(a.texts.words.First(int(h.Text)))
		}
		if (h.Rule == PaLM || h.Rule == Llama2) && h.Covered == nil {
			return nil, fmt.Errorf("text %d has no words that %s covers", h.Text, h.Rule)
		}
		for _, c := range h.Covered {
			if c[0] < 0 || c[1] < c[0] || int(c[1]) > length {
				return nil, fmt.Errorf("words %d to %d of a text of %d", c[0], c[1], length)
			}
		}
		f.texts = append(f.texts, textHit{text: h.Text, rule: h.Rule, where: h.Where.whereOf(), from: h.From, length: h.Length, share: h.Share, covered: h.Covered})
	}
	for _, h := range line.Pairs {
		if err := text(h.Text); err != nil {
			return nil, err
		}
		if h.Item < 0 || int(h.Item) >= len(a.items) {
			return nil, fmt.Errorf("item %d of %d", h.Item, len(a.items))
		}
		f.pairs = append(f.pairs, pairHit{h.Item, h.Text, h.Of, h.Where.whereOf(), h.Image})
	}
	return f, nil
}
