package ingest

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/pali3/pali3/shards"
)

func tiny(n int) []byte {
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	m.SetGray(n%8, n/8%8, color.Gray{Y: uint8(n)})
	var b bytes.Buffer
	png.Encode(&b, m)
	return b.Bytes()
}

func put(t testing.TB, dir string, files map[string]string) string {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// rows ingests and returns the dataset's rows by key, with what was counted.
func rows(t *testing.T, source Source, err error) (map[string]shards.Sample, Summary, map[string]string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	stat, err := Run(t.Context(), source, dir, Options{Command: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if problems, err := shards.Verify(dir, true); err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	d, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	samples, reasons := map[string]shards.Sample{}, map[string]string{}
	for s, err := range d.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		samples[s.Key] = s
	}
	for r := range d.Rejects() {
		reasons[r.Key] = r.Reason
	}
	return samples, stat, reasons
}

func TestFolder(t *testing.T) {
	dir := put(t, t.TempDir(), map[string]string{
		"a.png": string(tiny(1)), "a.txt": "a cat\n",
		"sub/b.png": string(tiny(2)), "sub/metadata.jsonl": `{"file_name":"b.png","caption":"a dog","lens":"50mm"}` + "\n",
		"c.png": string(tiny(3)), "c.json": `{"texts":[{"kind":"caption","language":"fr","value":"un oiseau"}],"split":"held_out"}`,
		"page.jpg": "<html>", "cut.png": string(tiny(4)[:40]), "notes.md": "no image",
		"bad.png": string(tiny(5)), "bad.json": "{",
	})
	os.Symlink("/etc/hostname", filepath.Join(dir, "link.png"))
	source, err := NewFolder(dir, "en")
	samples, stat, reasons := rows(t, source, err)
	if stat.Rows != 3 || stat.Rejected != 4 || stat.Languages["en"] != 2 || stat.Languages["fr"] != 1 || stat.Splits["held_out"] != 1 {
		t.Errorf("counted %+v, rejected %v", stat, reasons)
	}
	if b := samples["sub/b.png"]; len(b.Texts) != 1 || b.Texts[0].Value != "a dog" || b.Metadata["lens"] != "50mm" || b.Images[0].Width != 8 {
		t.Errorf("b: %+v", b)
	}
	for key, reason := range map[string]string{"page.jpg": BadImage, "cut.png": BadImage, "bad.png": BadText, "link.png": Unreadable} {
		if reasons[key] != reason {
			t.Errorf("%s rejected for %q, want %q", key, reasons[key], reason)
		}
	}
}

func TestTable(t *testing.T) {
	dir := put(t, t.TempDir(), map[string]string{
		"img/a.png": string(tiny(1)), "img/b.png": string(tiny(2)),
		"t.csv":   "\xef\xbb\xbfpath,alt,lang\nimg/a.png,\"a, \"\"cat\"\"\",en\nimg/b.png,ein Hund,de\nimg/c.png,gone,en\n../x.png,out,en\nimg/a.png,again,en\nshort\n",
		"t.jsonl": `{"alt":"text only","n":7}` + "\n\n{broken\n" + `{"alt":"second"}` + "\n",
	})
	source, err := NewTable(Table{File: filepath.Join(dir, "t.csv"), Columns: Columns{Image: "path", Text: "alt", Language: "lang"}})
	samples, stat, reasons := rows(t, source, err)
	if stat.Rows != 3 || stat.Rejected != 3 || stat.Duplicates != 0 || stat.Languages["de"] != 1 || samples["img/a.png#5"].Texts[0].Value != "again" {
		t.Errorf("counted %+v, rejected %v", stat, reasons)
	}
	if a := samples["img/a.png"]; a.Texts[0].Value != `a, "cat"` {
		t.Errorf("a: %+v", a)
	}
	if reasons["../x.png"] != Outside || reasons["img/c.png"] != NoImage {
		t.Errorf("reasons %v", reasons)
	}
	source, err = NewTable(Table{File: filepath.Join(dir, "t.jsonl"), Columns: Columns{Text: "alt"}})
	samples, stat, _ = rows(t, source, err)
	if stat.Rows != 2 || stat.Rejected != 1 || samples["t.jsonl:1"].Texts[0].Value != "text only" {
		t.Errorf("JSON lines: %+v %+v", stat, samples)
	}
	_, err = NewTable(Table{File: filepath.Join(dir, "t.csv"), Columns: Columns{Text: "caption"}})
	if err == nil || !strings.Contains(err.Error(), `no column "caption"; its columns are path, alt, lang`) {
		t.Errorf("missing column: %v", err)
	}
}

func TestParquetTableWithImageStructs(t *testing.T) {
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
	if err := parquet.WriteFile(file, []row{{hfImage{tiny(1), "x"}, "one", 11}, {hfImage{nil, ""}, "two", 12}}); err != nil {
		t.Fatal(err)
	}
	source, err := NewTable(Table{File: file, Columns: Columns{Image: "image", Text: "text", ID: "id"}})
	samples, stat, reasons := rows(t, source, err)
	if stat.Rows != 1 || samples["11"].Texts[0].Value != "one" || reasons["12"] != NoImage {
		t.Errorf("%+v %v %v", stat, samples, reasons)
	}
}

// counted is a source of n records, every seventh of them bad. Three have one key: the second is
// the first again, the third is another.
type counted struct {
	n    int
	stop int                // calls cancel before this record, if above zero
	end  context.CancelFunc // of the run's context
}

func (c counted) Name() string                 { return "counted" }
func (c counted) Fingerprint() (string, error) { return "x", nil }
func (c counted) Records(context.Context) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		for i := range c.n {
			if c.stop > 0 && i == c.stop {
				c.end()
			}
			record := shards.Record{Origin: fmt.Sprint("record ", i), Sample: shards.Sample{Key: fmt.Sprint(i / 3 * 3),
				Texts: []shards.Text{{Kind: shards.Alt, Language: "en", Value: strings.Repeat("word ", 50+i%3/2)}}}}
			if i%7 == 0 {
				record = shards.Bad(fmt.Sprint("record ", i), "", "seventh", errors.New("bad"))
			}
			if !yield(record) {
				return
			}
		}
	}
}

func TestInterruptedRunsGoOn(t *testing.T) {
	limits := shards.Limits{PartBytes: 5000, GroupBytes: 1500}
	straight := filepath.Join(t.TempDir(), "straight")
	want, err := Run(t.Context(), counted{n: 200}, straight, Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	if want.Rows+want.Rejected+want.Duplicates != 200 || want.Duplicates == 0 || want.Reasons[SameKey] == 0 {
		t.Fatalf("%d rows, %d rejects, %d duplicates of 200", want.Rows, want.Rejected, want.Duplicates)
	}
	dir := filepath.Join(t.TempDir(), "cut")
	for _, stop := range []int{5, 1, 77, 150, 199} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := Run(ctx, counted{n: 200, stop: stop, end: cancel}, dir, Options{Limits: limits})
		if err == nil {
			t.Fatalf("the run stopped at %d ended well", stop)
		}
		if _, err := shards.Open(dir); err == nil {
			t.Fatal("an interrupted run left a manifest")
		}
	}
	got, err := Run(t.Context(), counted{n: 200}, dir, Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	if got.Rows != want.Rows || got.Rejected != want.Rejected || got.Duplicates != want.Duplicates || got.Languages["en"] != want.Languages["en"] || !maps.Equal(got.Reasons, want.Reasons) {
		t.Errorf("resumed %+v, straight %+v", got, want)
	}
	if problems, err := shards.Verify(dir, false); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}

// TestKilledRunsGoOn copies the folder as a kill would leave it at each record, and resumes from
// it.
func TestKilledRunsGoOn(t *testing.T) {
	limits := shards.Limits{PartBytes: 3000, GroupBytes: 1000}
	straight := filepath.Join(t.TempDir(), "straight")
	want, err := Run(t.Context(), counted{n: 60}, straight, Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "killed")
	var copies []string
	keep := func(int64, int64) {
		to := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, to)
	}
	if _, err := Run(t.Context(), counted{n: 60}, dir, Options{Limits: limits, Progress: keep}); err != nil {
		t.Fatal(err)
	}
	for i, killed := range copies {
		got, err := Run(t.Context(), counted{n: 60}, killed, Options{Limits: limits})
		if err != nil {
			t.Fatalf("killed after record %d: %v", i, err)
		}
		if got.Rows != want.Rows || got.Rejected != want.Rejected || got.Duplicates != want.Duplicates {
			t.Errorf("killed after record %d: %+v, want %+v", i, got, want)
		}
		for _, name := range []string{"part-00000.parquet", "part-00001.parquet", shards.RejectsName, shards.ManifestName} {
			a, _ := os.ReadFile(filepath.Join(straight, name))
			b, _ := os.ReadFile(filepath.Join(killed, name))
			if !bytes.Equal(a, b) {
				t.Errorf("killed after record %d: %s differs", i, name)
			}
		}
	}
}

func TestSecondRunAddsNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	if _, err := Run(t.Context(), counted{n: 30}, dir, Options{}); err != nil {
		t.Fatal(err)
	}
	stat, err := Run(t.Context(), counted{n: 30}, dir, Options{})
	if err != nil || stat.Rows != 0 || stat.Duplicates != 30 || stat.Rejected != 0 {
		t.Errorf("%+v, %v", stat, err)
	}
}

func TestStrictStopsAtTheFirstBadRecord(t *testing.T) {
	_, err := Run(t.Context(), counted{n: 30}, filepath.Join(t.TempDir(), "d"), Options{Strict: true})
	if !errors.Is(err, ErrStrict) || !strings.Contains(err.Error(), "record 0") {
		t.Errorf("error %v", err)
	}
}

func TestAnotherSourceDoesNotTakeOver(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	ctx, cancel := context.WithCancel(t.Context())
	Run(ctx, counted{n: 30, stop: 10, end: cancel}, dir, Options{})
	archive := filepath.Join(put(t, t.TempDir(), map[string]string{"a.tar": ""}), "a.tar")
	source, _ := NewWebDataset(archive)
	if _, err := Run(t.Context(), source, dir, Options{}); !errors.Is(err, ErrOtherRun) {
		t.Errorf("error %v", err)
	}
	if _, err := Run(t.Context(), source, dir, Options{Fresh: true}); err != nil {
		t.Errorf("with Fresh: %v", err)
	}
}

func base64Of(content []byte) string { return base64.StdEncoding.EncodeToString(content) }

func TestSequencesAndLabels(t *testing.T) {
	animated, err := os.ReadFile("internal/frames/testdata/keep.gif")
	if err != nil {
		t.Fatal(err)
	}
	dir := put(t, t.TempDir(), map[string]string{
		"jump/2.png": string(tiny(2)), "jump/1.png": string(tiny(1)), "jump.txt": "a jump", "run/a.gif": string(animated), "run.caption": "a run", "notes.md": "x",
	})
	source, err := NewFolder(dir, "en")
	if err != nil {
		t.Fatal(err)
	}
	source.Sequences = true
	to := filepath.Join(t.TempDir(), "d")
	stat, err := Run(t.Context(), source, to, Options{Frames: 3})
	if err != nil || stat.Rows != 2 || stat.Images != 5 || stat.Texts != 2 {
		t.Errorf("%+v, %v", stat, err)
	}
	source.Sequences, source.Labels = false, true
	samples, stat, _ := rows(t, source, nil)
	if s := samples["jump/1.png"]; stat.Rows != 3 || len(s.Texts) != 1 || s.Texts[0] != (shards.Text{Kind: shards.Title, Language: "en", Value: "jump"}) {
		t.Errorf("%+v %+v", stat, samples["jump/1.png"])
	}
}
