package benchmarks

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/internal/jsonerr"
)

// maxRecord is the maximum size of a record in bytes. It bounds the memory that reading takes.
const maxRecord = 1 << 20

// recordReader fails once it has read more than maxRecord bytes for an incomplete record.
type recordReader struct {
	from     io.Reader
	read     int64
	consumed func() int64 // up to where records were decoded
}

func (r *recordReader) Read(p []byte) (int, error) {
	ahead := r.read - r.consumed()
	if ahead > maxRecord {
		return 0, fmt.Errorf("a record is longer than %d bytes", maxRecord)
	}
	n, err := r.from.Read(p)
	r.read += int64(n)
	return n, err
}

// eachRecord calls visit with every record of the file at path, in order, and its number from 0.
// The file is an object whose member list holds the records; or, if list is "", a list of records
// or one record after the other (JSON lines).
func eachRecord[T any](ctx context.Context, path, list string, visit func(row int, record *T) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	buffered := bufio.NewReader(f)
	if mark, _ := buffered.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		buffered.Discard(3)
	}
	var decoder *json.Decoder
	if first, _ := buffered.Peek(2); string(first) == "\xff\xfe" || string(first) == "\xfe\xff" {
		return fmt.Errorf("reading %s: the file is UTF-16; convert it to UTF-8", path)
	}
	reader := &recordReader{from: bufio.NewReader(&utf8Reader{from: buffered}), consumed: func() int64 { return decoder.InputOffset() }}
	decoder = json.NewDecoder(reader)
	lines, err := enterList(decoder, buffered, list)
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, whole(err))
	}
	for row := 0; ; row++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !lines && !decoder.More() {
			break
		}
		record := new(T)
		if err := decoder.Decode(record); lines && err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading %s, record %d: %w", path, row, whole(err))
		}
		if err := visit(row, record); err != nil {
			return fmt.Errorf("%s, record %d: %w", path, row, err)
		}
	}
	if _, err := decoder.Token(); err != nil { // the list's end; More is false at a broken end as well
		return fmt.Errorf("reading %s: %w", path, whole(err))
	}
	if err := leaveList(decoder, list); err != nil {
		return fmt.Errorf("reading %s: %w", path, whole(err))
	}
	return nil
}

// leaveList reads the rest of the file after the list of records. It must hold no second list.
func leaveList(decoder *json.Decoder, list string) error {
	if list != "" {
		for decoder.More() {
			key, err := decoder.Token()
			if err != nil {
				return err
			}
			if key == list {
				return fmt.Errorf("the object has a second list %q at byte %d", list, decoder.InputOffset())
			}
			if err := skipValue(decoder); err != nil {
				return err
			}
		}
		if _, err := decoder.Token(); err != nil {
			return err
		}
	}
	end := decoder.InputOffset()
	_, err := decoder.Token()
	if err == io.EOF {
		return nil
	}
	if _, broken := errors.AsType[*json.SyntaxError](err); err != nil && !broken {
		return err
	}
	what := "list"
	if list != "" {
		what = "object"
	}
	return fmt.Errorf("more data follow the %s, which ends at byte %d: a file holds one %s, or one record per line", what, end, what)
}

// enterList moves the decoder to the first record. It reports whether the file has one record per
// line instead of a list.
func enterList(decoder *json.Decoder, ahead *bufio.Reader, list string) (lines bool, err error) {
	if list == "" {
		first, err := firstByte(ahead)
		if err != nil || first == '{' {
			return true, err
		}
		if first != '[' {
			return false, fmt.Errorf("expected a list of records or one record per line, found %s", begins(ahead))
		}
		_, err = decoder.Token()
		return false, err
	}
	first, err := firstByte(ahead)
	if err != nil {
		return false, err
	}
	if first != '{' {
		return false, fmt.Errorf("expected an object with the list %q, found %s", list, begins(ahead))
	}
	if _, err := decoder.Token(); err != nil {
		return false, err
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return false, err
		}
		if key != list {
			if err := skipValue(decoder); err != nil {
				return false, err
			}
			continue
		}
		token, err := decoder.Token()
		if err != nil {
			return false, err
		}
		if token != json.Delim('[') {
			return false, fmt.Errorf("%q is not a list", list)
		}
		return false, nil
	}
	if _, err := decoder.Token(); err != nil {
		return false, err
	}
	return false, fmt.Errorf("the object has no list %q", list)
}

// begins describes a file by its first bytes, which are ahead.
func begins(ahead *bufio.Reader) string {
	first, _ := ahead.Peek(2048)
	if kind := imagefile.Kind(first); !strings.HasPrefix(kind, "plain text") && !strings.HasPrefix(kind, "a JSON") {
		return kind
	}
	return fmt.Sprintf("%.20q", first)
}

// firstByte returns the first byte that is not white space, without consuming it.
func firstByte(r *bufio.Reader) (byte, error) {
	for {
		c, err := r.ReadByte()
		if err == io.EOF {
			return 0, errors.New("the file is empty")
		}
		if err != nil {
			return 0, err
		}
		if !strings.ContainsRune(" \t\r\n", rune(c)) {
			return c, r.UnreadByte()
		}
	}
}

func skipValue(decoder *json.Decoder) error {
	for depth := 0; ; {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// whole explains a decoder's error for a file of records.
func whole(err error) error {
	if err = jsonerr.Explain(err); err == io.EOF || errors.Is(err, jsonerr.ErrCutShort) {
		return errors.New("the file ends in the middle of the list")
	}
	return err
}

// questionID is an id, given as a whole number or as a string. 7 and "7" are the same id.
type questionID string

func (id *questionID) UnmarshalJSON(data []byte) error {
	text := string(data)
	if text == "null" {
		return nil
	}
	if text[0] == '"' {
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
	} else if strings.Trim(text, "0123456789") != "" && (text[0] != '-' || strings.Trim(text[1:], "0123456789") != "") {
		return fmt.Errorf("an id is a whole number or a string, not %s", text)
	}
	*id = questionID(text)
	return nil
}
