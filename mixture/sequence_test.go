package mixture

import (
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/augment"
)

const sequenceOps = "images.ops=decode|flip_lr|resize_to_sequence(2,9)|value_range(-1,1)"

// TestBatch_HoldsPatchesOfAnyAspect makes batches of drawn lengths, which are functions of the step
// for any number of workers, and compares their images with those of the pipeline.
func TestBatch_HoldsPatchesOfAnyAspect(t *testing.T) {
	r := recipe(t, sequenceOps, "images.sequence_lengths=[4, 9, 30]")
	straight := open(t, r, Options{})
	if got := straight.Shape().Sequence; got != (augment.Sequence{Patch: 2, Length: 30}) {
		t.Errorf("the stream's images are %+v", got)
	}
	others := []*Stream{open(t, r, Options{Workers: 3}), open(t, r, Options{Workers: 2})}
	drawn := map[int]int{}
	for step := range 30 {
		b := batch(t, straight, step)
		length := b.Shape.Sequence.Length
		drawn[length]++
		if len(b.Pixels) != 12*length*12 || len(b.Grids) != 24 || b.Shape.Height != 0 {
			t.Fatalf("step %d: %d pixels, %d grids, %v", step, len(b.Pixels), len(b.Grids), b.Shape)
		}
		for row := range 12 {
			rows, columns := int(b.Grids[2*row]), int(b.Grids[2*row+1])
			patches := b.Pixels[row*length*12 : (row+1)*length*12]
			if rows*columns < 1 || rows*columns > length || b.ImageMask[row] == 1 && rows*columns < length/2 {
				t.Errorf("step %d row %d has %d by %d patches, of at most %d", step, row, rows, columns, length)
			}
			if slices.ContainsFunc(patches[rows*columns*12:], func(v float32) bool { return v != 0 }) {
				t.Errorf("step %d row %d: the padding is not zero", step, row)
			}
			again := make([]float32, len(patches))
			if _, _, err := b.Image(row).WritePatches(again, 2); err != nil || !slices.Equal(again, patches) {
				t.Errorf("step %d row %d: the image is not that of the patches: %v", step, row, err)
			}
		}
		if got := batch(t, others[step%2], step).Digest(); got != b.Digest() {
			t.Errorf("step %d: the batch depends on the workers", step)
		}
		b.Grids[0]++
		if batch(t, straight, step).Digest() == b.Digest() {
			t.Error("the digest leaves out the grids")
		}
	}
	if len(drawn) != 3 || drawn[4] < 3 || drawn[9] < 3 || drawn[30] < 3 {
		t.Errorf("lengths of 30 batches: %v", drawn)
	}
	held := r.HeldOut("", "held_out")
	if got := open(t, held, Options{}).Shape().Sequence.Length; got != 9 {
		t.Errorf("held-out images have %d patches, want those of the ops", got)
	}
}

// TestShape_OfWholeImagesPrintsAsBefore pins what digests depend on.
func TestShape_OfWholeImagesPrintsAsBefore(t *testing.T) {
	s := Shape{Rows: 1, Images: 2, Height: 3, Width: 4, Texts: 5, Encoder: 6, Decoder: 7}
	if got := s.String(); got != "{Rows:1 Images:2 Height:3 Width:4 Texts:5 Encoder:6 Decoder:7}" {
		t.Error(got)
	}
}

func TestParseRecipe_SaysWhatIsWrongWithSequences(t *testing.T) {
	text := strings.NewReplacer("DATA", "data", "MODEL", model).Replace(recipeYAML)
	for _, c := range []struct {
		sets []string
		want string
	}{
		{[]string{"images.sequence_lengths=[4]"}, "images.sequence_lengths: images.ops give 4 by 4 pixels"},
		{[]string{sequenceOps, "images.sequence_lengths=[4, 0]"}, "a sequence length of 0 patches; legal are 1 to 16384"},
		{[]string{sequenceOps, "images.sequence_lengths=[4, 1000000]"}, "a sequence length of 1000000 patches"},
		{[]string{sequenceOps, "images.sequence_lengths=[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"}, "17 numbers, legal are at most 16"},
		{[]string{sequenceOps, "images.eval_ops=decode|resize(4)|value_range(-1,1)"}, "4 by 4 pixels, but images.ops give patches of 2 pixels"},
		{[]string{sequenceOps, "images.eval_ops=decode|resize_to_sequence(4,9)|value_range(-1,1)"}, "patches of 4 pixels, but images.ops give patches of 2 pixels"},
		{[]string{sequenceOps, "images.sequence_length=[4]"}, "sequence_lengths"},
		{[]string{"images.ops=decode|resize_small(4)"}, "or for a model with naflex in resize_to_sequence(16, 256)"},
	} {
		if _, err := ParseRecipe([]byte(text), "test.yaml", nil, c.sets...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.sets, err, c.want)
		}
	}
	// Other lengths of the same patches are no other size.
	if _, err := ParseRecipe([]byte(text), "test.yaml", nil, sequenceOps, "images.eval_ops=decode|resize_to_sequence(2,100)|value_range(-1,1)"); err != nil {
		t.Error(err)
	}
}
