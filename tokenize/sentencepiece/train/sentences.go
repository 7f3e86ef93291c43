package train

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"
)

// Sentence is a line of text and how often it counts, at least 1.
type Sentence struct {
	Text  string
	Count int64
}

// Texts yields each text with the count 1.
func Texts(texts iter.Seq[string]) iter.Seq2[Sentence, error] {
	return func(yield func(Sentence, error) bool) {
		for text := range texts {
			if !yield(Sentence{text, 1}, nil) {
				return
			}
		}
	}
}

// Files yields the lines of files, without their newlines. The path - is standard input. Lines may
// contain any bytes. A line longer than maxLine bytes is truncated to maxLine+1 bytes; if maxLine
// is [Options.MaxSentenceLength], training then skips it.
func Files(maxLine int, paths ...string) iter.Seq2[Sentence, error] {
	return func(yield func(Sentence, error) bool) {
		for _, path := range paths {
			if !eachLine(path, maxLine, func(line string, _ int) bool { return yield(Sentence{line, 1}, nil) }, func(err error) { yield(Sentence{}, err) }) {
				return
			}
		}
	}
}

// WeightedFiles is like Files, for lines that consist of a text, a tab and a count.
func WeightedFiles(maxLine int, paths ...string) iter.Seq2[Sentence, error] {
	return func(yield func(Sentence, error) bool) {
		for _, path := range paths {
			weighted := func(line string, number int) bool {
				if len(line) > maxLine+countBytes {
					return yield(Sentence{line, 1}, nil)
				}
				text, count, ok := strings.Cut(line, "\t")
				n, err := strconv.ParseInt(strings.TrimSpace(count), 10, 64)
				if !ok || err != nil || n < 1 {
					yield(Sentence{}, fmt.Errorf("%s, line %d, %.80q: want a text, a tab and a count of at least 1", path, number, line))
					return false
				}
				return yield(Sentence{text, n}, nil)
			}
			if !eachLine(path, maxLine+countBytes, weighted, func(err error) { yield(Sentence{}, err) }) {
				return
			}
		}
	}
}

// countBytes is the longest tab and count.
const countBytes = 24

// eachLine calls line for every line of a file until it returns false, and failed for an error. It
// returns false in both cases.
func eachLine(path string, maxLine int, line func(string, int) bool, failed func(error)) bool {
	file := os.Stdin
	if path != "-" {
		var err error
		if file, err = os.Open(path); err != nil {
			failed(fmt.Errorf("reading text: %w", err))
			return false
		}
		defer file.Close()
	}
	r := bufio.NewReaderSize(file, 1<<20)
	for number := 1; ; number++ {
		text, err := readLine(r, maxLine)
		if err != nil && !errors.Is(err, io.EOF) {
			failed(fmt.Errorf("reading text: %s, line %d: %w", path, number, err))
			return false
		}
		if text != "" && !line(text, number) {
			return false
		}
		if err != nil {
			return true
		}
	}
}

// readLine reads up to a newline, and keeps at most maxLine+1 bytes.
func readLine(r *bufio.Reader, maxLine int) (string, error) {
	part, err := r.ReadSlice('\n')
	if err == nil {
		part = part[:len(part)-1]
	}
	kept := string(part[:min(len(part), maxLine+1)])
	for errors.Is(err, bufio.ErrBufferFull) {
		part, err = r.ReadSlice('\n')
		if err == nil {
			part = part[:len(part)-1]
		}
		kept += string(part[:min(len(part), maxLine+1-len(kept))])
	}
	return kept, err
}
