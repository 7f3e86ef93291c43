package folder

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/csvtext"
	"github.com/pali3/pali3/internal/textlines"
)

// proseColumns are the names of text columns.
var proseColumns = []string{"text", "texts", "caption", "captions", "prompt", "alt", "question", "answer", "answers"}

// textColumns are the column names matched without regard to case.
var textColumns = append([]string{"url", "split"}, proseColumns...)

// readColumns reads a table with a header and renames some of its columns. The delimiter is the one
// that yields a column of file names. It returns false if there is no such column.
func (d *description) readColumns(file, ending string, content []byte, rename map[string]string) bool {
	rows, err := openColumns(content, csvtext.Dialect{Ending: ending}, func(r *csvtext.Reader) bool { return hasNames(r.Names()) })
	if err != nil {
		d.leave("%s (%s)", file, withoutAdvice(err))
		return false
	}
	header := rows.Names()
	if !hasNames(header) {
		d.leave("%s (no column file_name: the first line is %.80q)", file, headLine(content))
		return false
	}
	for i := range header {
		if lower := strings.ToLower(header[i]); slices.Contains(nameColumns, lower) || slices.Contains(textColumns, lower) {
			header[i] = lower
		}
		if by, there := rename[strings.ToLower(header[i])]; there {
			header[i] = by
		}
	}
	last := header[len(header)-1]
	if slices.Contains(proseColumns, last) || len(header) == 2 && !slices.Contains(nameColumns, last) {
		rows.Join() // so that a text may contain unquoted commas
	}
	d.readRecords(file, header, rows)
	return true
}

func openColumns(content []byte, d csvtext.Dialect, fits func(*csvtext.Reader) bool) (*csvtext.Reader, error) {
	return csvtext.Open(textlines.New(bytes.NewReader(content)), textlines.Encoding{}, d, fits)
}

// withoutAdvice returns an error's message without its advice on flags, which the folder source
// lacks.
func withoutAdvice(err error) string {
	if fault, ok := errors.AsType[*textlines.Fault](err); ok {
		return fault.What.Error()
	}
	return err.Error()
}

func headLine(content []byte) []byte {
	line, _, _ := bytes.Cut(content, []byte("\n"))
	return bytes.TrimSpace(line)
}

func hasNames(header []string) bool {
	return len(header) > 1 && slices.ContainsFunc(header, func(column string) bool {
		return slices.Contains(nameColumns, strings.ToLower(column))
	})
}

// readRecords adds the rows that follow the header.
func (d *description) readRecords(file string, header []string, rows *csvtext.Reader) {
	for {
		values, err := rows.Next()
		switch fault, isFault := errors.AsType[*textlines.Fault](err); {
		case errors.Is(err, textlines.ErrEnd):
			return
		case isFault:
			d.leave("%s:%d (%v)", file, fault.Line, fault.What)
			continue
		case err != nil:
			d.leave("%s (%v)", file, err)
			return
		}
		fields := map[string]string{}
		for i, value := range values {
			if header[i] != "" && value != "" {
				fields[header[i]] = value
			}
		}
		if raw, err := json.Marshal(fields); err == nil {
			d.add(file, int(rows.Line()), raw)
		}
	}
}
