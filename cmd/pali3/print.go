package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// printJSON prints one object on standard output.
func printJSON(v any) error {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// printStat prints what was counted.
func printStat(s shards.Stat, asJSON bool) error {
	s.Add(shards.Stat{}) // empty maps print as {}
	if asJSON {
		return printJSON(s)
	}
	for _, line := range []struct {
		name  string
		value int64
	}{{"rows", s.Rows}, {"images", s.Images}, {"texts", s.Texts}, {"questions", s.Questions}, {"bytes", s.Bytes},
		{"rejected", s.Rejected}, {"duplicates", s.Duplicates}} {
		fmt.Printf("%-11s%d\n", line.name, line.value)
	}
	printCounts(os.Stdout, "languages", s.Languages)
	printCounts(os.Stdout, "splits", s.Splits)
	return nil
}

// printCounts prints names with their counts, most first.
func printCounts(w io.Writer, title string, counts map[string]int64) {
	if len(counts) == 0 {
		return
	}
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if counts[a] != counts[b] {
			return int(counts[b] - counts[a])
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%s %d", name, counts[name]))
	}
	fmt.Fprintf(w, "%-11s%s\n", title, strings.Join(parts, ", "))
}
