package cli

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/pali3/pali3/mixture"
)

// mixStats is what --stats prints as JSON.
type mixStats struct {
	Recipe string `json:"recipe"`
	mixture.Stats
	// Skipped tells which samples could not be used.
	Skipped mixture.Skipped `json:"skipped"`
}

// printStats counts what the batches of the steps hold.
func (c mixCommand) printStats(ctx context.Context, con *console, stream *mixture.Stream) error {
	from, to := c.first(), c.Steps.to
	line := con.progress("counting", "steps", int64(to-from))
	stats, err := stream.Stats(ctx, from, to, func(step int) { line.Set(int64(step-from+1), 0) })
	line.Clear()
	if err != nil {
		return err
	}
	all := mixStats{Recipe: c.Recipe, Stats: stats, Skipped: stream.Skipped()}
	if c.JSON {
		return con.printJSON(all)
	}
	con.printf("%s: %d examples of steps %d:%d\n\n", c.Recipe, stats.Examples, from, to)
	if err := printTasks(con, stats.Tasks); err != nil {
		return err
	}
	con.printf("\n")
	for _, t := range stats.Tasks {
		if len(t.Languages) > 0 {
			con.printf("languages of %s: %s\n", t.Name, languageCounts(t.Languages))
		}
	}
	all.printNotes(con)
	return nil
}

// printTasks prints a table with a row for each task.
func printTasks(con *console, tasks []mixture.TaskStats) error {
	table := tabwriter.NewWriter(con.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "task\tshare\tasked\texamples\tof samples\tepochs\timages\tencoder ids\tp50\tp95\tmax\tdecoder ids\tp50\tp95\tmax\ttruncated\tunknown\t")
	for _, t := range tasks {
		fmt.Fprintf(table, "%s\t%.2f%%\t%.2f%%\t%d\t%d\t%.2f\t%.2f\t%.1f\t%d\t%d\t%d\t%.1f\t%d\t%d\t%d\t%.1f%%\t%.2f%%\t\n",
			t.Name, 100*t.Met, 100*t.Asked, t.Examples, t.Samples, t.Epochs, t.Images,
			t.Encoder.Mean, t.Encoder.P50, t.Encoder.P95, t.Encoder.Max, t.Decoder.Mean, t.Decoder.P50, t.Decoder.P95, t.Decoder.Max,
			100*t.Truncated, 100*t.Unknown)
	}
	return table.Flush()
}

// languageCounts lists languages with their counts, highest first.
func languageCounts(counted map[string]int) string {
	names := map[string]int64{}
	for language, n := range counted {
		if language == "" {
			language = "unknown"
		}
		names[language] += int64(n)
	}
	return counts(names)
}

// printNotes prints what a reader should look into.
func (s mixStats) printNotes(con *console) {
	for _, t := range s.Tasks {
		if t.Truncated > 0 {
			con.printf("%s: %.1f%% of the examples are truncated, by %d ids in all; raise lengths.*\n", t.Name, 100*t.Truncated, t.TruncatedIDs)
		}
	}
	if s.Repeated > 0 {
		con.printf("%d examples repeat a sample that an earlier row of the same batch has for the same task\n", s.Repeated)
	}
	if s.RepeatedImages > s.Repeated {
		con.printf("%d examples share their sample with an earlier row of the same batch, for any task\n", s.RepeatedImages)
	}
	if s.Skipped.Samples > 0 {
		con.printf("%s\n", s.Skipped)
	}
}
