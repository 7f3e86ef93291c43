package mixture

import (
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// coded is the sample boxed with codes for all of its masks but that of the dog.
func coded(t *testing.T) *shards.Sample {
	t.Helper()
	s := boxed
	s.Metadata = map[string]string{"note": "kept"}
	codes := make([][]int32, len(s.Boxes))
	for i := 1; i < len(codes); i++ {
		codes[i] = slices.Repeat([]int32{int32(i), 127}, 8)
	}
	if err := SetMaskCodes(&s, codes); err != nil {
		t.Fatal(err)
	}
	return &s
}

func TestSegment_TargetsHaveAllMasksOfALabel(t *testing.T) {
	task := &Task{Kind: "segment", Prompt: segmentPrompt}
	s := coded(t)
	want := "<loc0000><loc0512><loc0256><loc1023>" + strings.Repeat("<seg002><seg127>", 8) + " cat ; " +
		"<loc0256><loc0512><loc0512><loc1023>" + strings.Repeat("<seg001><seg127>", 8) + " cat"
	if !hasMasks(task, s) {
		t.Fatal("the sample is not usable")
	}
	d, err := makeSegment(&Material{Task: task, Sample: s, Rng: random.New(1)})
	if err != nil || d.Prompt != "segment cat" || d.Target != want {
		t.Errorf("%v: %q is answered with\n%s, want\n%s", err, d.Prompt, d.Target, want)
	}
	asks := askForMasks(task, s)
	if len(asks) != 1 || asks[0].ID != "k/mask1" || asks[0].Prompt != "segment cat" || asks[0].Truths[0] != want {
		t.Errorf("%+v", asks)
	}
	own := Task{Kind: "segment", Prompt: "outline {label}!"}
	if got := own.PromptFor("red dog"); got != "outline red dog!" {
		t.Errorf("prompt %q", got)
	}
}

// TestSegment_LeavesOutLabelsThatLackCodes has a second cat whose mask has no codes.
func TestSegment_LeavesOutLabelsThatLackCodes(t *testing.T) {
	task := &Task{Kind: "segment", Prompt: segmentPrompt}
	s := coded(t)
	codes, err := MaskCodes(s)
	if err != nil {
		t.Fatal(err)
	}
	codes[2] = nil
	if err := SetMaskCodes(s, codes); err != nil {
		t.Fatal(err)
	}
	if hasMasks(task, s) || hasMasks(task, &boxed) {
		t.Error("a sample is usable whose labels lack codes")
	}
}

func TestMaskCodes_ReadsWhatSetMaskCodesWrote(t *testing.T) {
	s := coded(t)
	codes, err := MaskCodes(s)
	if err != nil || len(codes) != len(s.Boxes) || codes[0] != nil || !slices.Equal(codes[1][:3], []int32{1, 127, 1}) || s.Metadata["note"] != "kept" {
		t.Errorf("%v: %v", err, codes)
	}
	for want, written := range map[string]string{
		"has 1 lines for 5 boxes": "<seg001>",
		`line 2 is "<seg001>"`:    "\n<seg001>\n\n\n",
		`line 1 is "cat"`:         "cat\n\n\n\n",
		`<seg128>"`:               "\n\n\n\n" + strings.Repeat("<seg128>", 16),
		"want 16 pieces":          "\n\n\n\n" + strings.Repeat("<seg001>", 17),
	} {
		s.Metadata[MaskCodesField] = written
		if _, err := MaskCodes(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", written, err, want)
		}
		task := &Task{Kind: "segment"}
		if _, err := makeSegment(&Material{Task: task, Sample: s, Rng: random.New(1)}); !hasMasks(task, s) || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v of the example, want %q", written, err, want)
		}
	}
	for want, codes := range map[string][][]int32{
		"1 masks for 5 boxes": {nil}, "15 codes": {nil, nil, nil, make([]int32, 15), nil}, "is 128": {slices.Repeat([]int32{128}, 16), nil, nil, nil, nil},
	} {
		if err := SetMaskCodes(s, codes); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if codes, err := MaskCodes(&shards.Sample{Metadata: map[string]string{MaskCodesField: ""}}); err != nil || len(codes) != 0 {
		t.Errorf("%v, %v of a sample without boxes", codes, err)
	}
}

// FuzzMaskCodes checks that what is read can be written and read again.
func FuzzMaskCodes(f *testing.F) {
	f.Add("\n\n", uint8(3))
	f.Add(strings.Repeat("<seg001>", 16)+"\n", uint8(2))
	f.Add("<seg1>\xff", uint8(1))
	f.Fuzz(func(t *testing.T, written string, boxes uint8) {
		s := shards.Sample{Key: "k", Boxes: make([]shards.Box, boxes), Metadata: map[string]string{MaskCodesField: written}}
		codes, err := MaskCodes(&s)
		if err != nil {
			return
		}
		if err := SetMaskCodes(&s, codes); err != nil || s.Metadata[MaskCodesField] != written {
			t.Errorf("%q is written as %q, %v", written, s.Metadata[MaskCodesField], err)
		}
	})
}

func TestSegment_NamesWhatIsMissing(t *testing.T) {
	r := Recipe{Batch: 1, Lengths: Lengths{Encoder: 8, Decoder: 8}, Tokenizer: tokenize.Config{Model: "x"},
		Images: ImageConfig{Ops: "decode|resize(9)|flip_lr|random_crop(8)"}, Data: "d",
		Tasks: []Task{{Name: "a", Kind: "segment", Weight: 1, Boxes: BoxIntegers}}}
	var all []string
	for _, p := range r.Problems() {
		all = append(all, p.Text)
	}
	text := strings.Join(all, "\n")
	if !strings.Contains(text, "kind segment needs images.ops that neither flip nor turn, and flip_lr does") || !strings.Contains(text, "kind segment writes locations alone") {
		t.Errorf("problems %s", text)
	}
}
