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
	"strings"

	"github.com/pali3/pali3/internal/decompress"
)

// maxLine is the longest line of a file of lines, in bytes.
const maxLine = 16 << 20

// otherKinds are beginnings of files that are no text, and what to do with them.
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

// openText opens a file that may be compressed by gzip, zstd or bzip2, which its content says, and
// skips a byte order mark. A file that is no text in UTF-8 is an error that says what it is.
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

// errLong is wrapped by the error of a line that is passed over.
var errLong = errors.New("the line is too long")

// lineSource reads a file line by line.
type lineSource struct {
	text   *bufio.Reader
	file   io.Closer
	name   string
	number int // of the line that was read last
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

// next returns the next line, whose content is valid until the next call. One that is too long is
// an error that wraps errLong, and another follows; one that wraps errBroken is the last; at the
// end it is io.EOF.
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

// textLines yields a file's lines that are not empty. One that is too long is an error, and the
// next follows; an error that wraps errBroken is the last.
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

// readLine appends the next line, without its end, to what is given. Of one that is too long it
// keeps no more than the beginning. The error is io.EOF after the last.
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

// withoutNaN writes two quotes over each NaN, Infinity and -Infinity that is a value of a piece of
// JSON: Python writes these, which are not JSON. What reads a number takes an empty text for none.
// It keeps between pieces whether they end within a string.
type withoutNaN struct {
	inString bool
	escaped  bool // the last byte was a backslash within a string
}

// clean changes a piece in place.
func (s *withoutNaN) clean(piece []byte) {
	for len(piece) > 0 {
		if s.inString {
			piece = s.string(piece)
			continue
		}
		end := bytes.IndexByte(piece, '"')
		if end < 0 {
			blankNaN(piece)
			return
		}
		blankNaN(piece[:end])
		s.inString, piece = true, piece[end+1:]
	}
}

// string passes over the rest of a string.
func (s *withoutNaN) string(piece []byte) (rest []byte) {
	if s.escaped {
		s.escaped, piece = false, piece[1:]
	}
	for {
		end := bytes.IndexByte(piece, '"')
		part := piece
		if end >= 0 {
			part = piece[:end]
		}
		back := 0
		for back < len(part) && part[len(part)-1-back] == '\\' {
			back++
		}
		switch {
		case end < 0:
			s.escaped = back%2 == 1
			return nil
		case back%2 == 0:
			s.inString = false
			return piece[end+1:]
		}
		piece = piece[end+1:]
	}
}

// blankNaN changes what lies between strings.
func blankNaN(between []byte) {
	if bytes.IndexByte(between, 'N') < 0 && bytes.IndexByte(between, 'I') < 0 {
		return
	}
	for _, name := range []string{"-Infinity", "Infinity", "NaN"} {
		for at := 0; ; {
			found := bytes.Index(between[at:], []byte(name))
			if found < 0 {
				break
			}
			at += found
			copy(between[at:], `""`+strings.Repeat(" ", len(name)-2))
			at += len(name)
		}
	}
}

// pythonJSON reads JSON as Python writes it.
type pythonJSON struct {
	source *bufio.Reader
	state  withoutNaN
	owed   []byte // written over the bytes that follow: a name began at the end of the last piece
}

func (r *pythonJSON) Read(p []byte) (int, error) {
	n, err := r.source.Read(p)
	owed := copy(p[:n], r.owed)
	r.owed = r.owed[owed:]
	piece := p[owed:n]
	r.state.clean(piece)
	if !r.state.inString {
		r.split(piece)
	}
	return n, err
}

// split blanks a name that begins in this piece and ends in the next.
func (r *pythonJSON) split(piece []byte) {
	for _, name := range []string{"-Infinity", "Infinity", "NaN"} {
		for have := min(len(name)-1, len(piece)); have > 0; have-- {
			if string(piece[len(piece)-have:]) != name[:have] {
				continue
			}
			if next, _ := r.source.Peek(len(name) - have); string(next) != name[have:] {
				continue
			}
			blank := `""` + strings.Repeat(" ", len(name)-2)
			copy(piece[len(piece)-have:], blank)
			r.owed = []byte(blank[have:])
			return
		}
	}
}
