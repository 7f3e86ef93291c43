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

// Sentence is a line of text, and how often it counts: at least once.
type Sentence struct {
	Text  string
	Count int64
}

// Texts gives each text once.
func Texts(texts iter.Seq[string]) iter.Seq2[Sentence, error] {
	return func(yield func(Sentence, error) bool) {
		for text := range texts {
			if !yield(Sentence{text, 1}, nil) {
				return
			}
		}
	}
}

// Files gives the lines of files, without their newlines; a path - is standard input. Lines may be
// of any bytes. Only lines of up to maxLine bytes are given; of a longer one, its first maxLine+1
// bytes are, which training then leaves out as it leaves out all lines that are longer than
// [Options.MaxSentenceLength].
func Files(maxLine int, paths ...string) iter.Seq2[Sentence, error] {
	return func(yield func(Sentence, error) bool) {
		for _, path := range paths {
			if !eachLine(path, maxLine, func(line string, _ int) bool { return yield(Sentence{line, 1}, nil) }, func(err error) { yield(Sentence{}, err) }) {
				return
			}
		}
	}
}

// WeightedFiles is as Files, for lines of a text, a tab and how often it counts.
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

// countBytes is the room for a tab and a count.
const countBytes = 24

// eachLine calls line for every line of a file, until it returns false; it then returns false, as
// after an error.
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
