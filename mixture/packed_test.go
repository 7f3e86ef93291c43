package mixture

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pali3/pali3/random"
)

// packing is a recipe's packing as an assignment.
const packing = "packing={encoder: 96, decoder: 48, images: 4}"

// TestPacking_HoldsTheExamplesOfTheStream compares the examples of packed batches with those of the
// same recipe without packing: each of the stream's examples is in one row, or is counted.
func TestPacking_HoldsTheExamplesOfTheStream(t *testing.T) {
	for _, sets := range [][]string{
		{packing}, {packing, "batch=3"}, {packing, "images.per_example=2"}, {"packing={images: 1, examples: 20}"},
		{"packing={encoder: 70, decoder: 40, images: 3, segments: 2, examples: 40}"},
	} {
		t.Run(strings.Join(sets, " "), func(t *testing.T) {
			r := recipe(t, sets...)
			s := open(t, r, Options{Workers: 3})
			m := s.Recipe().Packing.Examples
			r.Packing = nil
			r.Batch = m
			plain := open(t, r, Options{})
			const steps = 8
			want := map[string]int{} // examples of the stream
			for step := range steps {
				for _, e := range described(plain, batch(t, plain, step)) {
					want[e]++
				}
			}
			left := 0
			for step := range steps {
				b := batch(t, s, step)
				checkSegments(t, b)
				for _, e := range described(s, b) {
					if want[e]--; want[e] < 0 {
						t.Errorf("step %d has an example that is not one of the stream's: %s", step, e)
					}
				}
			}
			for _, n := range want {
				left += max(n, 0)
			}
			counted, _ := s.Packed()
			lost := 0
			for _, n := range counted.LeftOut {
				lost += n
			}
			last, err := s.packer.at(context.Background(), steps-1)
			if err != nil {
				t.Fatal(err)
			}
			if waiting := len(last.packed.left); left != lost+waiting {
				t.Errorf("%d examples have no row; %d are counted and %d wait for the next step", left, lost, waiting)
			}
			if placed := steps*m - left; counted.Examples != placed || counted.Rows != steps*r0(s) {
				t.Errorf("%+v are counted, of %d examples placed", counted, placed)
			}
			t.Logf("%d examples a step, %+v", m, counted)
		})
	}
}

func r0(s *Stream) int { return s.Recipe().Batch }

// described returns each example of a batch as text: its ids, its pixels and where it is from.
func described(s *Stream, b *Batch) (all []string) {
	for i := range b.Examples() {
		encoder, targets := b.ExampleIDs(i)
		encoder, targets = encoder[:lastNonzero(encoder)], targets[:lastNonzero(targets)]
		text := fmt.Sprint(b.Tasks[i], b.Keys[i], b.Origins[i], b.Indices[i], b.Truncated[i], encoder, targets)
		if at := b.FirstImage(i); at >= 0 && b.ImageMask[at] > 0 {
			text += fmt.Sprint(b.ImageMask[at:at+s.shape.Images], b.Pixels[at*b.Shape.ImageValues():(at+1)*b.Shape.ImageValues()])
		}
		all = append(all, text)
	}
	return all
}

// checkSegments checks what [Segments] promises.
func checkSegments(t *testing.T, b *Batch) {
	t.Helper()
	for at, segment := range b.Segments.Encoder {
		if (segment > 0) != (b.EncoderIDs[at] > 0) {
			t.Fatalf("encoder id %d is of segment %d", b.EncoderIDs[at], segment)
		}
	}
	for at, segment := range b.Segments.Decoder {
		first := segment > 0 && (at%b.Shape.Decoder == 0 || b.Segments.Decoder[at-1] != segment)
		switch {
		case (segment > 0) != (b.Weights[at] > 0), (segment > 0) != (b.Targets[at] > 0):
			t.Fatalf("target %d with weight %g is of segment %d", b.Targets[at], b.Weights[at], segment)
		case first && b.DecoderInputs[at] != 0, segment > 0 && !first && b.DecoderInputs[at] != b.Targets[at-1]:
			t.Fatalf("decoder input %d stands before target %d", b.DecoderInputs[at], b.Targets[at])
		}
	}
	for at, mask := range b.ImageMask {
		if example, image := b.ExampleOf(at); mask > 0 && (example < 0 || image > 0 && b.ImageMask[at-1] == 0) || example >= 0 && b.FirstImage(example) != at-image {
			t.Fatalf("image %d is image %d of example %d", at, image, example)
		}
	}
	for _, lengths := range [][2]int{{len(b.Tasks), len(b.Keys)}, {len(b.Keys), len(b.Origins)}, {len(b.Keys), len(b.Indices)}, {len(b.Keys), len(b.Truncated)}, {len(b.Keys), len(b.Segments.Rows)}} {
		if lengths[0] != lengths[1] {
			t.Fatalf("lists by example have %d and %d elements", lengths[0], lengths[1])
		}
	}
}

// TestPacking_IsAFunctionOfTheStep asks for steps in any order, with any number of workers and
// hosts.
func TestPacking_IsAFunctionOfTheStep(t *testing.T) {
	r := recipe(t, packing)
	straight := open(t, r, Options{})
	var want []string
	for step := range 12 {
		want = append(want, batch(t, straight, step).Digest())
	}
	for workers := 1; workers <= 8; workers++ {
		s := open(t, r, Options{Workers: workers})
		for _, step := range []int{11, 0, 6, 7, 5} {
			if batch(t, s, step).Digest() != want[step] {
				t.Errorf("%d workers: step %d differs", workers, step)
			}
		}
	}
	for _, hosts := range []int{2, 3, 5, 8, 12} { // 5 and 8 do not divide the rows
		whole := batch(t, straight, 5)
		joined := NewBatch(5, whole.Shape, true)
		joined.Tasks, joined.Keys, joined.Origins, joined.Indices, joined.Truncated = nil, nil, nil, nil, nil
		var rows []*Batch
		for host := range hosts {
			rows = append(rows, batch(t, open(t, r, Options{ShardIndex: host, ShardCount: hosts}), 5))
		}
		join(joined, rows)
		if joined.Digest() != whole.Digest() {
			t.Errorf("the rows of %d hosts are not those of one", hosts)
		}
	}
}

// join joins the rows of hosts into one batch.
func join(b *Batch, hosts []*Batch) {
	b.Pixels, b.ImageMask, b.EncoderIDs, b.DecoderInputs, b.Targets, b.Weights = nil, nil, nil, nil, nil, nil
	b.Segments = &Segments{}
	first := 0
	for _, h := range hosts {
		b.Pixels, b.ImageMask = append(b.Pixels, h.Pixels...), append(b.ImageMask, h.ImageMask...)
		b.EncoderIDs, b.DecoderInputs = append(b.EncoderIDs, h.EncoderIDs...), append(b.DecoderInputs, h.DecoderInputs...)
		b.Targets, b.Weights = append(b.Targets, h.Targets...), append(b.Weights, h.Weights...)
		g := b.Segments
		g.Encoder, g.Decoder, g.Images = append(g.Encoder, h.Segments.Encoder...), append(g.Decoder, h.Segments.Decoder...), append(g.Images, h.Segments.Images...)
		for i := range h.Segments.Rows {
			g.Rows, g.Numbers = append(g.Rows, h.Segments.Rows[i]+int32(first)), append(g.Numbers, h.Segments.Numbers[i])
		}
		b.Tasks, b.Keys, b.Origins = append(b.Tasks, h.Tasks...), append(b.Keys, h.Keys...), append(b.Origins, h.Origins...)
		b.Indices, b.Truncated = append(b.Indices, h.Indices...), append(b.Truncated, h.Truncated...)
		first += h.Shape.Rows
	}
}

func TestPacking_SeeksAtOnce(t *testing.T) {
	s := open(t, recipe(t, packing), Options{})
	began := time.Now()
	batch(t, s, 10_000_000)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the batch of step 10,000,000 took %v", took)
	} else {
		t.Logf("%v", took)
	}
}

func TestPacking_OutlivesACancelledCall(t *testing.T) {
	s := open(t, recipe(t, packing), Options{Workers: 2})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Batch(ctx, 3); err == nil {
		t.Error("a cancelled call made a batch")
	}
	if want := batch(t, open(t, recipe(t, packing), Options{}), 3); !slices.Equal(batch(t, s, 3).EncoderIDs, want.EncoderIDs) {
		t.Error("the batch differs after a cancelled call")
	}
}

func TestPacking_NamesProblems(t *testing.T) {
	for set, want := range map[string]string{
		"packing={images: 0}":                "packing.images: missing, and tasks[0] (caption) has images",
		"packing={images: 1, encoder: 63}":   "packing.encoder: 63, must be 0 or at least 64",
		"packing={images: 1, decoder: 1}":    "packing.decoder: 1, must be 0 or at least 32",
		"packing={images: 1, examples: 11}":  "packing.examples: 11, must be 0 or at least 12",
		"packing={images: 1, segments: -1}":  "packing.segments: -1, must be 0",
		"packing={images: 2, image: 2}":      "image",
		"packing={images: -4}":               "packing.images: -4",
		"packing={images: 1, examples: 1.5}": "examples",
	} {
		text := strings.NewReplacer("DATA", "d", "MODEL", model).Replace(recipeYAML)
		if _, err := ParseRecipe([]byte(text), "test.yaml", nil, set); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want an error with %q", set, err, want)
		}
	}
	text := strings.NewReplacer("DATA", "d", "MODEL", model).Replace(recipeYAML) + "  - {name: pairs, kind: contrastive, weight: 1}\n"
	if _, err := ParseRecipe([]byte(text), "test.yaml", nil, packing); err == nil || !strings.Contains(err.Error(), "tasks[7] (pairs): kind contrastive has no target and cannot be packed") {
		t.Errorf("contrastive: %v", err)
	}
}

// TestExamplesPerStep_LeavesFewOut packs examples of drawn sizes.
func TestExamplesPerStep_LeavesFewOut(t *testing.T) {
	for seed := range uint64(20) {
		draw := random.New(seed)
		of := extent{16 + draw.IntN(500), 16 + draw.IntN(200), draw.IntN(6), 1 + draw.IntN(60)}
		rows := 1 + draw.IntN(100)
		sizes := make([]extent, 4096)
		for i := range sizes {
			sizes[i] = extent{1 + draw.IntN(of.encoder)/(1+draw.IntN(9)), 1 + draw.IntN(of.decoder)/(1+draw.IntN(9)), 0, 1}
			if of.images > 0 {
				sizes[i].images = draw.IntN(2)
			}
		}
		m := examplesPerStep(sizes, rows, of)
		if m < rows || droppedShare(sizes, m, rows, of) > mostDropped {
			t.Errorf("seed %d: %d examples for %d rows of %+v, of which %.2g are left out", seed, m, rows, of, droppedShare(sizes, m, rows, of))
		}
		t.Logf("rows %d of %+v: %d examples of at most %d", rows, of, m, mostThatFit(sizes, rows, of))
	}
}

// FuzzPacked packs examples of any sizes: each is in one row or left, and no row holds more than
// its room.
func FuzzPacked(f *testing.F) {
	f.Add(uint64(1), uint8(4), uint8(20), uint16(32), uint16(16))
	f.Add(uint64(2), uint8(1), uint8(255), uint16(1), uint16(1))
	f.Add(uint64(3), uint8(255), uint8(3), uint16(9), uint16(300))
	f.Fuzz(func(t *testing.T, seed uint64, rows, n uint8, encoder, decoder uint16) {
		draw := random.New(seed)
		of := extent{int(encoder) + 1, int(decoder) + 1, draw.IntN(5), 1 + draw.IntN(9)}
		sizes := make([]extent, n)
		numbers := make([]int, n)
		for i := range sizes {
			numbers[i] = i
			sizes[i] = extent{1 + draw.IntN(of.encoder+1), 1 + draw.IntN(of.decoder), draw.IntN(of.images + 1), 1}
		}
		p := newPacked(int(rows), of)
		p.put(sizes, numbers, of)
		seen := slices.Clone(p.left)
		for row, in := range p.rows {
			left := of
			for _, number := range in {
				left = left.minus(sizes[number])
			}
			seen = append(seen, in...)
			if left != p.free[row] || left.encoder < 0 || left.decoder < 0 || left.images < 0 || left.segments < 0 {
				t.Errorf("row %d has room for %+v and holds %v", row, left, in)
			}
		}
		if slices.Sort(seen); !slices.Equal(seen, numbers) {
			t.Errorf("%v are in rows or left, of %d", seen, n)
		}
	})
}
