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

	"github.com/pali3/pali3/internal/folderlock"
	"github.com/pali3/pali3/internal/jsonerr"
)

// PartialSuffix ends the name of a predictions file that is not whole yet. It grows by whole lines,
// and a later run of the same command resumes it.
const PartialSuffix = ".partial"

// predictionFile is a predictions file under way, or none: with an empty path nothing is kept.
type predictionFile struct {
	path string
	lock *folderlock.Lock
	file *os.File
}

// errOther is wrapped by the error of a finished file that holds other predictions than those
// wanted.
var errOther = errors.New("holds other predictions")

// beginPredictions locks the partial file of path and returns it with the lines that an interrupted
// run left there.
func beginPredictions(path string) (*predictionFile, []Prediction, error) {
	f := &predictionFile{path: path}
	if path == "" {
		return f, nil, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, nil, err
	}
	var err error
	if f.lock, err = folderlock.TakeFile(path + PartialSuffix); err != nil {
		return nil, nil, err
	}
	lines, err := readWholeLines(path + PartialSuffix)
	if err == nil {
		f.file, err = os.OpenFile(path+PartialSuffix, os.O_RDWR, 0o644)
	}
	if err != nil {
		f.lock.Unlock()
		return nil, nil, err
	}
	return f, lines, nil
}

// readWholeLines returns the predictions of a partial file in front of the first line that is not
// whole.
func readWholeLines(path string) (lines []Prediction, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	in := bufio.NewReader(file)
	for {
		line, err := readLine(in)
		if err != nil || len(line) == 0 {
			return lines, ignoreEnd(err)
		}
		var p Prediction
		if line[len(line)-1] != '\n' || json.Unmarshal(line, &p) != nil {
			return lines, nil
		}
		lines = append(lines, p)
	}
}

// readLine returns the next line with its end; a line over the limit comes without one.
func readLine(in *bufio.Reader) (line []byte, err error) {
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if err != bufio.ErrBufferFull || len(line) > maxPrediction {
			return line, err
		}
	}
}

func ignoreEnd(err error) error {
	if err == io.EOF || err == bufio.ErrBufferFull {
		return nil
	}
	return err
}

// restart drops all but the given lines, which are written again.
func (f *predictionFile) restart(kept []Prediction) error {
	if f.file == nil {
		return nil
	}
	if err := f.file.Truncate(0); err != nil {
		return err
	}
	if _, err := f.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return f.write(kept)
}

// write appends lines at once.
func (f *predictionFile) write(lines []Prediction) error {
	if f.file == nil || len(lines) == 0 {
		return nil
	}
	var out bytes.Buffer
	if err := encodePredictions(&out, lines); err != nil {
		return err
	}
	if _, err := f.file.Write(out.Bytes()); err != nil {
		return fmt.Errorf("writing predictions: %w", err)
	}
	return nil
}

// finish makes the file visible under its name.
func (f *predictionFile) finish() error {
	if f.file == nil {
		return nil
	}
	err := errors.Join(f.file.Sync(), f.file.Close(), f.lock.Unlock())
	f.file = nil
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.path, err)
	}
	if err := os.Rename(f.path+PartialSuffix, f.path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(f.path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// close leaves the file for a later run; what holds no line goes.
func (f *predictionFile) close() {
	if f.file == nil {
		return
	}
	if info, err := f.file.Stat(); err == nil && info.Size() == 0 {
		os.Remove(f.path + PartialSuffix)
	}
	f.file.Close()
	f.lock.Unlock()
	f.file = nil
}

// readFinished returns the predictions of a finished file by their ids; nil if there is none.
func readFinished(path string) (map[string]*Prediction, error) {
	if path == "" {
		return nil, nil
	}
	said := map[string]*Prediction{}
	err := eachPrediction(path, func(_ int, p *Prediction, err error) error {
		if err == nil && p.ID == "" {
			err = errNoID
		}
		if _, twice := said[p.ID]; err == nil && twice {
			err = fmt.Errorf("id %q for the second time", p.ID)
		}
		said[p.ID] = p
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return said, err
}

var errNoID = errors.New(`no "id"`)

// eachPrediction calls do with each line's number and prediction, or with why there is none. Blank
// lines are passed over. An error of do ends it and is returned with file and line.
func eachPrediction(path string, do func(line int, p *Prediction, err error) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, maxPrediction)
	n := 0
	for scanner.Scan() {
		n++
		if len(bytes.TrimSpace(scanner.Bytes())) == 0 {
			continue
		}
		p := &Prediction{}
		err := jsonerr.Explain(json.Unmarshal(scanner.Bytes(), p))
		if err := do(n, p, err); err != nil {
			return fmt.Errorf("%s line %d: %w", path, n, err)
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("%s line %d: %w", path, n+1, err)
	}
	return nil
}
