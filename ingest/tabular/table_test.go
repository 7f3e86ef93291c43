package tabular

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/ingest/internal/nametext"
	"github.com/pali3/pali3/shards"
	"github.com/parquet-go/parquet-go"
)

// told reads a table and describes each record: key and texts of a row, reason and detail of a
// reject.
func told(t *testing.T, dir string, table Options) (records []string, left []string) {
	t.Helper()
	if table.File != "" && !filepath.IsAbs(table.File) {
		table.File = filepath.Join(dir, table.File)
	}
	source, err := New(table)
	if err != nil {
		return []string{"error: " + strings.ReplaceAll(err.Error(), dir, "DIR")}, nil
	}
	for record := range source.Records(t.Context(), ingest.Cursor{}) {
		for _, l := range record.LeftOut {
			left = append(left, l.Reason+" "+l.Name)
		}
		completed := ingest.Complete(record, ingest.Options{})
		if completed.Err != nil {
			records = append(records, strings.ReplaceAll(fmt.Sprintf("reject %s: %v", completed.Reason, completed.Err), dir, "DIR"))
			continue
		}
		told := completed.Sample.Key
		for _, text := range completed.Sample.Texts {
			told += " | " + text.Value
		}
		records = append(records, told)
	}
	return records, left
}

// expect compares records with those wanted; one that is wanted may be the beginning of a reject or
// of an error.
func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	same := len(got) == len(want)
	for i := 0; same && i < len(got); i++ {
		same = got[i] == want[i]
		if strings.HasPrefix(want[i], "reject ") || strings.HasPrefix(want[i], "error: ") {
			same = true
			for part := range strings.SplitSeq(want[i], "...") {
				at := strings.Index(got[i], part)
				same = same && at >= 0
			}
		}
	}
	if !same {
		t.Errorf("got:\n\t%s\nwant:\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// images are n images called img/0.png and so on.
func images(n int) map[string]string {
	files := map[string]string{}
	for i := range n {
		files[fmt.Sprintf("img/%d.png", i)] = string(ingesttest.PNG(i + 1))
	}
	return files
}

func wide(text string, little bool, mark string) string {
	out := []byte(mark)
	for _, unit := range utf16.Encode([]rune(text)) {
		if little {
			out = append(out, byte(unit), byte(unit>>8))
		} else {
			out = append(out, byte(unit>>8), byte(unit))
		}
	}
	return string(out)
}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

func TestTable_ReadsTextTablesInTheWild(t *testing.T) {
	text := Columns{Text: "caption"}
	both := Columns{Image: "file", Text: "caption"}
	for _, c := range []struct {
		name, file, content string
		columns             Columns
		dialect             Dialect
		want                []string
	}{
		{"TSV has no quotes", "t.tsv", "caption\tfile\nfirst\timg/0.png\n\"leading quote only\timg/1.png\nthird\timg/2.png\n\"quoted whole\"\timg/3.png\nfifth \"mid\"\timg/4.png\n\"start\" then more\timg/5.png\n",
			both, Dialect{}, []string{"img/0.png | first", "img/1.png | \"leading quote only", "img/2.png | third", "img/3.png | \"quoted whole\"", "img/4.png | fifth \"mid\"", "img/5.png | \"start\" then more"}},
		{"images in base64", "t.tsv", "caption\tfile\na\t" + base64.StdEncoding.EncodeToString(ingesttest.PNG(9)) + "\nb\timg/0.png\n", both, Dialect{}, []string{"t.tsv:1 | a", "img/0.png | b"}},
		{"TSV of a writer that quotes", "t.tsv", "caption\tfile\n\"a \"\"red\"\" ball\"\timg/0.png\nplain\timg/1.png\n", both, Dialect{}, []string{"img/0.png | a \"red\" ball", "img/1.png | plain"}},
		{"TSV whose header is quoted", "t.tsv", "\"caption\"\t\"file\"\n\"a\tb\nc\"\t\"img/0.png\"\n", both, Dialect{}, []string{"img/0.png | a\tb\nc"}},
		{"TSV, quotes asked for", "t.tsv", "caption\tfile\n\"a\tb\"\timg/0.png\n", both, Dialect{Quote: `"`}, []string{"img/0.png | a\tb"}},
		{"TSV with a quoted tab, not asked for", "t.tsv", "caption\tfile\n\"a\tb\"\timg/0.png\n", both, Dialect{}, []string{`reject row: line 2: wrong number of fields...set --quote '"'`}},
		{"the header shows bars, and blanks around names", "t.csv", "file| n| caption\nimg/0.png| 0| Two dogs , run .\nimg/0.png| 1| A \"red\" ball .\nimg/1.png| 2| A cat sits\nimg/1.png| 4   A dog runs .\nimg/2.png| 0| The last one .\n",
			both, Dialect{}, []string{"img/0.png | Two dogs , run .", "img/0.png#2 | A \"red\" ball .", "img/1.png | A cat sits", "reject row: line 5: wrong number of fields: 2, and the header has 3", "img/2.png | The last one ."}},
		{"the header shows semicolons", "t.csv", "file;caption\nimg/0.png;\"a; b\"\n", both, Dialect{}, []string{"img/0.png | a; b"}},
		{"the header shows tabs", "t.csv", "file\tcaption\nimg/0.png\ta, b\n", both, Dialect{}, []string{"img/0.png | a, b"}},
		{"a delimiter that is said", "t.csv", "file^caption\nimg/0.png^a, b\n", both, Dialect{Delimiter: "^"}, []string{"img/0.png | a, b"}},
		{"a name of no table, with a delimiter", "t.dat", "file;caption\nimg/0.png;a\n", both, Dialect{Delimiter: "semicolon"}, []string{"img/0.png | a"}},
		{"a name of no table", "t.dat", "file;caption\n", both, Dialect{}, []string{"error: ...tables are .csv"}},
		{"tab by name", "t.csv", "file\tcaption\nimg/0.png\t\"a\n", both, Dialect{Delimiter: "tab"}, []string{"img/0.png | \"a"}},
		{"Excel's line", "t.csv", "sep=;\r\nfile;caption\r\nimg/0.png;a, b\r\n", both, Dialect{}, []string{"img/0.png | a, b"}},
		{"another delimiter, not found", "t.csv", "file:caption\nimg/0.png:a\n", both, Dialect{}, []string{"error: DIR/t.csv has no column \"file\"; its columns are file:caption...--delimiter ':'"}},
		{"quotes within fields are characters", "t.csv", "file,caption\nimg/0.png,a 5\" disk\nimg/1.png,say \"hi\"\n", both, Dialect{}, []string{"img/0.png | a 5\" disk", "img/1.png | say \"hi\""}},
		{"text behind a quoted field", "t.csv", "file,caption\nimg/0.png,\"start\" then more\n", both, Dialect{}, []string{"img/0.png | start then more"}},
		{"quotes after blanks", "t.csv", "file, caption\nimg/0.png, \"a, b\"\nimg/1.png, \"half\n", both, Dialect{}, []string{"img/0.png | a, b", "img/1.png | \"half"}},
		{"lines within quotes", "t.csv", "file,caption\nimg/0.png,\"one\ntwo, three\n\nfour \"\"five\"\"\"\nimg/1.png,next\n", both, Dialect{}, []string{"img/0.png | one\ntwo, three\n\nfour \"five\"", "img/1.png | next"}},
		{"a quote that is never closed", "t.csv", "file,caption\nimg/0.png,\"open\nimg/1.png,b\nimg/2.png,c\n", both, Dialect{}, []string{"reject row: line 2 opens a quote that is never closed: set --quote none", "img/1.png | b", "img/2.png | c"}},
		{"a quote that ends at another's beginning", "t.csv", "file,caption\nimg/0.png,\"open\nimg/1.png,b\nimg/2.png,\"quoted\"\n", both, Dialect{}, []string{"reject row: line 2 opens a quote that is not closed where line 4 has the next...--quote none", "img/1.png | b", "img/2.png | quoted"}},
		{"a quote that encloses rows", "t.csv", "file,caption\nimg/0.png,\"open\nimg/1.png,b\nimg/2.png,at the end\"\nimg/3.png,d\n", both, Dialect{}, []string{"reject row: line 2: the quote opened there encloses rows as far as line 4...--quote none", "img/1.png | b", "img/2.png | at the end\"", "img/3.png | d"}},
		{"the same, asked for", "t.csv", "file,caption\nimg/0.png,\"open\nimg/1.png,b\nimg/2.png,at the end\"\nimg/3.png,d\n", both, Dialect{Quote: `"`}, []string{"img/0.png | open\nimg/1.png,b\nimg/2.png,at the end", "img/3.png | d"}},
		{"a quote that encloses rows, text first", "t.csv", "caption,file\n\"open,img/0.png\nb,img/1.png\nat the end\",img/2.png\n", both, Dialect{}, []string{"reject row: line 2: the quote opened there encloses rows as far as line 4", "img/1.png | b", "img/2.png | at the end\""}},
		{"without quotes", "t.csv", "file,caption\nimg/0.png,\"open\nimg/1.png,b\n", both, Dialect{Quote: "none"}, []string{"img/0.png | \"open", "img/1.png | b"}},
		{"another quote", "t.csv", "file,caption\nimg/0.png,'a, \"b\"'\n", both, Dialect{Quote: "'"}, []string{"img/0.png | a, \"b\""}},
		{"backslashes before quotes", "t.csv", `file,caption` + "\n" + `img/0.png,"He said \"hi, you\""` + "\n" + `img/1.png,"C:\"` + "\n", both, Dialect{}, []string{`img/0.png | He said "hi, you"`, `img/1.png | C:\`}},
		{"line ends of all kinds", "t.csv", "file,caption\r\nimg/0.png,a\nimg/1.png,b\rimg/2.png,c\r\n\r\n   \nimg/3.png,d", both, Dialect{}, []string{"img/0.png | a", "img/1.png | b", "img/2.png | c", "img/3.png | d"}},
		{"carriage returns alone", "t.csv", "file,caption\rimg/0.png,a\rimg/1.png,\"b\rc\"\r", both, Dialect{}, []string{"img/0.png | a", "img/1.png | b\rc"}},
		{"a carriage return within a text", "t.csv", "file,caption\nimg/0.png,some\rmore\nimg/1.png,b\n", both, Dialect{}, []string{"reject row: line 2: a line end within the line, of another kind than the header's", "img/1.png | b"}},
		{"a line feed where carriage returns end lines", "t.csv", "file,caption\rimg/0.png,some\nmore\rimg/1.png,b\n", both, Dialect{}, []string{"reject row: line 2: a line end within the line", "img/1.png | b"}},
		{"a file that ends within a quote", "t.csv", "caption,n\nfirst,\"1\"\n\"cut\nin half,\nhere", text, Dialect{}, []string{"t.csv:1 | first", "reject row: line 3 opens a quote that is never closed", "reject row: line 4: line 3 opens a quote that may enclose it", "reject row: line 5: wrong number of fields"}},
		{"ragged rows", "t.csv", "file,caption\nimg/0.png\nimg/1.png,b,\nimg/2.png,c,d\nimg/3.png,\n", both, Dialect{},
			[]string{"reject row: line 2: wrong number of fields: 1, and the header has 2", "reject row: line 3: wrong number of fields: 3", "reject row: line 4: wrong number of fields: 3", "img/3.png"}},
		{"delimiters at the end of rows", "t.csv", "file,caption\nimg/0.png,a,\nimg/1.png,b,\n", both, Dialect{}, []string{"img/0.png | a", "img/1.png | b"}},
		{"a delimiter at the end of some rows", "t.csv", "file,caption,lang\nimg/0.png,one, two,\nimg/1.png,b,en\n", both, Dialect{}, []string{"reject row: line 2: wrong number of fields: 4", "img/1.png | b"}},
		{"two columns of one name", "t.csv", "file,caption,caption\nimg/0.png,a,b\n", both, Dialect{}, []string{"error: ...columns 2 and 3 are both called \"caption\"...#2 or #3"}},
		{"by number, a name that two have", "t.csv", "file,caption,caption\nimg/0.png,a,b\n", Columns{Image: "file", Text: "#3"}, Dialect{}, []string{"img/0.png | b"}},
		{"pandas' index", "t.csv", ",file,caption\n0,img/0.png,a\n", both, Dialect{}, []string{"img/0.png | a"}},
		{"no header, names given", "t.csv", "img/0.png,a\nimg/1.png,b\n", both, Dialect{Columns: []string{"file", "caption"}}, []string{"img/0.png | a", "img/1.png | b"}},
		{"no header, names given, other delimiter", "t.txt", "img/0.png\ta, b\nimg/1.png\t\"c\n", both, Dialect{Columns: []string{"file", "caption"}}, []string{"img/0.png | a, b", "img/1.png | \"c"}},
		{"no header, by number", "t.csv", "img/0.png,a\nimg/1.png,b\n", Columns{Image: "1", Text: "2"}, Dialect{NoHeader: true}, []string{"img/0.png | a", "img/1.png | b"}},
		{"a header, by number", "t.csv", "file,caption\nimg/0.png,a\n", Columns{Image: "1", Text: "2"}, Dialect{}, []string{"img/0.png | a"}},
		{"a number that there is not", "t.csv", "file,caption\nimg/0.png,a\n", Columns{Image: "3"}, Dialect{}, []string{"error: ...no column \"3\"; its columns are file, caption"}},
		{"UTF-16 with a mark", "t.csv", wide("file,caption\r\nimg/0.png,größer \U0001f600\r\n", true, "\xff\xfe"), both, Dialect{}, []string{"img/0.png | größer \U0001f600"}},
		{"UTF-16, the mark before the flag", "t.tsv", wide("file\tcaption\nimg/0.png\té\n", false, "\xfe\xff"), both, Dialect{Encoding: "latin-1"}, []string{"img/0.png | é"}},
		{"UTF-16 without a mark", "t.csv", wide("file,caption\nimg/0.png,é\n", true, ""), both, Dialect{}, []string{"error: ...--encoding utf-16le"}},
		{"UTF-16 without a mark, said", "t.csv", wide("file,caption\nimg/0.png,é\n", true, ""), both, Dialect{Encoding: "utf-16le"}, []string{"img/0.png | é"}},
		{"half a character of UTF-16", "t.csv", wide("file,caption\nimg/0.png,a", true, "\xff\xfe") + "\x00\xd8" + wide("b\nimg/1.png,c\n", true, ""), both, Dialect{}, []string{"reject text: line 2: ...utf-16le", "img/1.png | c"}},
		{"Latin-1", "t.csv", "file,caption\nimg/0.png,caf\xe9\n", both, Dialect{Encoding: "iso-8859-1"}, []string{"img/0.png | café"}},
		{"Windows-1252", "t.csv", "file,caption\nimg/0.png,\x93caf\xe9\x94 10\x80\nimg/1.png,\x81\n", both, Dialect{Encoding: "windows-1252"}, []string{"img/0.png | “café” 10€", "reject text: line 3: ...windows-1252"}},
		{"Latin-1, not said", "t.csv", "file,caption\nimg/0.png,a\nimg/1.png,caf\xe9\n", both, Dialect{}, []string{"img/0.png | a", "reject text: line 3: byte 14 (0xe9) is not UTF-8: set --encoding"}},
		{"an unknown encoding", "t.csv", "file,caption\n", both, Dialect{Encoding: "klingon"}, []string{"error: --encoding \"klingon\" is not known"}},
		{"a zero byte", "t.csv", "file,caption\nimg/0.png,a\x00b\n", both, Dialect{}, []string{"img/0.png | a\x00b"}},
		{"JSON lines whose first line lacks a column", "t.jsonl", `{"file":"img/0.png"}` + "\n" + `{"file":"img/1.png","caption":"b"}` + "\n" + `{"file":"img/2.png","caption":"c"}` + "\n", both, Dialect{}, []string{"img/0.png", "img/1.png | b", "img/2.png | c"}},
		{"JSON lines whose first line is broken", "t.jsonl", "{broken\n" + `{"file":"img/1.png","caption":"b"}` + "\n", both, Dialect{}, []string{"reject row: line 1: ", "img/1.png | b"}},
		{"JSON lines without the column", "t.jsonl", `{"file":"img/0.png","alt":"a"}` + "\n" + `{"file":"img/0.png","n":1}` + "\n", both, Dialect{}, []string{"error: DIR/t.jsonl has no column \"caption\"; its columns are alt, file, n"}},
		{"NaN as Python writes it", "t.jsonl", `{"file":"img/0.png","caption":NaN}` + "\n" + `{"file":"img/1.png","caption":"b","x":-Infinity,"y":[Infinity]}` + "\n", both, Dialect{}, []string{"img/0.png", "img/1.png | b"}},
		{"a name twice", "t.jsonl", `{"file":"img/0.png","caption":"a","caption":"b"}` + "\n", Columns{Image: "file"}, Dialect{}, []string{`error: ...line 1: the name "caption" occurs twice`}},
		{"Python's own notation", "t.jsonl", `{"file":"img/0.png","caption":"a"}` + "\n{'file': 'img/1.png', 'caption': 'b'}\n" + `{"file":"img/1.png","caption":None}` + "\n", both, Dialect{}, []string{"img/0.png | a", "reject row: line 2: ...json.dumps", "reject row: line 3: ...json.dumps"}},
		{"several objects a line", "t.jsonl", `{"file":"img/0.png","caption":"a"}{"file":"img/1.png","caption":"b"}` + "\n" + `{"file":"img/2.png"} x` + "\n", both, Dialect{}, []string{"img/0.png | a", "img/1.png | b", "reject row: line 2: "}},
		{"a list of objects", "t.json", "[\n  {\"file\":\"img/0.png\",\n   \"caption\":\"a\"},\n {\"file\":\"img/1.png\"}, 7,\n{\"file\":\"img/2.png\",\"caption\":\"c\"}]\n", both, Dialect{}, []string{"img/0.png | a", "img/1.png", "reject row: line 4: a number where an object", "img/2.png | c"}},
		{"a list in .jsonl", "t.jsonl", `[{"file":"img/0.png","caption":"a"},{"file":"img/1.png","caption":"b"}]`, both, Dialect{}, []string{"img/0.png | a", "img/1.png | b"}},
		{"a list that is cut", "t.json", `[{"file":"img/0.png","caption":"a"},` + "\n" + `{"file":"img/1.png","capt`, both, Dialect{}, []string{"img/0.png | a", "reject row: line 2: the JSON is truncated"}},
		{"a list with a damaged object", "t.json", "[\n{\"file\":\"img/0.png\",\"caption\":\"a},\n{\"file\":\"img/1.png\",\"caption\":\"b\"}\n]", both, Dialect{}, []string{"reject row: line 2: ", "img/1.png | b"}},
		{"lists a line", "t.jsonl", `["img/0.png","a"]` + "\n", both, Dialect{}, []string{"error: ...its rows are not objects"}},
		{"objects over several lines", "t.jsonl", "{\n \"file\": \"img/0.png\",\n \"caption\": \"a\"\n}\n{\n \"file\": \"img/1.png\",\n \"caption\": \"b\"\n}\n", both, Dialect{}, []string{"img/0.png | a", "img/1.png | b"}},
		{"an object of lists", "t.json", `{"file":["img/0.png","img/1.png"],"caption":["a",null]}`, both, Dialect{}, []string{"img/0.png | a", "img/1.png"}},
		{"an object of columns", "t.json", `{"file":{"0":"img/0.png","10":"img/2.png","9":"img/1.png"},"caption":{"0":"a","9":"b","10":"c"}}`, both, Dialect{}, []string{"img/0.png | a", "img/1.png | b", "img/2.png | c"}},
		{"pandas' split", "t.json", `{"columns":["file","caption"],"index":[0],"data":[["img/0.png","a"]]}`, both, Dialect{}, []string{"img/0.png | a"}},
		{"pandas' index", "t.json", `{"0":{"file":"img/0.png","caption":"a"},"1":{"file":"img/1.png"}}`, both, Dialect{}, []string{"img/0.png | a", "img/1.png"}},
		{"objects by name", "t.json", `{"img/0.png":{"caption":"a"}}`, text, Dialect{}, []string{`error: ...named objects, the first "img/0.png"`}},
		{"a list in an object", "t.json", `{"info":{},"annotations":[{"caption":"a"}],"images":[]}`, text, Dialect{}, []string{"error: ...the lists annotations (1), images (0)...benchmark"}},
		{"JSON lines in .json", "t.json", `{"caption":"a"}` + "\n" + `{"caption":"b"}` + "\n", text, Dialect{}, []string{"t.json:1 | a", "t.json:2 | b"}},
		{"JSON that is no UTF-8", "t.jsonl", `{"caption":"a"}` + "\n" + "{\"caption\":\"caf\xe9\"}\n", text, Dialect{}, []string{"t.jsonl:1 | a", "reject text: line 2: byte 16 (0xe9)"}},
		{"compression that the name does not tell", "t.csv", gzipped("caption\na\n"), text, Dialect{}, []string{"t.csv:1 | a"}},
		{"a name that tells a compression that it has not", "t.csv.gz", "caption\na\n", text, Dialect{}, []string{"t.csv.gz:1 | a"}},
		{"xz", "t.csv.xz", "\xfd7zXZ\x00\x00", text, Dialect{}, []string{"error: ...this is an xz file...xz -d"}},
		{"a workbook", "t.csv", "PK\x03\x04\x00xxx[Content_Types].xml", text, Dialect{}, []string{"error: ...this is an Excel workbook, not a table: save it as CSV"}},
		{"a web page", "t.csv", "\n<!DOCTYPE html><html>", text, Dialect{}, []string{"error: ...this is an HTML page, not a table"}},
		{"an image", "t.csv", string(ingesttest.PNG(1)), text, Dialect{}, []string{"error: ...this is a PNG image, not a table"}},
		{"a pointer", "t.parquet", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", text, Dialect{}, []string{"error: ...not a Parquet file"}},
		{"nothing", "t.csv", "", text, Dialect{}, []string{"error: ...the file is empty"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := images(6)
			files[c.file] = c.content
			got, _ := told(t, ingesttest.WriteFiles(t, t.TempDir(), files), Options{File: c.file, Columns: c.columns, Dialect: c.dialect})
			expect(t, got, c.want...)
		})
	}
}

func TestTable_ReadsPathsBelowRoot(t *testing.T) {
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{
		"in/img/a b.png": string(ingesttest.PNG(1)), "in/c.png": string(ingesttest.PNG(2)), "out/d.png": string(ingesttest.PNG(3)), "in/100%25.png": string(ingesttest.PNG(4)), "in/back\\slash.png": string(ingesttest.PNG(5)),
	})
	for name, to := range map[string]string{"link": filepath.Join(dir, "in"), "in/up.png": "../out/d.png", "in/round.png": filepath.Join(dir, "in", "c.png"), "in/away": filepath.Join(dir, "out")} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Skip("NOT TESTED: paths through symbolic links; there are none on this system")
		}
	}
	lines := []string{"file", "DIR/in/img/a b.png", "file://DIR/in/img/a%20b.png", "file://localhost/DIR/in/c.png", "./c.png", `img\a b.png`, "img/a%20b.png", " c.png ", "../in/c.png", "DIR/link/c.png",
		"round.png", "100%25.png", `back\slash.png`, "DIR/out/d.png", "file://DIR/out/d.png", "../out/d.png", "%2e%2e/out/d.png", "up.png", "away/d.png", "DIR/link/../out/d.png", "file://host/share/x.png"}
	ingesttest.WriteFiles(t, dir, map[string]string{"in/t.csv": strings.ReplaceAll(strings.Join(lines, "\n"), "DIR", dir)})
	want := []string{"img/a b.png", "img/a b.png#2", "c.png", "c.png#4", "img/a b.png#5", "img/a%20b.png", "c.png#7", "c.png#8", "c.png#9",
		"round.png", "100%25.png", "back/slash.png", "reject outside: ...below the root folder...--root", "reject outside: ", "reject outside: ", "reject absent: ", "reject unreadable: ", "reject unreadable: ", "reject outside: ", "reject outside: "}
	for _, root := range []string{"", filepath.Join(dir, "link")} {
		got, _ := told(t, dir, Options{File: "in/t.csv", Root: root, Columns: Columns{Image: "file"}})
		expect(t, got, want...)
	}
}

func TestTable_ReadsSeveralFiles(t *testing.T) {
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{
		"a/t.csv": "caption,n\none,1\ntwo,2\n", "b/t.csv": "n,caption,m\n3,three,x\n", "c/README.md": "x", "c/2.jsonl": `{"caption":"five"}`, "c/1.jsonl": `{"caption":"four"}`,
		"d/x.csv": "text\nx\n", "e/x.csv": "caption\nx\n", "e/x.jsonl": "{}", "f/g/x.csv": "caption\nx\n",
		"i/1.csv": "file\np.png\np.png\n", "i/2.csv": "file\np.png\n./p.png\n", "i/p.png": string(ingesttest.PNG(1)),
	})
	at := func(names ...string) (files []string) {
		for _, name := range names {
			files = append(files, filepath.Join(dir, name))
		}
		return files
	}
	text := Columns{Text: "caption"}
	got, left := told(t, dir, Options{Files: at("a/t.csv", "b/t.csv", "c", "a/../a/t.csv"), Columns: text})
	expect(t, got, "a/t.csv:1 | one", "a/t.csv:2 | two", "b/t.csv:1 | three", "1.jsonl:1 | four", "2.jsonl:1 | five")
	if want := []string{"file README.md", "column n", "column m"}; !slices.Equal(left, want) {
		t.Errorf("left out %q, want %q", left, want)
	}
	got, _ = told(t, dir, Options{Files: at("*/t.csv"), Columns: text})
	expect(t, got, "a/t.csv:1 | one", "a/t.csv:2 | two", "b/t.csv:1 | three")
	got, _ = told(t, dir, Options{Files: at("i/*.csv"), Columns: Columns{Image: "file"}})
	expect(t, got, "p.png", "p.png#1.csv:2", "p.png#2.csv:1", "p.png#2.csv:2")
	for names, want := range map[string]string{
		"a/t.csv d": "error: DIR/d/x.csv has no column \"caption\"", "e": "error: DIR/e has tables of several kinds", "f": "error: DIR/f has no tables, only folders", "*/none.csv": "error: DIR/*/none.csv: no table matches", "no.csv": "error: ",
	} {
		got, _ = told(t, dir, Options{Files: at(strings.Fields(names)...), Columns: text})
		expect(t, got, want)
	}

	source, err := New(Options{Files: at("a/t.csv", "b/t.csv", "c"), Columns: text})
	if err != nil {
		t.Fatal(err)
	}
	for n := range int64(7) {
		records := int64(0)
		for range source.Records(t.Context(), ingest.After(n)) {
			records++
		}
		if records != max(0, 5-n) {
			t.Errorf("after %d records there are %d", n, records)
		}
	}
}

func TestTable_ReportsColumnsLeftOut(t *testing.T) {
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{
		"t.csv": "id,caption,licence,\n1,a,x,y\n2,b,x,y\n", "t.jsonl": `{"caption":"a","b":1}` + "\n" + `{"caption":"a","b":1,"d":{"e":2},"c":0}` + "\n",
	})
	for file, want := range map[string][]string{"t.csv": {"column id", "column licence", "column #4"}, "t.jsonl": {"column b", "column c", "column d"}} {
		if _, left := told(t, dir, Options{File: file, Columns: Columns{Text: "caption"}}); !slices.Equal(left, want) {
			t.Errorf("%s: %q, want %q", file, left, want)
		}
	}
}

func TestTable_ColumnsTaken(t *testing.T) {
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"t.csv": "licence,file,year,caption\nx,a.png,1,y\n"})
	source, err := New(Options{File: filepath.Join(dir, "t.csv"), Columns: Columns{Image: "file", Text: "caption"}})
	if err != nil {
		t.Fatal(err)
	}
	want := "image column file; text column caption; left out: licence, year (--keep NAME keeps a column as metadata)"
	if got := source.ColumnsTaken(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// A column that only the end of a table shows to be in no row ends the run, and nothing is added.
func TestTable_FailsWithoutRequestedColumn(t *testing.T) {
	defer func(rows int) { maxProbedRows = rows }(maxProbedRows)
	maxProbedRows = 2
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"t.jsonl": strings.Repeat(`{"caption":"a","x":1}`+"\n", 5), "u.jsonl": strings.Repeat(`{"x":1}`+"\n", 5) + `{"caption":"last"}`})
	source, err := New(Options{File: filepath.Join(dir, "t.jsonl"), Columns: Columns{Text: "alt"}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err = ingest.Run(t.Context(), source, filepath.Join(dir, "out"), ingest.Options{})
		if err == nil || !strings.Contains(err.Error(), "no row has the column alt; the columns are caption, x") {
			t.Errorf("%v", err)
		}
	}
	if _, err := shards.Open(filepath.Join(dir, "out")); err == nil {
		t.Error("a dataset was made")
	}
	got, _ := told(t, dir, Options{File: "u.jsonl", Columns: Columns{Text: "caption"}})
	if last := got[len(got)-1]; len(got) != 6 || last != "u.jsonl:6 | last" {
		t.Errorf("%q", got)
	}
}

// Keys and origins do not depend on how the path of a table or of an image was typed: the same rows
// are duplicates.
func TestTable_KeysDoNotDependOnSpelling(t *testing.T) {
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"t.csv": "file,caption\na.png,a\n./a.png,b\nnone.png,c\n,d\n", "a.png": string(ingesttest.PNG(1)), "u.csv": "file,caption\nDIR/a.png,a\n"})
	ingesttest.WriteFiles(t, dir, map[string]string{"u.csv": "file,caption\n" + filepath.Join(dir, "a.png") + ",a\n"})
	t.Chdir(dir)
	for i, file := range []string{"t.csv", "./t.csv", filepath.Join(dir, "t.csv"), "u.csv"} {
		source, err := New(Options{File: file, Columns: Columns{Image: "file", Text: "caption"}})
		if err != nil {
			t.Fatal(err)
		}
		stat, err := ingest.Run(t.Context(), source, "out", ingest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 && (stat.Rows != 2 || stat.Rejected != 2) || i > 0 && (stat.Rows != 0 || stat.Rejected != 0) {
			t.Errorf("%s: %+v", file, stat.Stat)
		}
	}
}

func TestTable_ReadsFieldsListsAndQuestions(t *testing.T) {
	line := `{"file": "a.png", "captions": [{"text": "a cat"}, {"text": "a dog"}], "meta": {"q": "what?", "kind": "x"}, "answers": "[\"cat\", \"dog\"]", "rest": 1}`
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"t.jsonl": line + "\n", "a.png": string(ingesttest.PNG(1))})
	source, err := New(Options{File: filepath.Join(dir, "t.jsonl"),
		Columns: Columns{Image: "file", Text: "captions/text", Question: "meta/q", Answers: "answers", Keep: []string{"meta/kind"}}})
	samples, stat, _ := ingesttest.Ingest(t, source, err)
	s := samples["a.png"]
	if len(s.Texts) != 2 || s.Texts[1].Value != "a dog" || len(s.Questions) != 1 || len(s.Questions[0].Answers) != 2 || s.Metadata["meta/kind"] != "x" ||
		!bytes.Equal(s.Images[0].Bytes, ingesttest.PNG(1)) || stat.LeftOut[shards.LeftColumn] != 1 {
		t.Errorf("%+v %+v", s, stat)
	}
}

func TestTable_MakesTextsOfNames(t *testing.T) {
	dir := t.TempDir()
	ingesttest.WriteFiles(t, dir, images(1))
	ingesttest.WriteFiles(t, dir, map[string]string{"old boats/sail_boat-3.png": string(ingesttest.PNG(7)), "t.csv": "file,caption\nold boats/sail_boat-3.png,\nimg/0.png,\nimg/0.png,a text\n"})
	table := Options{File: filepath.Join(dir, "t.csv"), Columns: Columns{Image: "file", Text: "caption"}, TextFrom: nametext.FromFilename}
	got, left := told(t, dir, table)
	expect(t, got, "old boats/sail_boat-3.png | sail boat", "img/0.png", "img/0.png#3 | a text")
	if !slices.Contains(left, "text img/0.png (its file's name says nothing)") {
		t.Errorf("%q", left)
	}
	table.TextFrom = nametext.FromFolder
	got, _ = told(t, dir, table)
	expect(t, got, "old boats/sail_boat-3.png | old boats", "img/0.png", "img/0.png#3 | a text")
}

func TestTable_ReadsCSV(t *testing.T) {
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{
		"img/a.png": string(ingesttest.PNG(1)), "img/b.png": string(ingesttest.PNG(2)),
		"t.csv":   "\xef\xbb\xbfpath,alt,lang\nimg/a.png,\"a, \"\"cat\"\"\",en\nimg/b.png,ein Hund,de\nimg/c.png,gone,en\n../x.png,out,en\nimg/a.png,again,en\nshort\n",
		"t.jsonl": `{"alt":"text only","n":7}` + "\n\n{broken\n" + `{"alt":"second"}` + "\n",
	})
	source, err := New(Options{File: filepath.Join(dir, "t.csv"), Columns: Columns{Image: "path", Text: "alt", Language: "lang"}})
	samples, stat, reasons := ingesttest.Ingest(t, source, err)
	if stat.Rows != 3 || stat.Rejected != 3 || stat.Duplicates != 0 || stat.Languages["de"] != 1 || samples["img/a.png#5"].Texts[0].Value != "again" {
		t.Errorf("counted %+v, rejected %v", stat, reasons)
	}
	if a := samples["img/a.png"]; a.Texts[0].Value != `a, "cat"` {
		t.Errorf("a: %+v", a)
	}
	if reasons["../x.png"] != ingest.Outside || reasons["img/c.png"] != ingest.NoImage {
		t.Errorf("reasons %v", reasons)
	}
	source, err = New(Options{File: filepath.Join(dir, "t.jsonl"), Columns: Columns{Text: "alt"}})
	samples, stat, _ = ingesttest.Ingest(t, source, err)
	if stat.Rows != 2 || stat.Rejected != 1 || samples["t.jsonl:1"].Texts[0].Value != "text only" {
		t.Errorf("JSON lines: %+v %+v", stat, samples)
	}
	_, err = New(Options{File: filepath.Join(dir, "t.csv"), Columns: Columns{Text: "caption"}})
	if err == nil || !strings.Contains(err.Error(), `no column "caption"; its columns are path, alt, lang`) {
		t.Errorf("missing column: %v", err)
	}
}

func TestTable_ReadsParquetImageStructs(t *testing.T) {
	type hfImage struct {
		Bytes []byte `parquet:"bytes"`
		Path  string `parquet:"path"`
	}
	type row struct {
		Image hfImage `parquet:"image"`
		Text  string  `parquet:"text"`
		ID    int64   `parquet:"id"`
	}
	file := filepath.Join(t.TempDir(), "t.parquet")
	if err := parquet.WriteFile(file, []row{{hfImage{ingesttest.PNG(1), "x"}, "one", 11}, {hfImage{nil, ""}, "two", 12}}); err != nil {
		t.Fatal(err)
	}
	source, err := New(Options{File: file, Columns: Columns{Image: "image", Text: "text", ID: "id"}})
	samples, stat, reasons := ingesttest.Ingest(t, source, err)
	if stat.Rows != 1 || samples["11"].Texts[0].Value != "one" || reasons["12"] != ingest.NoImage {
		t.Errorf("%+v %v %v", stat, samples, reasons)
	}
}

// FuzzTable looks for tables that crash their reader, or of which a part of the rows is lost after
// a resume.
func FuzzTable(f *testing.F) {
	f.Add([]byte("a,b\n1,x\n\"2,y\n"), uint8(0))
	f.Add([]byte("a\tb\n1\t\"x\n"), uint8(1))
	f.Add([]byte(`{"a":"data:image/png;base64,AAAA","b":["x",1,{"y":2}]}`+"\n{\n[]\n"), uint8(2))
	f.Add([]byte("http://x\n\nhttp://y"), uint8(3))
	f.Add([]byte("\xef\xbb\xbfa,b\r\n\x00,\xff\r\n"), uint8(0))
	f.Fuzz(func(t *testing.T, content []byte, kind uint8) {
		path := filepath.Join(t.TempDir(), "t"+[]string{".csv", ".tsv", ".jsonl", ".txt", ".csv.gz", ".parquet"}[kind%6])
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		columns := Columns{Image: "a", Text: "b"}
		if kind%6 == 3 {
			columns = Columns{Image: "url"}
		}
		table, err := New(Options{File: path, Columns: columns})
		if err != nil {
			return
		}
		count := func(n int64) (records int64) {
			for record := range table.Records(t.Context(), ingest.After(n)) {
				if completed := ingest.Complete(record, ingest.Options{}); completed.Err == nil && completed.Sample.Key == "" {
					t.Error("a good record without a key")
				}
				records++
			}
			return records
		}
		if all := count(0); all > 0 && count(all/2) != all-all/2 {
			t.Errorf("%d records, after %d there are %d", all, all/2, count(all/2))
		}
	})
}
