package numbering

import (
	"fmt"
	"testing"
)

func TestNames_AsAMap(t *testing.T) {
	for _, room := range []int{0, 10, 5000} {
		n, want := New(room), map[string]int{}
		for i := range 20_000 {
			name := fmt.Sprint(i * 7919 % 9001)
			number, added := n.Add(name)
			before, known := want[name]
			if !known {
				before = len(want)
				want[name] = before
			}
			if number != before || added == known {
				t.Fatalf("%s: number %d, added %v; want %d", name, number, added, before)
			}
		}
		if len(n.List()) != len(want) {
			t.Errorf("%d names of %d", len(n.List()), len(want))
		}
		for name, number := range want {
			if got, ok := n.Number(name); !ok || got != number || n.List()[got] != name {
				t.Errorf("%s: %d %v, want %d", name, got, ok, number)
			}
		}
		if _, ok := n.Number("none"); ok {
			t.Error("a number of an unknown name")
		}
	}
}

func TestNames_ZeroValue(t *testing.T) {
	var n Names
	if _, ok := n.Number(""); ok {
		t.Error("a number in an empty numbering")
	}
	if number, added := n.Add(""); number != 0 || !added {
		t.Error(number, added)
	}
	if number, ok := n.Number(""); number != 0 || !ok {
		t.Error(number, ok)
	}
}

func BenchmarkNames_Add(b *testing.B) {
	ids := make([]string, 200_000)
	for i := range ids {
		ids[i] = fmt.Sprint(262_148_000 + i*7919%200_000)
	}
	for b.Loop() {
		n := New(len(ids))
		for _, id := range ids {
			n.Add(id)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(ids)), "ns/name")
}
