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

// curves is the content of metrics.jsonl.
type curves struct {
	steps       []stages.Metric
	evaluations []stages.Evaluated
	bad         int   // number of lines that cannot be read
	firstBad    error // why the first of them cannot be read
}

// maxLine is the maximum length of a line of metrics.jsonl, in bytes.
const maxLine = 1 << 20

// readCurves reads the metrics of a run folder, in the order of their steps. Unlike
// stages.ReadMetrics it skips damaged lines and counts them, because a report shows what can be
// read. It ignores an incomplete last line, which a killed run may leave.
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

// add adds a line: a step or an evaluation.
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
