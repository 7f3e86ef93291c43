package input

import "github.com/pali3/pali3/shards"

// LeftFiles lists files that a source does not read: it names the first ones and counts the others.
type LeftFiles []shards.LeftOut

func (l *LeftFiles) Add(name string) {
	switch n := len(*l); {
	case n < shards.MaxLeftOutNames:
		*l = append(*l, shards.LeftOut{Reason: shards.LeftFile, Name: name, N: 1})
	case n == shards.MaxLeftOutNames:
		*l = append(*l, shards.LeftOut{Reason: shards.LeftFile, N: 1})
	default:
		(*l)[n-1].N++
	}
}
