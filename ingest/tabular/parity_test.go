package tabular

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// oddTable is a line of what parity/tables.py writes.
type oddTable struct {
	Name    string
	Content []byte
	Told    Dialect
	Names   []string
	Rows    [][]string // as their writer meant them
	Exact   bool       // they are to be read so
	Damage  string
	Others  map[string][][]string // rows that Python's csv, pandas and DuckDB read, if they are others; null of one that refuses
}

// TestTablesParity reads odd tables: a hundred from testdata, or those in the folder $PALI3_TABLES,
// see parity/tables.py. Rows are as they were meant, or as another reader has them; or an error
// names the line and says what to set, and no row is made of others.
func TestTable_AgreesWithOtherReaders(t *testing.T) {
	dir := os.Getenv("PALI3_TABLES")
	if dir == "" {
		dir = "testdata"
		t.Log("COMPACT: 100 tables; PALI3_TABLES=FOLDER takes those of parity/tables.py")
	}
	f, err := os.Open(filepath.Join(dir, "tables.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(content)
	lines.Buffer(nil, 1<<24)
	counts := map[string]int{}
	for n := 1; lines.Scan(); n++ {
		var odd oddTable
		if err := json.Unmarshal(lines.Bytes(), &odd); err != nil {
			t.Fatal(err)
		}
		outcome, problem := odd.compare(t.TempDir())
		if counts[outcome]++; problem != "" {
			t.Errorf("table %d, %s, told %+v, damage %q: %s\n%q\nmeant %q", n, odd.Name, odd.Told, odd.Damage, problem, odd.Content, odd.Rows)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	t.Log(counts)
}

// compare reads the table, and says how it went and what is wrong with that.
func (o *oddTable) compare(dir string) (outcome, problem string) {
	file := filepath.Join(dir, o.Name)
	if err := os.WriteFile(file, o.Content, 0o644); err != nil {
		return "", err.Error()
	}
	rows, err := openRows(nil, file, nil, o.Told, o.Names)
	if err != nil {
		if o.Exact || !strings.Contains(err.Error(), "--") && !strings.Contains(err.Error(), "line") {
			return "refused", err.Error()
		}
		return "refused", ""
	}
	defer rows.close()
	var got [][]string
	bad := 0
	for {
		values, err := rows.next()
		if errors.Is(err, errEnd) {
			break
		}
		if err != nil {
			if bad++; !strings.Contains(err.Error(), "line") {
				return "bad row", "an error without a line: " + err.Error()
			}
			if errors.Is(err, errBroken) {
				break
			}
			continue
		}
		got = append(got, o.fields(values))
	}
	if sameRows(got, o.Rows) && bad == 0 {
		return "as meant", ""
	}
	if o.Exact {
		return "other", "read as " + show(got)
	}
	outcome = "with bad rows"
	if bad == 0 {
		outcome = "as another reader"
		if !slices.ContainsFunc(sortedKeys(o.Others), func(who string) bool { return sameRows(got, o.Others[who]) }) {
			return "other", "read differently from all others: " + show(got)
		}
	}
	for _, r := range got {
		if has(o.Rows, r) {
			continue
		}
		for _, value := range r {
			if strings.Contains(value, "\n") && strings.Contains(value, "img/") {
				return "glued", "a row was made of several: " + show([][]string{r})
			}
		}
		known := slices.ContainsFunc(sortedKeys(o.Others), func(who string) bool { return has(o.Others[who], r) })
		if !known && !slices.ContainsFunc(o.Rows, func(meant []string) bool { return sameButQuotes(meant, r) }) {
			return "invented", "a row that no other reader has: " + show([][]string{r})
		}
	}
	return outcome, ""
}

// fields are a row's values in the order of the names, without blanks around them.
func (o *oddTable) fields(values row) (fields []string) {
	for _, name := range o.Names {
		fields = append(fields, strings.TrimSpace(plainText(values[name])))
	}
	return fields
}

func sameRow(a, b []string) bool {
	for i := range max(len(a), len(b)) {
		var x, y string
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if strings.TrimSpace(x) != strings.TrimSpace(y) {
			return false
		}
	}
	return true
}

// sameButQuotes compares rows without quotation marks, for rows that no other reader gets to.
func sameButQuotes(a, b []string) bool {
	plain := func(row []string) []string {
		return strings.Split(strings.NewReplacer(`"`, "", `\`, "").Replace(strings.Join(row, "\x00")), "\x00")
	}
	return sameRow(plain(a), plain(b))
}

func sameRows(a, b [][]string) bool { return slices.EqualFunc(a, b, sameRow) }

func has(rows [][]string, row []string) bool {
	return slices.ContainsFunc(rows, func(r []string) bool { return sameRow(r, row) })
}

func show(rows [][]string) string {
	text, _ := json.Marshal(rows)
	return string(text)
}
