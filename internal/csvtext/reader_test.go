package csvtext

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/pali3/pali3/internal/textlines"
)

func TestReader_ReadsRowsAndSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		dialect Dialect
		joins   bool
		names   []string
		rows    string
		faults  string
	}{
		"quotes of several lines": {text: "a,b\n1,\"x\n\"\"y\"\"\"\n", names: []string{"a", "b"}, rows: `[["1" "x\n\"y\""]]`, faults: "[]"},
		"a quote never closed": {text: "a,b\n1.png,x\n2.png,\"y\n3.png,z\n", names: []string{"a", "b"}, rows: `[["1.png" "x"] ["3.png" "z"]]`,
			faults: "[line 3 opens a quote that is never closed: set --quote none if quotes are characters in this table]"},
		"the delimiter that makes columns": {text: "a;b\n1;x, y\n", names: []string{"a", "b"}, rows: `[["1" "x, y"]]`, faults: "[]"},
		"the one that Excel is told":       {text: "sep=|\na,b|c\n1|2\n", names: []string{"a,b", "c"}, rows: `[["1" "2"]]`, faults: "[]"},
		"quotes as characters in tabs":     {text: "a\tb\n1\t\"x\n", dialect: Dialect{Ending: ".tsv"}, names: []string{"a", "b"}, rows: `[["1" "\"x"]]`, faults: "[]"},
		"blanks as in the header":          {text: "a, b\n1, x\n", names: []string{"a", "b"}, rows: `[["1" "x"]]`, faults: "[]"},
		"blanks that the header has not":   {text: "a,b\n1, x\n", names: []string{"a", "b"}, rows: `[["1" " x"]]`, faults: "[]"},
		"a delimiter too many":             {text: "a,b\n1,x, y\n", names: []string{"a", "b"}, rows: `[]`, faults: "[line 2: wrong number of fields: 3, and the header has 2]"},
		"one that is the text's":           {text: "a,b\n1,x, y\n2\n", joins: true, names: []string{"a", "b"}, rows: `[["1" "x, y"]]`, faults: "[line 3: wrong number of fields: 1, and the header has 2]"},
		"no header":                        {text: "1,x\n2,y\n", dialect: Dialect{NoHeader: true}, names: []string{"1", "2"}, rows: `[["1" "x"] ["2" "y"]]`, faults: "[]"},
		"names for no header":              {text: "1,x\n", dialect: Dialect{Columns: []string{"a", "b"}}, names: []string{"a", "b"}, rows: `[["1" "x"]]`, faults: "[]"},
		"a column without a name":          {text: ",b\n1,x\n", names: []string{"", "b"}, rows: `[["1" "x"]]`, faults: "[]"},
		"bytes that are no text": {text: "a,b\n1,\xe9\n2,y\n", names: []string{"a", "b"}, rows: `[["2" "y"]]`,
			faults: "[line 2: byte 3 (0xe9) is not UTF-8: set --encoding, for example windows-1252 or latin-1]"},
	} {
		r, err := open(c.text, c.dialect)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.joins {
			r.Join()
		}
		rows, faults := read(t, r)
		if got := fmt.Sprintf("%q", rows); got != c.rows || fmt.Sprint(faults) != c.faults || !slices.Equal(r.Names(), c.names) {
			t.Errorf("%s: %q %s %v, want %q %s %s", name, r.Names(), got, faults, c.names, c.rows, c.faults)
		}
	}
}

func TestReader_FaultsAreOfLines(t *testing.T) {
	r, err := open("a,b\n\n1,\"x\n", Dialect{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Next()
	fault, isFault := errors.AsType[*textlines.Fault](err)
	quote, isQuote := errors.AsType[*Unclosed](err)
	if !isFault || !isQuote || fault.Line != 3 || r.Line() != 3 || quote.Begin != "1,\"x" || fault.What.Error() != "line 3 opens a quote that is never closed" {
		t.Errorf("%#v in line %d", err, r.Line())
	}
}
