package benchmarks

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	layouts "github.com/pali3/pali3/ingest/benchmarks"
)

var update = flag.Bool("update", false, "write docs/benchmarks.md")

func TestBuiltin_ChecksAllValues(t *testing.T) {
	table := Builtin()
	names := table.Names()
	for n := range table {
		if err := table[n].Check(); err != nil {
			t.Error(err)
		}
	}
	for n := 1; n < len(names); n++ {
		if names[n] == names[n-1] {
			t.Errorf("two benchmarks %s", names[n])
		}
	}
	for _, layout := range layouts.Layouts() {
		if layout == "aokvqa-mc" { // the files of aokvqa with other questions, for training
			continue
		}
		if !slices.ContainsFunc(table, func(b Benchmark) bool { return b.Layout == layout }) {
			t.Errorf("no benchmark is read by %s", layout)
		}
	}
}

func TestCheck_NamesWhatIsMissing(t *testing.T) {
	whole := func() Benchmark {
		b := vqav2
		b.Metrics = slices.Clone(b.Metrics)
		return b
	}
	for want, spoil := range map[string]func(*Benchmark){
		"no Unit":                 func(b *Benchmark) { b.Unit = "" },
		"no Cluster":              func(b *Benchmark) { b.Cluster = "" },
		"no Source":               func(b *Benchmark) { b.Metrics[0].Source = "" },
		"no Name":                 func(b *Benchmark) { b.Name = "" },
		"no About":                func(b *Benchmark) { b.About = "" },
		"no Metrics":              func(b *Benchmark) { b.Metrics = nil },
		"one of Each, All, Sta":   func(b *Benchmark) { b.Metrics[0].Each = nil },
		"Layout \"vqa\" is not":   func(b *Benchmark) { b.Layout = "vqa" },
		"give a Layout or Read":   func(b *Benchmark) { b.Layout = "" },
		"Task \"\" is none":       func(b *Benchmark) { b.Task = "" },
		"two metrics":             func(b *Benchmark) { b.Metrics = append(b.Metrics, b.Metrics[0]) },
		"without Name or Of":      func(b *Benchmark) { b.Slices = []Slice{{Name: "x"}} },
		"confidence \"perhaps\"":  func(b *Benchmark) { b.Published = []Published{{Confidence: "perhaps"}} },
		"name has lower-case let": func(b *Benchmark) { b.Metrics[0].Name = "BLEU-4" },
	} {
		b := whole()
		if err := b.Check(); err != nil {
			t.Fatal(err)
		}
		spoil(&b)
		if err := b.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestWriteMarkdown_IsThePage compares docs/benchmarks.md with the values; -update writes it.
func TestWriteMarkdown_IsThePage(t *testing.T) {
	const path = "../../docs/benchmarks.md"
	var page bytes.Buffer
	if err := Builtin().WriteMarkdown(&page); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, page.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	there, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(there, page.Bytes()) {
		t.Error("docs/benchmarks.md differs from the values: run go test ./evalsuite/benchmarks -run Markdown -update")
	}
}
