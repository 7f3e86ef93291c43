package cli

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// printStat prints the counts of a dataset or an ingestion.
func (con *console) printStat(s shards.Stat, asJSON bool) error {
	s.Add(shards.Stat{}) // empty maps print as {}
	if asJSON {
		return con.printJSON(s)
	}
	for _, line := range []struct {
		name  string
		value int64
	}{{"rows", s.Rows}, {"images", s.Images}, {"texts", s.Texts}, {"questions", s.Questions}, {"bytes", s.Bytes},
		{"rejected", s.Rejected}, {"duplicates", s.Duplicates}} {
		con.printf("%-11s%d\n", line.name, line.value)
	}
	if s.Updated > 0 {
		con.printf("%-11s%d\n", "updated", s.Updated)
	}
	printCounts(con.out, "languages", s.Languages)
	printCounts(con.out, "splits", s.Splits)
	printLeftOut(con.out, s)
	return nil
}

// leftOutHints says how to include what was left out for a reason.
var leftOutHints = map[string]string{
	shards.LeftColumn: "to read them, use flags such as --image-column, --text-column and --question-column; see --help",
}

// printLeftOut prints which parts of records were left out: one line per reason, with the first
// names.
func printLeftOut(w io.Writer, s shards.Stat) {
	for _, reason := range slices.Sorted(maps.Keys(s.LeftOut)) {
		n, names := s.LeftOut[reason], s.LeftOutFirst[reason]
		title, line := "left out", fmt.Sprintf("%s %d", reason, n)
		if reason == shards.LeftLanguage { // their texts are kept
			title, line = "respelled", fmt.Sprintf("%d language codes", n)
		}
		if len(names) > 0 {
			line += ": " + strings.Join(names, ", ")
		}
		if len(names) == shards.MaxLeftOutNames && n > int64(len(names)) {
			line += ", ..."
		}
		fmt.Fprintf(w, "%-11s%s\n", title, line)
		if hint := leftOutHints[reason]; hint != "" {
			fmt.Fprintf(w, "%-11s%s\n", "", hint)
		}
	}
}

// printCounts prints names with their counts, highest first.
func printCounts(w io.Writer, title string, of map[string]int64) {
	if len(of) > 0 {
		fmt.Fprintf(w, "%-11s%s\n", title, counts(of))
	}
}

// counts lists names with their counts, highest first.
func counts(of map[string]int64) string {
	names := slices.SortedFunc(maps.Keys(of), func(a, b string) int {
		return cmp.Or(cmp.Compare(of[b], of[a]), strings.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, of[name])
	}
	return strings.Join(names, ", ")
}

// plural returns a count with its noun in the singular or plural.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
