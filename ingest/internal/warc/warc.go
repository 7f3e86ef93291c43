// Package warc reads web archives: WARC 0.17 to 1.1 and ARC version 1 and 2, plain, gzipped or as
// Zstandard, with a member for each record or one for all.
//
// [NewReader] detects the format. [Reader.Next] moves to the next record, whose block is then read
// from the record; nothing is held in memory. [OpenAt] reopens a record by its offset.
//
// Formats: ISO 28500:2017 (WARC 1.1) and its drafts; the Internet Archive's ARC File Format of
// 1996; the IIPC's Zstandard Compression of WARC Files 1.0.
package warc

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Bounds of what is read before it is known to be good, in bytes.
const (
	maxLine   = 64 << 10
	maxHeader = 1 << 20
)

// ErrFormat is wrapped by the error of input that is not a web archive, or not to its end.
var ErrFormat = errors.New("not a WARC or ARC record")

// ErrLost is wrapped by the error of a WARC record with a wrong length, or of data where a record
// should begin. [Reader.Next] then skips to the next record, if there is one.
var ErrLost = errors.New("what follows is passed over, up to the next record")

// Record is one record. Reading it returns its block; [ParseResponse] parses the block of an HTTP
// response.
type Record struct {
	Version string            // for example WARC/1.0, or ARC
	Type    string            // warcinfo, response, resource, request, metadata, revisit, conversion, continuation
	URI     string            // the target's
	Date    time.Time         // zero if it cannot be read
	Kind    string            // Content-Type of the block
	Length  int64             // of the block, in bytes
	Header  map[string]string // all fields by lower-case name; the first of repeated ones
	Offset  int64             // where the record's member, or in a plain file the record, begins
	Alone   bool              // whether it is the first of its member, or the file is plain: [OpenAt] finds it there

	block *io.LimitedReader
}

// Read reads the block. A block shorter than its header says ends with [io.ErrUnexpectedEOF].
func (r *Record) Read(p []byte) (int, error) {
	n, err := r.block.Read(p)
	if errors.Is(err, io.EOF) && r.block.N > 0 {
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

// Reader reads the records of an archive.
type Reader struct {
	members *members
	lines   *bufio.Reader
	record  *Record
	records int
	offset  int64 // of the line that was read last, where the file is plain
	isARC   bool
	lost    bool // the next data need not be a record
}

// NewReader returns a reader of the archive in r.
func NewReader(r io.Reader) (*Reader, error) {
	members, err := newMembers(r)
	if err != nil {
		return nil, err
	}
	return &Reader{members: members, lines: bufio.NewReaderSize(members, 1<<16)}, nil
}

// Next returns the next record, or [io.EOF] after the last. The previous record is no longer
// readable. After any error except [ErrLost] there is no next record.
func (r *Reader) Next() (*Record, error) {
	if r.record != nil {
		_, err := io.Copy(io.Discard, r.record)
		r.record = nil
		if errors.Is(err, io.ErrUnexpectedEOF) && !r.members.plain() && r.members.atEnd() {
			err = fmt.Errorf("%w: its member ends before its Content-Length: %w", ErrFormat, err)
		}
		if err != nil {
			return nil, r.failed(err)
		}
	}
	alone, line, err := r.nextLine()
	if err != nil {
		return nil, err
	}
	record := &Record{Header: map[string]string{}, Offset: r.members.start, Alone: alone}
	if r.members.plain() {
		record.Offset, record.Alone = r.offset, true
	}
	switch {
	case strings.HasPrefix(line, "WARC/"):
		record.Version = line
		err = r.readFields(record)
	case r.records == 0 && strings.HasPrefix(line, "filedesc:"), r.isARC:
		r.isARC = true
		err = record.parseARC(line)
	default:
		err = fmt.Errorf("%w: it begins with %.60q, perhaps after a wrong Content-Length", ErrFormat, line)
	}
	if err != nil {
		return nil, r.failed(err)
	}
	record.block = &io.LimitedReader{R: r.lines, N: record.Length}
	r.record = record
	r.records++
	return record, nil
}

func (r *Reader) failed(err error) error {
	if errors.Is(err, ErrFormat) && r.records > 0 && !r.isARC {
		r.lost = true
		err = fmt.Errorf("%w (%w)", err, ErrLost)
	}
	return fmt.Errorf("record %d, whose member begins at byte %d: %w", r.records, r.members.start, err)
}

// nextLine returns the first line of the next record: blank lines before it belong to the previous
// record. Alone is true if the line begins a member.
func (r *Reader) nextLine() (alone bool, line string, err error) {
	for {
		if r.lines.Buffered() == 0 && r.members.atEnd() {
			if err := r.members.next(); err != nil { // io.EOF too
				return false, "", err
			}
			alone = true
		}
		r.offset = r.members.raw.at - int64(r.lines.Buffered())
		line, err := readLine(r.lines)
		switch {
		case r.lost && (errors.Is(err, ErrFormat) || (err == nil || errors.Is(err, io.EOF)) && !strings.HasPrefix(line, "WARC/")): // passed over
		case errors.Is(err, io.EOF) && line == "": // of the member before
		case err != nil && !errors.Is(err, io.EOF):
			return false, "", r.failed(err)
		case line != "":
			r.lost = false
			return alone, line, nil
		}
	}
}

// readFields reads the named fields of a WARC record.
func (r *Reader) readFields(record *Record) error {
	last, size := "", 0
	record.Length = -1
	for {
		line, err := readLine(r.lines)
		if err != nil {
			return unexpected(err)
		}
		if line == "" {
			break
		}
		if size += len(line); size > maxHeader {
			return fmt.Errorf("%w: a header of over %d bytes", ErrFormat, maxHeader)
		}
		if last != "" && (line[0] == ' ' || line[0] == '\t') { // folded
			record.set(last, record.get(last)+" "+strings.TrimSpace(line))
			continue
		}
		name, value, found := strings.Cut(line, ":")
		if !found {
			continue // some archives have such lines; required fields are checked below
		}
		last = strings.ToLower(strings.TrimSpace(name))
		if record.get(last) == "" {
			record.set(last, strings.TrimSpace(value))
		}
	}
	return record.complete()
}

func (r *Record) set(name, value string) { r.Header[name] = value }

func (r *Record) get(name string) string { return r.Header[name] }

// complete sets the struct's fields from the header.
func (r *Record) complete() error {
	length, err := strconv.ParseInt(r.get("content-length"), 10, 64)
	if err != nil || length < 0 {
		return fmt.Errorf("%w: Content-Length %.40q", ErrFormat, r.get("content-length"))
	}
	r.Length = length
	r.Type = strings.ToLower(r.get("warc-type"))
	r.URI = strings.TrimSuffix(strings.TrimPrefix(r.get("warc-target-uri"), "<"), ">") // some write it as in the grammar of 1.0
	r.Kind = r.get("content-type")
	r.Date, _ = time.Parse(time.RFC3339Nano, r.get("warc-date"))
	r.Date = r.Date.UTC()
	return nil
}

// readLine returns the next line without its line end. At the end of the input it returns the rest
// and io.EOF.
func readLine(r *bufio.Reader) (string, error) {
	var long []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(long)+len(part) > maxLine {
			return "", fmt.Errorf("%w: a line of over %d bytes", ErrFormat, maxLine)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			long = append(long, part...)
			continue
		}
		line := string(part)
		if long != nil {
			line = string(append(long, part...))
		}
		if err == nil || errors.Is(err, io.EOF) {
			return strings.TrimRight(line, "\r\n"), err
		}
		return "", err
	}
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// OpenAt returns the record whose member begins at an offset of a file.
func OpenAt(file io.ReaderAt, offset int64) (*Record, error) {
	r, err := NewReader(io.NewSectionReader(file, offset, 1<<62))
	if err != nil {
		return nil, err
	}
	if dictionary, err := dictionaryOf(file); err != nil {
		return nil, err
	} else if dictionary != nil {
		r.members.dictionary = dictionary
	}
	r.isARC = r.members.looksLikeARC()
	return r.Next()
}
