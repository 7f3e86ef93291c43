// Command command is pali3 with additions of its own: a source (diary), a kind of task (species),
// an image op (negative), a curation rule (few_words), a benchmark (species) and a metric
// (caption_named). It runs like pali3, whose commands it has:
//
//	command ingest diary diary.txt --to birds
//	command curate birds --recipe curate.yaml --to good
//	command mix --recipe species.yaml --set data=good --dump
package main

import (
	"github.com/pali3/pali3/cli"
	"github.com/pali3/pali3/webli"
)

func main() { program().Main() }

// program is pali3 with what this package adds.
func program() cli.Program {
	p := cli.Default()
	p.Name = "command"
	p.Sources = append(p.Sources, diarySource)
	p.Kinds = append(p.Kinds, speciesKind)
	p.Ops = append(p.Ops, negativeOp)
	p.Rules = webli.Rules{"few_words": fewWords{Least: 2}}
	p.Benchmarks = append(p.Benchmarks, speciesBenchmark)
	p.Metrics = append(p.Metrics, namedMetric)
	return p
}
