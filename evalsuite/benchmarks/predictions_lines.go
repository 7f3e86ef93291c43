package benchmarks

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// isLines reports whether a file of predictions has lines of id, comma, prediction: the owner takes
// such files, and its first character is none of JSON's or of a compressed file.
func (form Submission) isLines(path string) (bool, error) {
	if !form.Lines {
		return false, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	begin, err := bufio.NewReaderSize(file, 64).Peek(64)
	if err != nil && err != io.EOF {
		return false, fmt.Errorf("reading %s: %w", path, err)
	}
	begin = bytes.TrimSpace(bytes.TrimPrefix(begin, []byte("\xef\xbb\xbf")))
	return len(begin) > 0 && !bytes.ContainsAny(begin[:1], "[{\x1f\x28B"), nil
}

// readLines reads lines of id, comma, prediction, as NLVR's owners do: what follows a second comma
// is not read.
func (r *predictionReader) readLines(ctx context.Context) error {
	file, err := os.Open(r.path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxPrediction)
	number := 0
	for lines.Scan() {
		if number++; number%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if line == "" {
			continue
		}
		if err := r.line(line, number); err != nil {
			err = fmt.Errorf("%s line %d: %w", r.path, number, err)
			if !r.problems.partial {
				return err
			}
			r.problems.add(Unreadable, "", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s line %d: %w", r.path, number+1, err)
	}
	return nil
}

func (r *predictionReader) line(line string, number int) error {
	id, rest, ok := strings.Cut(line, ",")
	id = strings.TrimSpace(id)
	switch {
	case !utf8.ValidString(line):
		return errors.New("it is not UTF-8")
	case !ok || id == "":
		return fmt.Errorf("%.100q is no id, comma, prediction", line)
	}
	text, _, _ := strings.Cut(rest, ",")
	return r.add(&Prediction{ID: id, Text: text, Line: number}, "")
}

// readFolder reads a folder with a *.txt for each task of MME, whose lines have image, question,
// right answer and response between tabs. The two responses about an image are named as the
// questions are, as in count/0001.jpg-1.
func (r *predictionReader) readFolder(ctx context.Context) error {
	entries, err := os.ReadDir(r.path)
	if err != nil {
		return err
	}
	some := false
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) != ".txt" {
			continue
		}
		some = true
		if err := r.readTask(ctx, filepath.Join(r.path, entry.Name())); err != nil {
			return err
		}
	}
	if !some {
		return fmt.Errorf("%s has no *.txt", r.path)
	}
	return nil
}

// readTask reads the responses of a task.
func (r *predictionReader) readTask(ctx context.Context, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	task, asked := strings.TrimSuffix(filepath.Base(path), ".txt"), map[string]int{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxPrediction)
	number := 0
	for ; lines.Scan(); number++ {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		line := strings.TrimRight(lines.Text(), "\r")
		if strings.TrimSpace(line) == "" {
			continue
		}
		parts := strings.Split(line, "\t")
		image := task + "/" + strings.TrimSpace(parts[0])
		asked[image]++
		switch {
		case !utf8.ValidString(line):
			err = errors.New("it is not UTF-8")
		case len(parts) != 4:
			err = fmt.Errorf("%d fields between tabs, expected image, question, answer and response", len(parts))
		default:
			err = r.add(&Prediction{ID: fmt.Sprintf("%s-%d", image, asked[image]), Text: parts[3], Line: number + 1}, "")
		}
		if err != nil {
			err = fmt.Errorf("%s line %d: %w", path, number+1, err)
			if !r.problems.partial {
				return err
			}
			r.problems.add(Unreadable, "", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s line %d: %w", path, number+1, err)
	}
	return nil
}
