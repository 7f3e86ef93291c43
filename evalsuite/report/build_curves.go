package report

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/stages"
)

// curves is what metrics.jsonl holds.
type curves struct {
	steps       []stages.Metric
	evaluations []stages.Evaluated
	bad         int   // lines that could not be read
	firstBad    error // of which this is the first
}

// maxLine is the longest line of metrics.jsonl that is read, in bytes.
const maxLine = 1 << 20

// readCurves reads the metrics of a run folder, in order of their steps. Unlike stages.ReadMetrics
// it passes over damaged lines, which it counts: a report shows what there is. A last line without
// an end, which a killed run may leave, does not count.
func readCurves(dir string) (c curves, err error) {
	path := filepath.Join(dir, stages.MetricsFile)
	file, err := os.Open(path)
	if err != nil {
		return c, err
	}
	defer file.Close()
	lines := bufio.NewReaderSize(file, maxLine)
	for number := 1; ; number++ {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			c.spoil(fmt.Errorf("%s line %d: longer than %d bytes", path, number, maxLine))
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = lines.ReadSlice('\n')
			}
			if err == nil {
				continue
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return c, fmt.Errorf("reading %s: %w", path, err)
		}
		if err := c.add(line); err != nil {
			c.spoil(fmt.Errorf("%s line %d: %w", path, number, err))
		}
	}
	slices.SortStableFunc(c.steps, func(a, b stages.Metric) int { return cmp.Compare(a.Step, b.Step) })
	slices.SortStableFunc(c.evaluations, func(a, b stages.Evaluated) int { return cmp.Compare(a.Step, b.Step) })
	return c, nil
}

// add takes a line: a step or an evaluation.
func (c *curves) add(line []byte) error {
	var l struct {
		stages.Metric
		Eval *stages.Evaluation `json:"eval"`
	}
	if err := jsonerr.Explain(json.Unmarshal(line, &l)); err != nil {
		return err
	}
	switch {
	case l.Step < 1 && l.Eval == nil:
		return fmt.Errorf("step %d", l.Step)
	case l.Eval != nil:
		c.evaluations = append(c.evaluations, stages.Evaluated{Step: l.Step, Evaluation: *l.Eval, Time: l.Time})
	default:
		c.steps = append(c.steps, l.Metric)
	}
	return nil
}

func (c *curves) spoil(err error) {
	if c.bad++; c.firstBad == nil {
		c.firstBad = err
	}
}
