package shards

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Stat counts records. For a command, Rows + Updated + Rejected + Duplicates is the number of its
// input records. In the totals of a dataset, Rows is its number of rows and Updated is how often a
// row was replaced.
type Stat struct {
	Rows       int64            `json:"rows"`
	Images     int64            `json:"images"`
	Texts      int64            `json:"texts"`
	Questions  int64            `json:"questions"`
	Bytes      int64            `json:"bytes"`             // of encoded images
	Rejected   int64            `json:"rejected"`          // records in rejects.parquet
	Duplicates int64            `json:"duplicates"`        // records whose key the dataset had already
	Updated    int64            `json:"updated,omitempty"` // rows that a record replaced
	Languages  map[string]int64 `json:"languages"`         // language of a text -> texts
	Splits     map[string]int64 `json:"splits"`            // split -> rows

	LeftOut      map[string]int64    `json:"left_out"`                 // reason -> how many things were left out of records
	LeftOutFirst map[string][]string `json:"left_out_first,omitempty"` // reason -> the first few names of them
}

// Count adds one sample.
func (s *Stat) Count(sample *Sample) {
	s.Rows++
	s.Images += int64(len(sample.Images))
	s.Texts += int64(len(sample.Texts))
	s.Questions += int64(len(sample.Questions))
	for i := range sample.Images {
		s.Bytes += int64(len(sample.Images[i].Bytes))
	}
	if s.Languages == nil {
		s.Languages = map[string]int64{}
	}
	if s.Splits == nil {
		s.Splits = map[string]int64{}
	}
	for i := range sample.Texts {
		countName(s.Languages, sample.Texts[i].Language)
	}
	countName(s.Splits, sample.Split)
}

// countName counts a name. The map gets a copy of it, because the memory of the sample may be
// reused.
func countName(counts map[string]int64, name string) {
	if n, ok := counts[name]; ok {
		counts[name] = n + 1
	} else if name != "" {
		counts[strings.Clone(name)] = 1
	}
}

// Add adds the counts of another stat.
func (s *Stat) Add(o Stat) {
	s.Rows += o.Rows
	s.Images += o.Images
	s.Texts += o.Texts
	s.Questions += o.Questions
	s.Bytes += o.Bytes
	s.Rejected += o.Rejected
	s.Duplicates += o.Duplicates
	s.Updated += o.Updated
	s.Languages = addCounts(s.Languages, o.Languages)
	s.Splits = addCounts(s.Splits, o.Splits)
	s.LeftOut = addCounts(s.LeftOut, o.LeftOut)
	s.LeftOutFirst = addNames(s.LeftOutFirst, o.LeftOutFirst)
}

func addCounts(to, from map[string]int64) map[string]int64 {
	sum := maps.Clone(to)
	if sum == nil {
		sum = map[string]int64{}
	}
	for name, n := range from {
		sum[name] += n
	}
	return sum
}

// subtract subtracts the counts of rows that were removed.
func (s *Stat) subtract(o Stat) {
	s.Rows -= o.Rows
	s.Images -= o.Images
	s.Texts -= o.Texts
	s.Questions -= o.Questions
	s.Bytes -= o.Bytes
	for _, counts := range []struct{ of, less map[string]int64 }{{s.Languages, o.Languages}, {s.Splits, o.Splits}} {
		for name, n := range counts.less {
			if counts.of[name] -= n; counts.of[name] <= 0 {
				delete(counts.of, name)
			}
		}
	}
}

// MaxLeftOutNames is how many names of things left out a [Stat] holds for each reason.
const MaxLeftOutNames = 5

const leftOutNameSize = 200 // bytes

// leave counts things left out, and keeps the first few names for each reason.
func (s *Stat) leave(left []LeftOut) {
	for _, l := range left {
		if s.LeftOut == nil {
			s.LeftOut = map[string]int64{}
		}
		s.LeftOut[l.Reason] += max(1, l.N)
		s.LeftOutFirst = firstNames(s.LeftOutFirst, l.Reason, l.Name)
	}
}

// firstNames adds a name for a reason, unless it has the name already or enough of them.
func firstNames(to map[string][]string, reason, name string) map[string][]string {
	if len(name) > leftOutNameSize {
		end := leftOutNameSize
		for end > 0 && !utf8.RuneStart(name[end]) {
			end--
		}
		name = name[:end] + "..."
	}
	name = strings.ToValidUTF8(name, "\uFFFD")
	if names := to[reason]; name == "" || len(names) >= MaxLeftOutNames || slices.Contains(names, name) {
		return to
	}
	if to == nil {
		to = map[string][]string{}
	}
	to[reason] = append(slices.Clip(to[reason]), name)
	return to
}

// addNames returns the names of two stats.
func addNames(to, from map[string][]string) map[string][]string {
	sum := maps.Clone(to)
	for _, reason := range slices.Sorted(maps.Keys(from)) {
		for _, name := range from[reason] {
			sum = firstNames(sum, reason, name)
		}
	}
	return sum
}
