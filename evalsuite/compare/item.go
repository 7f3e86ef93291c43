package compare

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"os"
	"slices"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/jsonerr"
)

// Item is one scored prediction: a line of a file of scored items.
type Item struct {
	// Task whose prediction it is, such as "vqa". With the ID it identifies the item.
	Task string `json:"task,omitempty"`
	ID   string `json:"id"`
	// Cluster names what several items share, usually the image. Empty means that the item stands
	// alone.
	Cluster  string `json:"cluster,omitempty"`
	Language string `json:"language,omitempty"`
	Kind     string `json:"kind,omitempty"`
	// Weight of the item in the mean; 0 means 1.
	Weight float64 `json:"weight,omitempty"`
	// Image is the key of the image.
	Image string `json:"image,omitempty"`
	// Slices holds the groups of the item by slice, for example {"answer_type": ["number"]}.
	Slices     map[string][]string `json:"slices,omitempty"`
	Question   string              `json:"question,omitempty"`
	References []string            `json:"references,omitempty"`
	// Choices of a multiple-choice question, and further fields of the question, where a score of
	// all items together needs them ([Statistic]).
	Choices    []string          `json:"choices,omitempty"`
	Fields     map[string]string `json:"fields,omitempty"`
	Prediction string            `json:"prediction"`
	// Error says why there is no prediction, Unparsed why the metric found no answer in it.
	Error    string `json:"error,omitempty"`
	Unparsed string `json:"unparsed,omitempty"`
	// Values by metric, for example {"vqa_accuracy": 1}. A metric that does not count the item has
	// no value.
	Values map[string]float64 `json:"values"`
	// Evidence is what scores of all items together need of this one ([Family]), by the name of the
	// family and then by what it is about, such as a category of boxes.
	Evidence map[string]map[string]string `json:"evidence,omitempty"`
	// Protocols holds the values by the rules of other programs. They are not compared.
	Protocols map[string]map[string]float64 `json:"protocols,omitempty"`
}

// MaxValue is the largest value, and the largest weight, of an item. The smallest weight is its
// inverse. Sums of such values stay finite.
const MaxValue = 1e9

// itemKey identifies an item.
type itemKey struct{ task, id string }

func (i *Item) key() itemKey { return itemKey{i.Task, i.ID} }

// Write writes scored items as JSON lines, atomically.
func Write(path string, items []Item) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		for i := range items {
			if err := encoder.Encode(&items[i]); err != nil {
				return fmt.Errorf("item %s: %w", items[i].ID, err)
			}
		}
		return out.Flush()
	})
}

// maxLine is the maximum length of a line, in bytes.
const maxLine = 16 << 20

// Read reads a file of scored items. An error names the file and the line.
func Read(path string) (items []Item, err error) {
	for item, err := range Items(path) {
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// Items yields the items of a file one by one, for files that are large. After an error, which
// names the file and the line, it ends.
func Items(path string) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		file, err := os.Open(path)
		if err != nil {
			yield(Item{}, err)
			return
		}
		defer file.Close()
		for item, err := range read(file) {
			if err != nil {
				err = fmt.Errorf("%s %w", path, err)
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}

func read(from io.Reader) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		lines := bufio.NewScanner(from)
		lines.Buffer(nil, maxLine)
		first, n := map[itemKey]int{}, 0
		for lines.Scan() {
			n++
			if len(bytes.TrimSpace(lines.Bytes())) == 0 {
				continue
			}
			var item Item
			err := jsonerr.Explain(json.Unmarshal(lines.Bytes(), &item))
			if err == nil {
				err = item.check()
			}
			if earlier, twice := first[item.key()]; err == nil && twice {
				err = fmt.Errorf("a second item of the task %q with the id %q, after line %d", item.Task, item.ID, earlier)
			}
			if err != nil {
				yield(Item{}, fmt.Errorf("line %d: %w", n, err))
				return
			}
			first[item.key()] = n
			if !yield(item, nil) {
				return
			}
		}
		switch err := lines.Err(); {
		case err != nil:
			yield(Item{}, fmt.Errorf("line %d: %w", n+1, err))
		case len(first) == 0:
			yield(Item{}, errors.New("has no scored items"))
		}
	}
}

func (i *Item) check() error {
	switch {
	case i.ID == "":
		return errors.New(`no "id"`)
	case i.Weight != 0 && !(i.Weight >= 1/MaxValue && i.Weight <= MaxValue):
		return fmt.Errorf("item %s: the weight %g is not from %g to %g", i.ID, i.Weight, 1/MaxValue, MaxValue)
	case i.Values == nil:
		return fmt.Errorf(`item %s has no "values": a file of scored items is expected, as eval writes it, not one of predictions`, i.ID)
	}
	for _, metric := range slices.Sorted(maps.Keys(i.Values)) {
		if v := i.Values[metric]; !(math.Abs(v) <= MaxValue) {
			return fmt.Errorf("item %s: the value %g of %s is not from %g to %g", i.ID, v, metric, -MaxValue, MaxValue)
		}
	}
	return nil
}
