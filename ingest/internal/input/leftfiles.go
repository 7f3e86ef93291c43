package input

import "github.com/pali3/pali3/shards"

// LeftFiles are files that a source does not read: the first are named, the others counted.
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
