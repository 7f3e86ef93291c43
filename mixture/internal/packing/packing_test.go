package packing

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want string
	}{
		{Config{DecoderLength: 1, Window: 1}, "encoder's length is 0"},
		{Config{EncoderLength: 1, DecoderLength: -1, Window: 1}, "decoder's length is -1"},
		{Config{EncoderLength: 1}, "window is 0"},
	} {
		if _, err := New(c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.cfg, err)
		}
	}
	p, err := New(Config{EncoderLength: 2, Window: 3})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Add(Example{Encoder: make([]int32, 3)}); err == nil || !strings.Contains(err.Error(), "example 0") {
		t.Error(err)
	}
}

// TestRowsHoldEveryExampleOnce, whole, each in a segment of its own, and the same examples give the
// same rows.
func TestRowsHoldEveryExampleOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{rapid.IntRange(1, 20).Draw(t, "encoder"), rapid.IntRange(0, 9).Draw(t, "decoder"), rapid.IntRange(1, 30).Draw(t, "window")}
		var examples []Example
		for range rapid.IntRange(0, 60).Draw(t, "examples") {
			examples = append(examples, Example{ids(t, cfg.EncoderLength), ids(t, cfg.DecoderLength)})
		}
		rows, fill := pack(t, cfg, examples)
		again, _ := pack(t, cfg, examples)
		if !reflect.DeepEqual(rows, again) {
			t.Fatal("the same examples give other rows")
		}
		seen, used := map[int]bool{}, 0
		for _, row := range rows {
			for segment, i := range row.Examples {
				if seen[i] {
					t.Fatalf("example %d twice", i)
				}
				seen[i] = true
				used += len(examples[i].Encoder)
				if got := row.Encoder.of(segment + 1); fmt.Sprint(got) != fmt.Sprint(examples[i].Encoder) {
					t.Fatalf("example %d is %v in its row, was %v", i, got, examples[i].Encoder)
				}
				if got := row.Targets.of(segment + 1); fmt.Sprint(got) != fmt.Sprint(examples[i].Targets) {
					t.Fatalf("targets of example %d are %v in its row, were %v", i, got, examples[i].Targets)
				}
			}
		}
		if len(seen) != len(examples) || fill.Examples != len(examples) || fill.EncoderIDs != used || fill.Rows != len(rows) {
			t.Fatalf("%d of %d examples in rows, %+v", len(seen), len(examples), fill)
		}
	})
}

func ids(t *rapid.T, limit int) []int32 {
	return rapid.SliceOfN(rapid.Int32Range(1, 99), 0, limit).Draw(t, "ids")
}

// of returns the ids of a segment, whose positions must count from 0.
func (s Side) of(segment int) []int32 {
	out := []int32{}
	for i, of := range s.Segments {
		if int(of) == segment {
			if int(s.Positions[i]) != len(out) {
				return nil
			}
			out = append(out, s.IDs[i])
		}
	}
	return out
}

func pack(t *rapid.T, cfg Config, examples []Example) (rows []Row, fill Fill) {
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range examples {
		done, err := p.Add(e)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, done...)
	}
	return append(rows, p.Flush()...), p.Fill()
}
