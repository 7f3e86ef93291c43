package benchmarks

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// WriteMarkdown writes the page docs/benchmarks.md.
func (t Table) WriteMarkdown(w io.Writer) error {
	var out strings.Builder
	out.WriteString(pageBegin)
	out.WriteString("| benchmark | task | metrics | slices | one value per | resampled by |\n|---|---|---|---|---|---|\n")
	for n := range t {
		b := &t[n]
		var metrics, slices []string
		for _, m := range b.Metrics {
			metrics = append(metrics, "`"+m.Name+"`")
		}
		for _, s := range b.Slices {
			slices = append(slices, s.Name)
		}
		if len(metrics) == 0 {
			metrics = []string{"not scored: " + b.Missing}
		}
		fmt.Fprintf(&out, "| [%s](#%s) | %s | %s | %s | %s | %s |\n", b.Name, b.Name, b.Task, strings.Join(metrics, ", "), strings.Join(slices, ", "), b.Unit, b.Cluster)
	}
	t.writeProtocols(&out)
	for n := range t {
		t[n].writeSection(&out)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

const pageBegin = `# Benchmarks

What ` + "`pali3 eval --bench NAME`" + ` scores. This page is written from the values in evalsuite/benchmarks
(` + "`pali3 eval --list --json`" + ` prints the same), and a test compares them. [Scoring](evaluation.md) explains the command.

The size of a split says whether a file is complete. One that is *not verified* is from memory: whether a score on that
split is comparable with published ones is then unknown. The JSON has the sources of the others.

Published scores are for comparison. *Verified* ones were read in a primary source, *secondary* ones in a listing or in
notes about the paper.

`

// writeProtocols writes which file each protocol's rule for a benchmark is from.
func (t Table) writeProtocols(out *strings.Builder) {
	out.WriteString(protocolsBegin)
	names := []string{LMMsEval, VLMEvalKit, BigVision, LLaVA, Lenient}
	fmt.Fprintf(out, "| benchmark | metric | %s | %s |\n|---|---|---|%s\n", Official, strings.Join(names, " | "), strings.Repeat("---|", len(names)))
	for n := range t {
		b := &t[n]
		if len(b.Protocols) == 0 {
			continue
		}
		cells := []string{"[" + b.Name + "](#" + b.Name + ")", "`" + b.Metrics[0].Name + "`", b.Metrics[0].Source}
		for _, name := range names {
			cell := ""
			if at := slices.IndexFunc(b.Protocols, func(p Protocol) bool { return p.Name == name }); at >= 0 {
				cell = b.Protocols[at].Metrics[0].Source
			}
			cells = append(cells, cell)
		}
		fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
	}
}

const protocolsBegin = `
## Protocols

Programs score the same predictions by different rules. ` + "`--protocol NAME`" + ` scores by another rule beside the owner's and
counts the questions on which the two differ; ` + "`--protocol all`" + ` takes every one. The table names the file that each rule is
from, in the repository of the program; each rule is compared with that file. ` + "`lenient`" + ` is ours: it stands beside the
owner's score and never replaces it.

Some programs draw an answer at random where they cannot read one (lmms-eval and the owners of MMMU and ScienceQA). Here
such a prediction is wrong by every rule, and counted under ` + "`unparsed`" + ` with the reason.

`

// writeSection writes what is known of one benchmark.
func (b *Benchmark) writeSection(out *strings.Builder) {
	fmt.Fprintf(out, "\n## %s\n\n%s.\n\n", b.Name, b.About)
	if b.Layout != "" {
		fmt.Fprintf(out, "- Files: the layout `%s` of `pali3 ingest benchmark`\n", b.Layout)
	}
	if len(b.Splits) > 0 {
		var splits []string
		for _, s := range b.Splits {
			if s.N > 0 {
				splits = append(splits, fmt.Sprintf("%s (%d%s)", s.Name, s.N, map[bool]string{true: ", not verified"}[s.Confidence == ""]))
			} else {
				splits = append(splits, s.Name)
			}
		}
		fmt.Fprintf(out, "- Splits: %s\n", strings.Join(splits, ", "))
	}
	for _, m := range b.Metrics {
		fmt.Fprintf(out, "- `%s`: %s. Rule: %s\n", m.Name, m.About, m.Source)
	}
	if len(b.Metrics) == 0 {
		fmt.Fprintf(out, "- Not scored: %s\n", b.Missing)
	}
	for _, p := range b.Protocols {
		var names []string
		for _, m := range p.Metrics {
			names = append(names, "`"+m.Name+"`")
		}
		fmt.Fprintf(out, "- `--protocol %s`: %s: %s. Rule: %s\n", p.Name, strings.Join(names, ", "), p.Metrics[0].About, p.Metrics[0].Source)
	}
	fmt.Fprintf(out, "- Intervals resample by %s; one value per %s\n", b.Cluster, b.Unit)
	if b.Prompt != "" {
		fmt.Fprintf(out, "- Prompt: `%s`, ops `%s`, %s\n", strings.ReplaceAll(b.Prompt, "\n", `\n`), strings.ReplaceAll(b.Ops, "|", `\|`), b.Decoding)
	}
	if b.Submission.ID != "" {
		fmt.Fprintf(out, "- Predictions: `%s` and `%s`, or `id` and `prediction`", b.Submission.ID, b.Submission.Text)
		if b.Submission.Source != "" {
			fmt.Fprintf(out, " (%s)", b.Submission.Source)
		}
		out.WriteString("\n")
	}
	if len(b.Published) == 0 {
		return
	}
	out.WriteString("\n| published | split | metric | score | confidence |\n|---|---|---|---|---|\n")
	for _, p := range b.Published {
		model, value := p.Model, strconv.FormatFloat(p.Value, 'f', -1, 64)
		if p.Note != "" {
			model += ", " + p.Note
		}
		fmt.Fprintf(out, "| %s | %s | `%s` | %s | %s: %s |\n", model, p.Split, p.Metric, value, p.Confidence, p.Source)
	}
}

// String describes the decoding.
func (d Decoding) String() string {
	if d.Beams > 1 {
		return fmt.Sprintf("beam search with %d beams, alpha %g, at most %d tokens", d.Beams, d.Alpha, d.MaxTokens)
	}
	return fmt.Sprintf("greedy, at most %d tokens", d.MaxTokens)
}
