package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
)

// inParts returns a reader of a file, or of a folder with a *.json for each part of a benchmark,
// such as coco_pope_random.json or test_human.json. The part is the last word of the name. The
// files number their questions from the beginning, so the questions of a folder are named by part
// and number, as in random-1, and have the part in a field.
func inParts(field string, one read) read {
	return func(ctx context.Context, o Options) iter.Seq2[item, error] {
		if info, err := os.Stat(o.Annotations); err != nil || !info.IsDir() {
			return one(ctx, o)
		}
		return func(yield func(item, error) bool) {
			files, others, err := filesOf(o.Annotations, ".json")
			if err != nil {
				yield(item{left: others}, err)
				return
			}
			for _, file := range files {
				stem := strings.TrimSuffix(file, ".json")
				part, of := stem[strings.LastIndexByte(stem, '_')+1:], o
				of.Annotations = filepath.Join(o.Annotations, file)
				for i, err := range one(ctx, of) {
					i.ofPart(field, part)
					if err != nil {
						err = fmt.Errorf("%s: %w", file, err)
					}
					if !yield(i, err) || errors.Is(err, errBroken) {
						return
					}
				}
			}
			if len(others) > 0 {
				yield(asideOf(others), nil)
			}
		}
	}
}

// ofPart names the questions of an item by the part of the benchmark.
func (i *item) ofPart(field, part string) {
	for n := range i.fields {
		i.fields[n].Question = part + "-" + i.fields[n].Question
	}
	for n := range i.sample.Questions {
		q := &i.sample.Questions[n]
		q.ID = part + "-" + q.ID
		i.detail(q.ID, field, words{text: part})
	}
}
