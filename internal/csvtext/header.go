package csvtext

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/internal/textlines"
)

// Open reads the header, or examines the first line of a table without one, and detects the
// delimiter unless the dialect gives it. It chooses the first delimiter for which fits returns
// true; fits can look at the reader's names. Without fits it chooses one that splits the line into
// several names, and otherwise the likeliest one.
func Open(lines *textlines.Lines, e textlines.Encoding, d Dialect, fits func(*Reader) bool) (*Reader, error) {
	r := &Reader{lines: lines, encoding: e}
	if err := r.firstLine(&d); err != nil {
		return nil, err
	}
	candidates := []string{",", "|", ";", "\t"}
	switch {
	case d.Delimiter != "":
		candidates = []string{d.Delimiter}
	case d.Ending == ".tsv" || d.Ending == ".tab" || d.Ending == ".txt":
		candidates = []string{"\t", ",", "|", ";"}
	}
	delimiter := candidates[0]
	for _, candidate := range candidates {
		if r.head(candidate, d) == nil && r.fits(d, fits) {
			delimiter = candidate
			break
		}
	}
	if err := r.head(delimiter, d); err != nil {
		return nil, err
	}
	if len(d.Columns) == 0 && !d.NoHeader {
		r.at = lines.Number() + 1
		lines.Advance(r.spans[len(r.spans)-1].Next, len(r.spans))
	}
	return r, nil
}

// Names returns the names of the columns without surrounding blanks. A name may be empty.
func (r *Reader) Names() []string { return r.names }

// Join makes surplus delimiters of a line part of its last field.
func (r *Reader) Join() { r.joins = true }

// Delimiter returns the delimiter.
func (r *Reader) Delimiter() string { return string(r.delimiter) }

// fits reports whether the first line, as it was split, is acceptable.
func (r *Reader) fits(d Dialect, asked func(*Reader) bool) bool {
	switch {
	case len(d.Columns) > 0:
		return len(r.fields) == len(d.Columns)
	case asked != nil:
		return asked(r)
	}
	return len(r.names) > 1
}

// firstLine skips blank lines. It also skips a line such as sep=; for Excel and takes the delimiter
// from it.
func (r *Reader) firstLine(d *Dialect) error {
	for {
		first, err := r.lines.Span(0)
		if errors.Is(err, textlines.ErrEnd) {
			return errors.New("the file is empty")
		}
		if err != nil {
			return err
		}
		line := r.lines.Bytes()[:first.End]
		said, isSaid := strings.CutPrefix(strings.Trim(string(line[:min(len(line), 8)]), `"`), "sep=")
		if isSaid = isSaid && len(line) <= 7 && len(said) == 1; isSaid && d.Delimiter == "" {
			d.Delimiter = said
		}
		if !isSaid && (!textlines.IsBlank(line) || strings.Contains(string(line), "\t")) {
			return nil
		}
		r.lines.Advance(first.Next, 1)
	}
}

// head splits the first line by a delimiter and finds the names of the columns.
func (r *Reader) head(delimiter string, d Dialect) error {
	first, err := r.lines.Span(0)
	if err != nil {
		return err
	}
	line := r.lines.Bytes()[:first.End]
	r.delimiter, r.trusted, r.quote, r.unquote, r.width = []byte(delimiter), d.Quote != "", '"', false, 0
	switch {
	case d.Quote == NoQuote:
		r.quote = 0
	case d.Quote != "":
		r.quote = d.Quote[0]
	case delimiter == "\t" && !allQuoted(string(line), delimiter):
		r.quote, r.unquote = 0, true
	}
	if err := r.parse(first, line); err != nil {
		return err
	}
	last := r.spans[len(r.spans)-1]
	if err := r.encoding.Check(r.lines.Bytes()[:last.End], r.lines.Number()+1); err != nil {
		return err
	}
	if r.foreign = textlines.CarriageReturn; first.Ending == textlines.CarriageReturn {
		r.foreign = textlines.LineFeed
	}
	r.names, r.trims = slices.Clone(r.fields), false
	for i, name := range r.names {
		r.names[i] = strings.TrimSpace(name)
		r.trims = r.trims || r.names[i] != name
		if d.NoHeader {
			r.names[i] = strconv.Itoa(i + 1)
		}
	}
	if len(d.Columns) > 0 {
		r.names = slices.Clone(d.Columns)
	}
	r.width = len(r.names)
	return nil
}

// allQuoted reports whether all fields of a line are enclosed in quotation marks.
func allQuoted(line, delimiter string) bool {
	for field := range strings.SplitSeq(line, delimiter) {
		if len(field) < 2 || field[0] != '"' || field[len(field)-1] != '"' {
			return false
		}
	}
	return true
}
