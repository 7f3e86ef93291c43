package doublearray

import (
	"testing"

	"github.com/pali3/pali3/random"
)

// TestBlocks_Place checks that no two nodes share a base or a unit, and that a new block is only
// added when the open ones have no room.
func TestBlocks_Place(t *testing.T) {
	for _, limits := range []Blocks{{MaxOpen: 4}, {MaxOpen: 16, MaxMisses: 64}, {MaxOpen: 1, MaxMisses: 1}} {
		r := random.New(1)
		blocks, units, bases := limits, map[uint32]bool{}, map[uint32]bool{}
		for range 20_000 {
			labels := []byte{byte(r.IntN(256))}
			for range r.IntN(3) * r.IntN(40) {
				if c := labels[len(labels)-1]; c < 250 {
					labels = append(labels, c+1+byte(r.IntN(5)))
				}
			}
			base := blocks.Place(labels)
			if bases[base] {
				t.Fatalf("%+v: base %d is given twice", limits, base)
			}
			bases[base] = true
			for _, c := range labels {
				unit := base ^ uint32(c)
				if units[unit] || int(unit) >= blocks.Len() {
					t.Fatalf("%+v: unit %d of %d is given twice or does not exist", limits, unit, blocks.Len())
				}
				units[unit] = true
			}
		}
		for unit := range uint32(blocks.Len()) {
			if blocks.IsFree(unit) == units[unit] {
				t.Fatalf("%+v: unit %d is free: %v", limits, unit, blocks.IsFree(unit))
			}
		}
		if limits.MaxOpen > 1 && len(units) < blocks.Len()/3 {
			t.Errorf("%+v: %d of %d units are in use", limits, len(units), blocks.Len())
		}
		for block := range blocks.Len() >> 8 {
			if base := blocks.UnusedBase(block); bases[base] && base != uint32(block)<<8|255 {
				t.Errorf("%+v: base %d has a node", limits, base)
			}
		}
	}
}
