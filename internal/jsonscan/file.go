package jsonscan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"unicode/utf8"

	"github.com/pali3/pali3/internal/decompress"
	"github.com/pali3/pali3/internal/imagefile"
)

// File is a file of records. Its methods are called in the order in which the file has its parts.
type File struct {
	// Limit is the maximum size of a record in bytes.
	Limit int

	path    string
	file    *os.File
	from    io.Reader
	scanner Scanner // over what is in memory
	buffer  []byte
	ended   bool  // from is at its end
	valid   int   // bytes of data that are known to be UTF-8
	before  int64 // bytes of the file before data
	lines   int   // lines before data[counted]
	counted int
	begin   int // of the value that is being read
}

// Window is the size of the part of a file that is read at once.
const window = 1 << 20

// ErrEmpty is wrapped by the error for a file without content.
var ErrEmpty = errors.New("the file is empty")

var errText = errors.New("not UTF-8")

// Open opens a file, which may be compressed by gzip, zstd or bzip2. It skips a byte order mark.
func Open(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	content, err := decompress.Open(file, 1<<18)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("unpacking %s: %w", path, err)
	}
	f := &File{Limit: window, path: path, file: file, from: content, buffer: make([]byte, 0, 2*window)}
	begin, _ := content.Peek(4)
	switch {
	case bytes.HasPrefix(begin, []byte("\xff\xfe")), bytes.HasPrefix(begin, []byte("\xfe\xff")):
		file.Close()
		return nil, fmt.Errorf("reading %s: the file is UTF-16; convert it to UTF-8", path)
	case bytes.HasPrefix(begin, []byte("\xef\xbb\xbf")):
		content.Discard(3)
	case isBinary(begin):
		first, _ := content.Peek(2048)
		file.Close()
		return nil, fmt.Errorf("%s: expected a list of records or one record per line, found %s", path, imagefile.Kind(first))
	}
	return f, nil
}

// isBinary reports whether the first bytes are not UTF-8.
func isBinary(begin []byte) bool {
	r, size := utf8.DecodeRune(begin)
	return r == utf8.RuneError && size == 1
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// mostRoom bounds what [File.Size] returns.
const mostRoom = 64 << 20

// Size returns the size of the file on disk, at most 64 MiB, by which callers may make room for
// records. It is 0 if it is not known.
func (f *File) Size() int {
	info, err := f.file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	return int(min(info.Size(), mostRoom))
}

// Path returns the path of the file.
func (f *File) Path() string { return f.path }

// Line returns the line, from 1, of the next byte to be read.
func (f *File) Line() int {
	f.lines += bytes.Count(f.scanner.data[f.counted:f.scanner.at], []byte{'\n'})
	f.counted = f.scanner.at
	return f.lines + 1
}

// at adds the file and the line to an error.
func (f *File) at(err error) error {
	if errors.Is(err, ErrEmpty) {
		return fmt.Errorf("reading %s: %w", f.path, err)
	}
	return fmt.Errorf("%s line %d: %w", f.path, f.Line(), err)
}

// more reads more of the file behind what is in memory. It drops what the scanner has passed.
func (f *File) more() error {
	s := &f.scanner
	if f.ended {
		return errShort
	}
	f.Line()
	rest := s.data[s.at:]
	if len(rest) > f.Limit {
		return fmt.Errorf("a record is longer than %d bytes", f.Limit)
	}
	f.before += int64(s.at)
	f.valid -= s.at
	if cap(f.buffer) < len(rest)+window {
		f.buffer = append(make([]byte, 0, 2*(len(rest)+window)), rest...)
	} else {
		f.buffer = append(f.buffer[:0], rest...)
	}
	n, err := fill(f.from, f.buffer[len(rest):len(rest)+window])
	f.buffer = f.buffer[:len(rest)+n]
	s.data, s.at, f.counted = f.buffer, 0, 0
	switch {
	case err == io.EOF:
		f.ended = true
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the compressed data end too early: is the file complete? (%w)", err)
	case err != nil:
		return err
	}
	return f.checkText()
}

// fill reads until the buffer is full or the reader ends. Unlike io.ReadFull it tells the end of a
// file from that of compressed data which stop too early.
func fill(from io.Reader, to []byte) (n int, err error) {
	for n < len(to) && err == nil {
		var more int
		more, err = from.Read(to[n:])
		n += more
	}
	return n, err
}

// checkText returns an error for bytes that are not UTF-8.
func (f *File) checkText() error {
	data := f.scanner.data
	f.valid = max(f.valid, 0)
	if utf8.Valid(data[f.valid:]) {
		f.valid = len(data)
		return nil
	}
	for f.valid < len(data) {
		r, size := utf8.DecodeRune(data[f.valid:])
		if r == utf8.RuneError && size <= 1 {
			if !f.ended && !utf8.FullRune(data[f.valid:]) {
				return nil
			}
			line := f.lines + 1 + bytes.Count(data[f.counted:f.valid], []byte{'\n'})
			return fmt.Errorf("%w at line %d, byte %d (0x%02x); convert the file to UTF-8", errText, line, f.before+int64(f.valid), data[f.valid])
		}
		f.valid += size
	}
	return nil
}

// read calls parse, again if the file has to be read further.
func (f *File) read(parse func(*Scanner) error) error {
	s := &f.scanner
	for {
		f.begin = s.at
		depth := s.depth
		err := parse(s)
		if err != errShort {
			return err
		}
		s.at, s.depth = f.begin, depth
		if err := f.more(); err != nil {
			return err
		}
	}
}

// Kind returns the first byte of the next value, as [Scanner.Kind] does. At the end of the file it
// returns io.EOF.
func (f *File) Kind() (kind byte, err error) {
	for {
		kind, err = f.scanner.Kind()
		if !errors.Is(err, errShort) {
			return kind, err
		}
		if f.ended {
			return 0, io.EOF
		}
		if err := f.more(); err != nil {
			return 0, f.at(err)
		}
	}
}

// start returns the kind of the first value of the file.
func (f *File) start(want string) (byte, error) {
	kind, err := f.Kind()
	if err == io.EOF {
		return 0, f.at(ErrEmpty)
	}
	if err == nil && kind != '{' && kind != '[' {
		err = f.at(fmt.Errorf("expected %s, found %s", want, f.begins()))
	}
	return kind, err
}

// begins describes the first bytes of the file.
func (f *File) begins() string {
	first := f.scanner.data[:min(2048, len(f.scanner.data))]
	if kind := imagefile.Kind(first); !bytes.HasPrefix([]byte(kind), []byte("plain text")) && !bytes.HasPrefix([]byte(kind), []byte("a JSON")) {
		return kind
	}
	return fmt.Sprintf("%.20q", first[min(f.scanner.at, len(first)):])
}

// Lists calls record for every element of the member of that name of the object in the file, an
// array. Other members go to other, which may be nil.
func (f *File) Lists(ctx context.Context, list string, record func(*Scanner) error, other func(name string, s *Scanner) error) error {
	want := fmt.Sprintf("an object with the list %q", list)
	kind, err := f.start(want)
	if err != nil {
		return err
	}
	if kind != '{' {
		return f.at(fmt.Errorf("expected %s, found %s", want, f.begins()))
	}
	found := false
	err = f.members(func(name string) error {
		if name == list {
			if found {
				return f.at(fmt.Errorf("the object has a second list %q", list))
			}
			found = true
			if kind, err := f.Kind(); err == nil && kind != '[' {
				return f.at(fmt.Errorf("%q is not a list", list))
			}
			return f.elements(ctx, record)
		}
		return f.value(func(s *Scanner) error {
			if other == nil {
				return s.Skip()
			}
			return other(name, s)
		})
	})
	if err == nil && !found {
		return f.at(fmt.Errorf("the object has no list %q", list))
	}
	return err
}

// Each calls, for every element of each member of the object in the file that is named in lists, an
// array, the function of that name. It skips other members, however long they are. Lists may be
// missing.
func (f *File) Each(ctx context.Context, lists map[string]func(*Scanner) error) error {
	kind, err := f.start("an object with lists")
	if err != nil {
		return err
	}
	if kind != '{' {
		return f.at(fmt.Errorf("expected an object with lists, found %s", f.begins()))
	}
	skip := func(s *Scanner) error { return s.Skip() }
	seen := map[string]bool{}
	return f.members(func(name string) error {
		record := lists[name]
		if kind, err := f.Kind(); err != nil || kind != '[' {
			if err == nil && record != nil {
				err = f.at(fmt.Errorf("%q is not a list", name))
			}
			return errors.Join(err, f.value(skip))
		}
		if record == nil {
			record = skip
		} else if seen[name] {
			return f.at(fmt.Errorf("the object has a second list %q", name))
		}
		seen[name] = true
		return f.elements(ctx, record)
	})
}

// value reads one value and adds the line to its error.
func (f *File) value(parse func(*Scanner) error) error {
	if err := f.read(parse); err != nil {
		return f.at(err)
	}
	return nil
}

// record reads one record. Its error has the line where the record begins, and that of the fault.
func (f *File) record(parse func(*Scanner) error) error {
	if _, err := f.next(); err != nil {
		return err
	}
	line := f.Line()
	err := f.read(parse)
	if err == nil {
		return nil
	}
	if at := f.Line(); at != line {
		err = fmt.Errorf("%w (at line %d)", err, at)
	}
	return fmt.Errorf("%s line %d: %w", f.path, line, err)
}

// one reads a byte.
func (f *File) one(want byte) error {
	return f.value(func(s *Scanner) error { return s.expect(want) })
}

// Members calls member with the name of every member of the object in the file and a scanner at
// its value.
func (f *File) Members(ctx context.Context, member func(name string, s *Scanner) error) error {
	return f.members(func(name string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return f.record(func(s *Scanner) error { return member(name, s) })
	})
}

func (f *File) members(member func(name string) error) error {
	if err := f.one('{'); err != nil {
		return err
	}
	for first := true; ; first = false {
		c, err := f.next()
		if err != nil {
			return err
		}
		if c == '}' {
			break
		}
		if !first {
			if err := f.one(','); err != nil {
				return err
			}
		}
		var name string
		err = f.value(func(s *Scanner) error {
			b, err := s.String()
			if err == nil {
				name, err = string(b), s.expect(':')
			}
			return err
		})
		if err == nil {
			err = member(name)
		}
		if err != nil {
			return err
		}
	}
	if err := f.one('}'); err != nil {
		return err
	}
	return f.over("object")
}

// next returns the next byte after white space without reading it.
func (f *File) next() (c byte, err error) {
	err = f.value(func(s *Scanner) (err error) { c, err = s.peek(); return err })
	return c, err
}

// elements reads an array.
func (f *File) elements(ctx context.Context, record func(*Scanner) error) error {
	if err := f.one('['); err != nil {
		return err
	}
	for n := 0; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		c, err := f.next()
		if err != nil {
			return err
		}
		if c == ']' {
			return f.one(']')
		}
		if n > 0 {
			if err := f.one(','); err != nil {
				return err
			}
		}
		if err := f.record(record); err != nil {
			return err
		}
	}
}

// Records calls record for every element of the array in the file, or for every value of a file
// that has one after another. In such a file the error of a value goes to bad, if it is not nil;
// unless bad returns an error, the reading continues at the line after the one where the value
// begins.
func (f *File) Records(ctx context.Context, record func(*Scanner) error, bad func(error) error) error {
	kind, err := f.start("a list of records or one record per line")
	if err != nil {
		return err
	}
	if kind == '[' {
		if err := f.elements(ctx, record); err != nil {
			return err
		}
		return f.over("list")
	}
	for n := 0; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if _, err := f.Kind(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		begin := f.Line()
		err := f.record(record)
		if err != nil && (bad == nil || errors.Is(err, errText)) {
			return err
		}
		if err == nil {
			continue
		}
		if err := bad(err); err != nil {
			return err
		}
		f.scanner.at, f.counted, f.lines = f.begin, f.begin, begin-1
		if err := f.skipLine(begin); err != nil {
			return err
		}
	}
}

// skipLine goes to the next line.
func (f *File) skipLine(line int) error {
	s := &f.scanner
	s.depth = 0
	for f.Line() == line {
		rest := s.data[s.at:]
		if end := bytes.IndexByte(rest, '\n'); end >= 0 {
			s.at += end + 1
			return nil
		}
		if s.at = len(s.data); f.ended {
			return nil
		}
		if err := f.more(); err != nil {
			return f.at(err)
		}
	}
	return nil
}

// over returns an error if something follows the value of the file.
func (f *File) over(what string) error {
	end := f.before + int64(f.scanner.at)
	if _, err := f.Kind(); err == io.EOF {
		return nil
	} else if err != nil {
		return err
	}
	return f.at(fmt.Errorf("more data follow the %s, which ends at byte %d: a file holds one %s, or one record per line", what, end, what))
}

// Name returns the path of the file without its folders.
func (f *File) Name() string { return filepath.Base(f.path) }
