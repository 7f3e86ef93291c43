// Command family is pali3 with a family of models of its own, which has no attention at all: see
// bag.go. Its recipes say `family: bag`; train, eval, forward and the other commands work with it:
//
//	family train --recipe bag.yaml --out run
//	family eval --model run --data colours
package main

import "github.com/pali3/pali3/cli"

func main() { program().Main() }

// program is pali3 with the family.
func program() cli.Program {
	p := cli.Default()
	p.Name = "family"
	p.Families = append(p.Families, bags)
	return p
}
