package tabular

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkTableRows reads tables of 20,000 rows; it tells megabytes and rows a second.
func BenchmarkTableRows(b *testing.B) {
	const n = 20_000
	header := []string{"file", "caption", "license", "lang"}
	for _, kind := range []string{"csv", "quoted.csv", "tsv", "jsonl"} {
		var s strings.Builder
		line := func(fields []string) {
			switch kind {
			case "csv":
				s.WriteString(strings.Join(fields, ",") + "\n")
			case "quoted.csv":
				s.WriteString(`"` + strings.Join(fields, `","`) + "\"\n")
			case "tsv":
				s.WriteString(strings.Join(fields, "\t") + "\n")
			}
		}
		line(header)
		for i := range n {
			fields := []string{fmt.Sprintf("images/%05d/%09d.jpg", i/1000, i), fmt.Sprintf("a photograph of number %d beside a river; late summer", i), "CC-BY", "en"}
			if kind == "jsonl" {
				fmt.Fprintf(&s, "{\"file\": %q, \"caption\": %q, \"license\": %q, \"lang\": %q}\n", fields[0], fields[1], fields[2], fields[3])
				continue
			}
			line(fields)
		}
		file := filepath.Join(b.TempDir(), "t."+kind)
		if err := os.WriteFile(file, []byte(s.String()), 0o644); err != nil {
			b.Fatal(err)
		}
		b.Run(kind, func(b *testing.B) {
			b.SetBytes(int64(s.Len()))
			b.ReportAllocs()
			for b.Loop() {
				if got := readAll(b, file); got != n {
					b.Fatalf("%d rows", got)
				}
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func readAll(b *testing.B, file string) (n int) {
	rows, err := openRows(nil, file, nil, Dialect{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.close()
	if _, err := rows.columns(); err != nil {
		b.Fatal(err)
	}
	for {
		switch _, err := rows.next(); {
		case errors.Is(err, errEnd):
			return n
		case err != nil:
			b.Fatal(err)
		}
		n++
	}
}
