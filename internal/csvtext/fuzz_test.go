package csvtext

import (
	"bytes"
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/internal/textlines"
)

// open opens a table that is in memory.
func open(text string, d Dialect) (*Reader, error) {
	return Open(textlines.New(strings.NewReader(text)), textlines.Encoding{}, d, nil)
}

// read returns the rows of a table, and the faults of the others.
func read(t *testing.T, r *Reader) (rows [][]string, faults []error) {
	t.Helper()
	for range 1 << 20 {
		fields, err := r.Next()
		switch _, isFault := errors.AsType[*textlines.Fault](err); {
		case errors.Is(err, textlines.ErrEnd):
			return rows, faults
		case isFault && strings.TrimSpace(err.Error()) != "":
			faults = append(faults, err)
		case err != nil:
			t.Fatalf("an error that is no fault: %v", err)
		default:
			rows = append(rows, slices.Clone(fields))
		}
	}
	t.Fatal("the table does not end")
	return nil, nil
}

// FuzzReader checks that without quotes each line that is not blank is a row or a fault, and that
// with quotes there are at most as many.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{"a,b\n1,x\n\"2,y\n3,z\n", "a\tb\n1\t\"x\n", "a,b\r1,2\r3,\"4\r\"\r", "a|b\n1|2\r3|4\n", "\"a\",b\n\"1\" ,\"2\\\"\"\n,,\n", "sep=;\na;b\n", "\xff\xfea\x00,\x00\n\x00"} {
		for kind := range uint8(12) {
			f.Add([]byte(seed), kind)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte, kind uint8) {
		d := Dialect{Quote: []string{"", NoQuote, `"`}[kind%3], Ending: []string{".csv", ".tsv"}[kind/3%2]}
		r, err := open(string(content), d)
		if err != nil {
			return
		}
		if kind/6%2 == 1 {
			r.Join()
		}
		rows, faults := read(t, r)
		got, lines := len(rows)+len(faults), 0
		for _, line := range strings.FieldsFunc(string(content), func(r rune) bool { return r == '\n' || r == '\r' }) {
			if !r.isBlank([]byte(line)) {
				lines++
			}
		}
		if got > lines {
			t.Errorf("%d rows, good and bad, of %d lines", got, lines)
		}
		if d.Quote == NoQuote && !bytes.ContainsAny(content, "\r") && !strings.Contains(string(content), "sep=") && got != lines-1 {
			t.Errorf("%d rows, good and bad, of %d lines and a header", got, lines-1)
		}
		for _, fields := range rows {
			if len(fields) != len(r.Names()) {
				t.Errorf("%d fields and %d columns: %q", len(fields), len(r.Names()), fields)
			}
		}
	})
}

// FuzzReader_EqualsStrictReaders compares with encoding/csv, for tables that it can read.
func FuzzReader_EqualsStrictReaders(f *testing.F) {
	f.Add("a,b\n\"c,\"\"d\"\"\ne\",f\n")
	f.Add("a\n\"a")
	f.Add("ab,\"c\"\n,\n\n\"\"\"\",x\n")
	f.Fuzz(func(t *testing.T, text string) {
		text = "a" + strings.NewReplacer("\r", "", "\ufeff", "", "\x00", "", " ", "", "\t", "").Replace(text) // blank lines are not rows
		text = strings.ToValidUTF8(text, "?")
		want, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || len(want) == 0 {
			return
		}
		r, err := open(text, Dialect{Delimiter: ",", Quote: `"`})
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		got, faults := read(t, r)
		if !slices.EqualFunc(got, want[1:], slices.Equal) || len(faults) > 0 {
			t.Errorf("%q: %q and %v, want %q", text, got, faults, want[1:])
		}
	})
}
