package turns

import (
	"fmt"
	"testing"
)

// fair returns a task that has every n-th turn of a stream: the j-th one in slots (j-1)·n+1 to j·n.
func fair(number, turns, n int) Task {
	return Task{number, turns, func(turn int) int { return turn*n + 1 }, func(turn int) int { return (turn + 1) * n }}
}

func ExampleNewBlock() {
	b := NewBlock(100, 8, []int{50, 30, 20}, []Task{fair(0, 4, 2), fair(1, 2, 4), fair(2, 2, 4)})
	for position := 100; b.Holds(position); position++ {
		task, before := b.At(position)
		fmt.Printf("%d:%d ", task, before)
	}
	// Output: 0:50 1:30 0:51 2:20 0:52 1:31 0:53 2:21
}

func TestNewBlock_GivesEverySlotWhereNoTurnMayCome(t *testing.T) {
	late := Task{0, 2, func(int) int { return 3 }, func(int) int { return 4 }}
	b := NewBlock(0, 3, []int{0, 0}, []Task{late, fair(1, 1, 3)})
	if n := b.Turns(0) + b.Turns(1); n != 3 || b.Turns(0) != 2 {
		t.Errorf("%d turns", n)
	}
}

func TestBlocks_KeepsTwo(t *testing.T) {
	var kept Blocks
	made := 0
	of := func(position int) {
		if b, err := kept.Of(position, func() (*Block, error) {
			made++
			return NewBlock(position/10*10, 10, []int{0}, []Task{fair(0, 10, 1)}), nil
		}); err != nil || !b.Holds(position) {
			t.Errorf("position %d: %v", position, err)
		}
	}
	for _, position := range []int{3, 12, 9, 10, 3} {
		of(position)
	}
	of(25)
	of(12)
	if made != 4 {
		t.Errorf("%d blocks were made, want 4", made)
	}
}
