package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/pali3/pali3/shards"
)

// commandLine is the command line of this process as a shell takes it.
func commandLine() string {
	words := []string{"pali3"}
	for _, word := range os.Args[1:] {
		words = append(words, quoted(word))
	}
	return strings.Join(words, " ")
}

// quoted is a word as a shell takes it.
func quoted(word string) string {
	if word == "" || strings.ContainsFunc(word, func(r rune) bool {
		return !strings.ContainsRune("-_./:=,@%+", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

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
	if s.Updated > 0 {
		fmt.Printf("%-11s%d\n", "updated", s.Updated)
	}
	printCounts(os.Stdout, "languages", s.Languages)
	printCounts(os.Stdout, "splits", s.Splits)
	printLeftOut(os.Stdout, s)
	return nil
}

// leftOutHints says what would take in what was left out for a reason.
var leftOutHints = map[string]string{
	shards.LeftColumn: "flags such as --image-column, --text-column and --question-column take columns; see --help",
}

// printLeftOut prints what was left out below the records: a line a reason, with the first few
// names.
func printLeftOut(w io.Writer, s shards.Stat) {
	for _, reason := range slices.Sorted(maps.Keys(s.LeftOut)) {
		n, names := s.LeftOut[reason], s.LeftOutFirst[reason]
		title, line := "left out", fmt.Sprintf("%s %d", reason, n)
		if reason == shards.LeftLanguage { // the texts are there
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

// printCounts prints names with their counts, most first.
func printCounts(w io.Writer, title string, of map[string]int64) {
	if len(of) > 0 {
		fmt.Fprintf(w, "%-11s%s\n", title, counts(of))
	}
}

// counts lists names with their counts, most first.
func counts(of map[string]int64) string {
	names := slices.SortedFunc(maps.Keys(of), func(a, b string) int {
		return cmp.Or(cmp.Compare(of[b], of[a]), strings.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, of[name])
	}
	return strings.Join(names, ", ")
}
