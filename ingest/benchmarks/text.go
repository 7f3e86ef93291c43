package benchmarks

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/internal/decompress"
)

// maxLine is the maximum length of a line, in bytes.
const maxLine = 16 << 20

// otherKinds are the first bytes of files that are not text, and what to do with them.
var otherKinds = []struct{ magic, what string }{
	{"\xff\xfe", "it is UTF-16: convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)"},
	{"\xfe\xff", "it is UTF-16: convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)"},
	{"PK\x03\x04", "it is a zip archive: unpack it first"},
	{"7z\xbc\xaf\x27\x1c", "it is a 7z archive: unpack it first"},
	{"PAR1", "it is a Parquet file: read it with pali3 ingest table"},
	{"ARROW1", "it is an Arrow file: read it with pali3 ingest arrow"},
	{"%PDF", "it is a PDF document"},
	{"<", "it is a web page or XML"},
	{"\x00", "it begins with a zero byte: it is no text"},
}

// openText opens a file that may be compressed by gzip, zstd or bzip2, as its content shows, and
// skips a byte order mark. For a file that is not text in UTF-8 it returns an error that says what
// it is.
func openText(file string) (*bufio.Reader, io.Closer, error) {
	content, f, err := openContent(file)
	if err != nil {
		return nil, nil, err
	}
	begin, err := content.Peek(16)
	if len(begin) == 0 {
		f.Close()
		if err != nil && err != io.EOF {
			return nil, nil, fmt.Errorf("reading %s: %w", filepath.Base(file), err)
		}
		return nil, nil, fmt.Errorf("reading %s: it is empty", filepath.Base(file))
	}
	if again := decompress.Of(begin); again != decompress.None {
		f.Close()
		return nil, nil, fmt.Errorf("reading %s: it is compressed twice, the second time by %s: unpack it first", filepath.Base(file), again)
	}
	for _, other := range otherKinds {
		if bytes.HasPrefix(begin, []byte(other.magic)) {
			f.Close()
			return nil, nil, fmt.Errorf("reading %s: %s", filepath.Base(file), other.what)
		}
	}
	if len(begin) > 3 && begin[1] == 0 && begin[3] == 0 {
		f.Close()
		return nil, nil, fmt.Errorf("reading %s: %s", filepath.Base(file), otherKinds[0].what)
	}
	if bytes.HasPrefix(begin, []byte("\xef\xbb\xbf")) {
		content.Discard(3)
	}
	return content, f, nil
}

// openContent opens a file that may be compressed.
func openContent(file string) (*bufio.Reader, io.Closer, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, err
	}
	content, err := decompress.Open(f, 1<<18)
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("unpacking %s: %w", filepath.Base(file), err)
	}
	return content, f, nil
}

// textLine is a line of a file.
type textLine struct {
	number  int // from 1
	content []byte
}

// errLong is wrapped by the error for a line that is skipped.
var errLong = errors.New("the line is too long")

// lineSource reads a file line by line.
type lineSource struct {
	text   *bufio.Reader
	file   io.Closer
	name   string
	number int // of the last line
	line   []byte
}

func openLines(file string) (*lineSource, error) {
	text, closer, err := openText(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	return &lineSource{text: text, file: closer, name: filepath.Base(file)}, nil
}

func (s *lineSource) close() { s.file.Close() }

// next returns the next line, whose content is valid until the next call. For a line that is too
// long it returns an error that wraps errLong and can be called again. An error that wraps
// errBroken is the last; at the end it is io.EOF.
func (s *lineSource) next() (textLine, error) {
	s.number++
	line, long, err := readLine(s.text, s.line[:0])
	s.line = line
	switch {
	case err == io.EOF:
		return textLine{number: s.number}, err
	case err != nil:
		return textLine{number: s.number}, fmt.Errorf("%w: reading %s at line %d: %w", errBroken, s.name, s.number, err)
	case long:
		return textLine{number: s.number}, fmt.Errorf("line %d: %w: over %d bytes", s.number, errLong, maxLine)
	}
	return textLine{s.number, line}, nil
}

// textLines yields the lines of a file that are not blank. A line that is too long yields an error
// and the iteration continues. An error that wraps errBroken is the last.
func textLines(ctx context.Context, file string) iter.Seq2[textLine, error] {
	return func(yield func(textLine, error) bool) {
		lines, err := openLines(file)
		if err != nil {
			yield(textLine{}, err)
			return
		}
		defer lines.close()
		for {
			line, err := lines.next()
			if err == io.EOF {
				return
			}
			if canceled := context.Cause(ctx); canceled != nil {
				err = fmt.Errorf("%w: %w", errBroken, canceled)
			}
			if err == nil && len(bytes.TrimSpace(line.content)) == 0 {
				continue
			}
			if !yield(line, err) || errors.Is(err, errBroken) {
				return
			}
		}
	}
}

// readLine appends the next line without its end to line. Of a line that is too long it keeps the
// beginning only. After the last line the error is io.EOF.
func readLine(r *bufio.Reader, line []byte) (_ []byte, long bool, err error) {
	some := false
	for {
		part, err := r.ReadSlice('\n')
		some = some || len(part) > 0
		if long = long || len(line)+len(part) > maxLine; !long {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && some:
			return line, long, nil
		case err != nil:
			return line, long, err
		}
		return bytes.TrimRight(line, "\r\n"), long, nil
	}
}
