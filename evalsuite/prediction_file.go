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

// PartialSuffix ends the name of a predictions file that is not complete yet. The file grows by
// whole lines, and running the same command again resumes it.
const PartialSuffix = ".partial"

// predictionFile is a predictions file that is being written. With an empty path it keeps nothing.
type predictionFile struct {
	path string
	lock *folderlock.Lock
	file *os.File
}

// errOther is wrapped by the error about a finished file that holds other predictions.
var errOther = errors.New("holds other predictions")

// beginPredictions locks the partial file of path. It returns the file and the lines that an
// interrupted run left there.
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

// readWholeLines returns the predictions of a partial file up to the first incomplete line.
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

// readLine returns the next line with its newline. A line over the limit comes without one.
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

// restart replaces the content of the file by the given lines.
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

// write appends lines in one write.
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

// finish renames the complete file to its final name.
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

// close keeps the partial file for a later run, or removes it if it is empty.
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

// readFinished returns the predictions of a finished file by id, or nil if there is no such file.
func readFinished(path string) (map[string]*Prediction, error) {
	if path == "" {
		return nil, nil
	}
	byID := map[string]*Prediction{}
	err := eachPrediction(path, func(_ int, p *Prediction, err error) error {
		if err == nil && p.ID == "" {
			err = errNoID
		}
		if _, twice := byID[p.ID]; err == nil && twice {
			err = fmt.Errorf("duplicate id %q", p.ID)
		}
		byID[p.ID] = p
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return byID, err
}

var errNoID = errors.New(`no "id"`)

// eachPrediction calls do with the number and the prediction of each line, or with the error of the
// line. It skips blank lines. An error of do stops it and is returned with the file and the line.
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
