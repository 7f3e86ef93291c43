package evalsuite

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/internal/folderlock"
	"github.com/pali3/pali3/internal/jsonerr"
)

// benchmarkFolder is the folder of a run of a benchmark that is being written.
type benchmarkFolder struct {
	dir         string
	lock        *folderlock.Lock
	predictions *os.File
	calls       *os.File
	kept        []keptPrediction // that an earlier run left
	count       CallCount        // of earlier runs
}

// keptPrediction is a line that an earlier run left.
type keptPrediction struct {
	Prediction
	line int
}

// Call is a line of a calls file: what a query cost.
type Call struct {
	ID string `json:"id"`
	// Seconds from when the predictor took the query to its reply.
	Seconds  float64 `json:"seconds"`
	Attempts int     `json:"attempts,omitempty"`
	Usage
	Finish  string `json:"finish,omitempty"`
	Failure string `json:"failure,omitempty"`
}

// CallCount sums calls.
type CallCount struct {
	Calls    int     `json:"calls"`
	Attempts int     `json:"attempts"`
	Seconds  float64 `json:"seconds"` // of all calls, which may run beside each other
	Usage
	// Uncounted calls have an answer and no count of tokens.
	Uncounted int `json:"calls_without_tokens"`
	// Long answers were cut at the most tokens.
	Long int `json:"cut_at_max_tokens"`
}

// add adds a call.
func (c *CallCount) add(call *Call) {
	c.Calls++
	c.Attempts += max(call.Attempts, 1)
	c.Seconds += call.Seconds
	c.Prompt += call.Prompt
	c.Completion += call.Completion
	if call.Usage == (Usage{}) && call.Failure == "" {
		c.Uncounted++
	}
	if call.Finish == "length" {
		c.Long++
	}
}

// openBenchmarkFolder locks the folder and reads what an earlier run left there, which must have
// the same settings. With fresh it is removed instead.
func openBenchmarkFolder(dir string, m *BenchmarkManifest, fresh bool, warn func(string)) (*benchmarkFolder, error) {
	lock, err := folderlock.Take(dir)
	if err != nil {
		return nil, err
	}
	f := &benchmarkFolder{dir: dir, lock: lock}
	if err := f.open(m, fresh, warn); err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

func (f *benchmarkFolder) path(name string) string { return filepath.Join(f.dir, name) }

func (f *benchmarkFolder) open(m *BenchmarkManifest, fresh bool, warn func(string)) error {
	if fresh {
		for _, name := range []string{ManifestFile, BenchmarkPredictionsFile, CallsFile, benchmarks.ResultFile, benchmarks.ScoredFile} {
			if err := os.Remove(f.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	there, err := ReadBenchmarkManifest(f.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(f.path(BenchmarkPredictionsFile)); err == nil {
			return fmt.Errorf("%s has no %s beside it, so it is not known what it answers: use another folder, or --fresh to replace it", f.path(BenchmarkPredictionsFile), ManifestFile)
		}
		if err := m.write(f.dir); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		if err := there.checkSame(f.dir, m); err != nil {
			return err
		}
	}
	var half int
	if f.kept, half, err = readKept(f.path(BenchmarkPredictionsFile)); err != nil {
		return err
	}
	if half > 0 {
		warn(fmt.Sprintf("%s: the last line is incomplete, %d bytes without an end; it is dropped and its question is asked again", f.path(BenchmarkPredictionsFile), half))
	}
	if f.predictions, err = openAppend(f.path(BenchmarkPredictionsFile), half); err != nil {
		return err
	}
	f.count, half, err = readCalls(f.path(CallsFile))
	if err != nil {
		return err
	}
	f.calls, err = openAppend(f.path(CallsFile), half)
	return err
}

// openAppend opens a file for further lines, without the half line at its end.
func openAppend(path string, half int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	end, err := file.Seek(0, io.SeekEnd)
	if err == nil && half > 0 {
		if err = file.Truncate(end - int64(half)); err == nil {
			_, err = file.Seek(0, io.SeekEnd)
		}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

var errLongLine = errors.New("the line is too long")

// eachLine calls do with the whole lines of a file and returns the bytes of a half line at its end.
// A file that is not there has no lines.
func eachLine(path string, do func(n int, line []byte) error) (half int, err error) {
	file, err := os.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return 0, err
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 64<<10)
	for n := 1; ; n++ {
		line, err := readLine(in)
		switch {
		case err == io.EOF:
			return len(line), nil
		case err == bufio.ErrBufferFull:
			return 0, fmt.Errorf("%s line %d: %w: it has more than %d bytes", path, n, errLongLine, maxPrediction)
		case err != nil:
			return 0, fmt.Errorf("%s line %d: %w", path, n, err)
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if err := do(n, line); err != nil {
			return 0, fmt.Errorf("%s line %d: %w", path, n, err)
		}
	}
}

// readKept reads the predictions of a file.
func readKept(path string) (kept []keptPrediction, half int, err error) {
	half, err = eachLine(path, func(n int, line []byte) error {
		p := keptPrediction{line: n}
		if err := jsonerr.Explain(json.Unmarshal(line, &p.Prediction)); err != nil {
			return fmt.Errorf("%w; remove the line to ask its question again", err)
		}
		if p.ID == "" {
			return errNoID
		}
		kept = append(kept, p)
		return nil
	})
	return kept, half, err
}

// readCalls sums the calls of a file.
func readCalls(path string) (count CallCount, half int, err error) {
	half, err = eachLine(path, func(_ int, line []byte) error {
		var call Call
		err := jsonerr.Explain(json.Unmarshal(line, &call))
		if err == nil {
			count.add(&call)
		}
		return err
	})
	return count, half, err
}

// replace replaces the file of predictions by the given ones.
func (f *benchmarkFolder) replace(kept []Prediction) error {
	path := f.path(BenchmarkPredictionsFile)
	if err := f.predictions.Close(); err != nil {
		return err
	}
	if err := WritePredictions(path, kept); err != nil {
		return err
	}
	var err error
	f.predictions, err = openAppend(path, 0)
	return err
}

// write appends predictions and the calls that made them.
func (f *benchmarkFolder) write(predictions []Prediction, calls []Call) error {
	if f == nil {
		return nil
	}
	var lines bytes.Buffer
	for n := range calls {
		if err := json.NewEncoder(&lines).Encode(&calls[n]); err != nil {
			return err
		}
	}
	if _, err := f.calls.Write(lines.Bytes()); err != nil {
		return fmt.Errorf("writing the calls: %w", err)
	}
	lines.Reset()
	if err := encodePredictions(&lines, predictions); err != nil {
		return err
	}
	if _, err := f.predictions.Write(lines.Bytes()); err != nil {
		return fmt.Errorf("writing the predictions: %w", err)
	}
	return nil
}

// sync makes sure that what was written stays.
func (f *benchmarkFolder) sync() error {
	return errors.Join(f.predictions.Sync(), f.calls.Sync())
}

// close ends the use of the folder.
func (f *benchmarkFolder) close() {
	if f.predictions != nil {
		f.predictions.Close()
	}
	if f.calls != nil {
		f.calls.Close()
	}
	f.lock.Unlock()
}
