package shards

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRows(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 0, 300, Limits{PartBytes: 30_000, GroupBytes: 9_000})
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	numbers := make([]int, 1000)
	for i := range numbers {
		numbers[i] = rand.IntN(d.Len())
	}
	i := 0
	for got, err := range d.Rows(numbers) {
		if err != nil {
			t.Fatal(err)
		}
		want, err := d.Row(numbers[i])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("row %d (-Row +Rows):\n%s", numbers[i], diff)
		}
		i++
	}
	if i != len(numbers) {
		t.Errorf("%d rows, want %d", i, len(numbers))
	}
	numbers[500] = d.Len()
	i = 0
	for _, err := range d.Rows(numbers) {
		if (err != nil) != (i == 500) {
			t.Fatalf("row %d: %v", i, err)
		}
		i++
	}
	if i != 501 {
		t.Errorf("ended after %d rows", i)
	}
	for range d.Rows(numbers) {
		break // the readers end
	}
}
