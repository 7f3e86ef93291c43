package webdataset

import "github.com/pali3/pali3/shards"

// tally counts what was left out by reason and name, in order of appearance.
type tally []shards.LeftOut

// tallyNames is how many names a tally counts separately; further ones are counted by reason only.
const tallyNames = 64

func (t *tally) add(reason, name string) {
	if len(*t) >= tallyNames {
		name = ""
	}
	for i := range *t {
		if l := &(*t)[i]; l.Reason == reason && l.Name == name {
			l.N++
			return
		}
	}
	*t = append(*t, shards.LeftOut{Reason: reason, Name: name, N: 1})
}
