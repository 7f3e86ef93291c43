package contamination

import (
	"fmt"
	"io"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// WriteText writes the result as tables.
func (r *Result) WriteText(w io.Writer) error {
	var out strings.Builder
	c := r.Counts
	share := func(n int) string { return fmt.Sprintf("%8d %6.2f%%", n, 100*float64(n)/float64(max(1, c.All))) }
	fmt.Fprintf(&out, "%-22s %s\n", "items", share(c.All))
	fmt.Fprintf(&out, "%-22s %s\n", "  clean", share(c.Clean))
	fmt.Fprintf(&out, "%-22s %s\n", "  contaminated", share(c.Contaminated))
	fmt.Fprintf(&out, "%-22s %s\n", "    image", share(c.Image))
	fmt.Fprintf(&out, "%-22s %s\n", "    text", share(c.Text))
	fmt.Fprintf(&out, "%-22s %s\n", "    both in one row", share(c.Pair))
	fmt.Fprintf(&out, "\n%-22s %8s  %14s\n", "rule", "items", "training rows")
	for _, f := range r.Rules {
		fmt.Fprintf(&out, "%-22s %8d  %14d\n", f.Name, f.Items, f.Rows)
	}
	if len(r.Scores) > 0 {
		r.writeScores(&out)
	}
	out.WriteString("\n")
	for i := range r.Train {
		s := &r.Train[i]
		fmt.Fprintf(&out, "searched %s: %d rows, %d images\n", s.Dataset, s.Rows, s.Images)
	}
	for _, note := range r.Notes() {
		fmt.Fprintln(&out, note)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func (r *Result) writeScores(out *strings.Builder) {
	fmt.Fprintf(out, "\n%-22s %-13s %7s  %-19s %8s\n", "metric", "items", "score", "95% interval", "n")
	for _, s := range r.Scores {
		name := s.Metric
		line := func(of string, score metrics.Score) {
			if score.N > 0 {
				fmt.Fprintf(out, "%-22s %-13s %7.4f  %7.4f to %7.4f  %8d\n", name, of, score.Value, score.Lo, score.Hi, score.N)
				name = ""
			}
		}
		line("all", s.All)
		line("clean", s.Clean)
		line("contaminated", s.Contaminated)
		for _, kind := range []string{Image, Text, Pair} {
			line("  "+kind, s.Kinds[kind])
		}
		line("difference", s.Difference)
		line("raised by", s.Raised)
	}
	out.WriteString("difference: contaminated less clean; raised by: all less clean\n")
}

// Notes says what was not searched, and for which items the result says little.
func (r *Result) Notes() (notes []string) {
	add := func(t Tally, what, so string) {
		if t.Count > 0 {
			notes = append(notes, fmt.Sprintf("%d %s, for example %s: %s", t.Count, what, t.First[0], so))
		}
	}
	for i := range r.Train {
		s := &r.Train[i]
		add(s.Unread, "rows of "+s.Dataset+" cannot be read", "they were not searched, so clean items may be in them")
		add(s.Undecodable, "images of "+s.Dataset+" do not decode", "they were compared by their bytes only")
		add(s.GivenUp, "texts or images of "+s.Dataset+" are like too much of the benchmark", "they were not compared with all of it")
		if s.OtherSplits > 0 {
			notes = append(notes, fmt.Sprintf("%d rows of %s are of other splits and were left out", s.OtherSplits, s.Dataset))
		}
	}
	add(r.Undecodable, "images of the benchmark do not decode", "they were searched for by their bytes only")
	add(r.Unreadable, "records of the benchmark cannot be read", "they were not searched for")
	if n := r.Counts.NoImage; n > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d items have no image here: only their texts were searched for", n, r.Counts.All))
	}
	if n := r.Counts.Unjudged; n > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d items have only texts of fewer than 8 words: these count only in a row with the image", n, r.Counts.All))
	}
	if r.Unscored != nil {
		add(*r.Unscored, "items have no score", "they are not in the scores")
	}
	return notes
}
