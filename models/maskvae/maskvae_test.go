package maskvae_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/maskvae"
	"github.com/pali3/pali3/models/weights"
)

// TestSpecs_AreThoseOfThePublishedFile lists the names and shapes that big_vision reads from
// vae-oid.npz.
func TestSpecs_AreThoseOfThePublishedFile(t *testing.T) {
	specs, err := maskvae.Specs(modeltest.Backend(t), maskvae.Default())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]int{
		"encoder.0.weight": {16, 1, 4, 4}, "encoder.2.weight": {32, 16, 4, 4}, "encoder.4.weight": {64, 32, 4, 4},
		"encoder.6.weight": {128, 64, 4, 4}, "encoder.10.weight": {512, 128, 1, 1}, "_vq_vae._embedding": {128, 512},
		"decoder.0.weight": {128, 512, 1, 1}, "decoder.4.weight": {128, 128, 4, 4}, "decoder.6.weight": {128, 64, 4, 4},
		"decoder.8.weight": {64, 32, 4, 4}, "decoder.10.weight": {32, 16, 4, 4}, "decoder.12.weight": {1, 16, 1, 1},
	}
	for _, block := range []string{"encoder.8", "encoder.9", "decoder.2", "decoder.3"} {
		want[block+".net.0.weight"], want[block+".net.2.weight"] = []int{128, 128, 3, 3}, []int{128, 128, 3, 3}
		want[block+".net.4.weight"] = []int{128, 128, 1, 1}
	}
	biases := 0
	for _, s := range specs {
		got := s.Layout.FileShape(s.Shape)
		if kernel, ok := strings.CutSuffix(s.Name, ".bias"); ok {
			biases++
			channels := want[kernel+".weight"][0]
			if slices.Contains([]string{"decoder.4", "decoder.6", "decoder.8", "decoder.10"}, kernel) {
				channels = want[kernel+".weight"][1] // torch's transposed convolutions have [in, out, ...]
			}
			if !slices.Equal(got, []int{channels}) {
				t.Errorf("%s has shape %v, want [%d]", s.Name, got, channels)
			}
			continue
		}
		if !slices.Equal(got, want[s.Name]) {
			t.Errorf("%s has shape %v, want %v", s.Name, got, want[s.Name])
		}
		if s.Decay != strings.HasSuffix(s.Name, ".weight") {
			t.Errorf("%s: decay %v", s.Name, s.Decay)
		}
	}
	if biases != 23 {
		t.Errorf("%d biases, want 23", biases)
	}
	if len(specs) != 47 || weights.Parameters(specs) != 2_050_929 {
		t.Errorf("%d weights of %d elements", len(specs), weights.Parameters(specs))
	}
}

func TestValidate_NamesTheField(t *testing.T) {
	if err := maskvae.Default().Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*maskvae.Config){
		"image 40 is not a multiple of 16": func(c *maskvae.Config) { c.Image = 40 },
		"image is 0":                       func(c *maskvae.Config) { c.Image = 0 },
		"hidden is -1":                     func(c *maskvae.Config) { c.Hidden = -1 },
		"hidden is 1048576":                func(c *maskvae.Config) { c.Hidden = 1 << 20 },
		"hidden 1024 and downsamples 6":    func(c *maskvae.Config) { c.Hidden, c.Downsamples = 1024, 6 },
		"downsamples is 9":                 func(c *maskvae.Config) { c.Downsamples = 9 },
		"blocks is -1":                     func(c *maskvae.Config) { c.Blocks = -1 },
		"codes is 1":                       func(c *maskvae.Config) { c.Codes = 1 },
		"code_width is 0":                  func(c *maskvae.Config) { c.CodeWidth = 0 },
		`codebook "emma" is neither`:       func(c *maskvae.Config) { c.Codebook = "emma" },
		"decay is 1":                       func(c *maskvae.Config) { c.Decay = 1 },
		"commitment is NaN":                func(c *maskvae.Config) { c.Commitment = math.NaN() },
	} {
		c := maskvae.Default()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if _, err := maskvae.Specs(modeltest.Backend(t), c); err == nil {
			t.Errorf("Specs takes a config where %s", want)
		}
	}
}

// TestOpen_ReadsTheLayoutOfThePublishedFile opens an archive of numpy with big_vision's names, the
// same weights as safetensors, and a folder of them, such as a run's.
func TestOpen_ReadsTheLayoutOfThePublishedFile(t *testing.T) {
	want := modeltest.OpenGolden(t, "testdata/small-outputs.safetensors")
	ids := tensors.MustCopyFlatData[int32](want.Ints("ids"))
	run := t.TempDir()
	if err := load(t, "small").Save(filepath.Join(run, "weights.safetensors"), nil); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"testdata/small.npz", "testdata/small.safetensors", run} {
		codec, err := maskvae.Open(modeltest.Backend(t), path)
		if err != nil {
			t.Fatal(err)
		}
		c := golden["small"]
		if codec.Config() != c {
			t.Errorf("%s has the config %+v, want %+v", path, codec.Config(), c)
		}
		decoded, err := codec.Decode([][]int32{ids[:16], ids[16:32], ids[32:]})
		if err != nil {
			t.Fatal(err)
		}
		near(t, path, tensors.FromFlatDataAndDimensions(flatten(decoded), 3, 64, 64), want.Floats("decoded"), 1e-5)
	}
}

func TestOpen_SaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other.safetensors")
	specs := []weights.Spec{{Name: "encoder.0.weight", Shape: []int{4, 2}}}
	if err := weights.Initial(specs, 1).Save(other, nil); err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(dir, "cut.npz")
	content, err := os.ReadFile("testdata/small.npz")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, content[:len(content)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	huge := filepath.Join(dir, "huge.safetensors")
	specs = []weights.Spec{{Name: "encoder.0.weight", Shape: []int{2000, 1, 4, 4}}, {Name: "_vq_vae._embedding", Shape: []int{4, 4}}}
	if err := weights.Initial(specs, 1).Save(huge, nil); err != nil {
		t.Fatal(err)
	}
	partial := filepath.Join(dir, "partial.safetensors")
	specs[0].Shape = []int{2, 1, 4, 4}
	if err := weights.Initial(specs, 1).Save(partial, nil); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		other:                          "no mask VQ-VAE: weight encoder.0.weight has shape [4 2]",
		cut:                            "cut.npz",
		huge:                           "hidden is 2000",
		partial:                        "encoder.0.bias",
		filepath.Join(dir, "none.npz"): "none.npz",
	} {
		if _, err := maskvae.Open(modeltest.Backend(t), path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

// TestCodec_BatchesAndConcurrency encodes and decodes 41 masks at once, one by one and from several
// goroutines.
func TestCodec_BatchesAndConcurrency(t *testing.T) {
	codec, err := maskvae.Open(modeltest.Backend(t), "testdata/small.npz")
	if err != nil {
		t.Fatal(err)
	}
	some := drawings()
	var masks [][]float32
	for i := range 41 {
		mask := slices.Clone(some[i%len(some)])
		for j := range i * 40 {
			mask[j] = 1
		}
		masks = append(masks, mask)
	}
	ids, err := codec.Encode(masks)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := codec.Decode(ids)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range masks {
		group.Go(func() {
			alone, err := codec.Encode(masks[i : i+1])
			if err != nil || !slices.Equal(alone[0], ids[i]) {
				t.Errorf("mask %d alone has the codes %v, %v; among others %v", i, alone, err, ids[i])
				return
			}
			again, err := codec.Decode(alone)
			if err != nil {
				t.Error(err)
				return
			}
			for j := range again[0] {
				if math.Abs(float64(again[0][j]-decoded[i][j])) > 1e-5 {
					t.Errorf("mask %d alone: value %d is %g, among others %g", i, j, again[0][j], decoded[i][j])
					return
				}
			}
		})
	}
	group.Wait()
	if none, err := codec.Encode(nil); err != nil || len(none) != 0 {
		t.Errorf("no masks: %v, %v", none, err)
	}
}

func TestCodec_SaysWhatIsWrong(t *testing.T) {
	codec, err := maskvae.Open(modeltest.Backend(t), "testdata/small.npz")
	if err != nil {
		t.Fatal(err)
	}
	good := make([]float32, 64*64)
	for want, mask := range map[string][]float32{
		"mask 1: 4095 values":           good[1:],
		"mask 1: value 4095 is 1.5":     append(slices.Clone(good[1:]), 1.5),
		"mask 1: value 4095 is NaN":     append(slices.Clone(good[1:]), float32(math.NaN())),
		"mask 1: value 4095 is -0.0001": append(slices.Clone(good[1:]), -0.0001),
	} {
		if _, err := codec.Encode([][]float32{good, mask}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for want, ids := range map[string][]int32{
		"mask 0: 15 ids":                      make([]int32, 15),
		"mask 0: id 15 is 128, want 0 to 127": append(make([]int32, 15), 128),
		"mask 0: id 15 is -1":                 append(make([]int32, 15), -1),
	} {
		if _, err := codec.Decode([][]int32{ids}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	set, err := weights.NewSet(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := maskvae.NewCodec(modeltest.Backend(t), maskvae.Default(), set); err == nil || !strings.Contains(err.Error(), "_vq_vae._embedding") {
		t.Errorf("a codec without weights: %v", err)
	}
}

// TestFamily_LossIsThatOfTheFirstChannel compares the family's loss of images with the loss of the
// masks that they show.
func TestFamily_LossIsThatOfTheFirstChannel(t *testing.T) {
	c := golden["other"]
	set := load(t, "other")
	masks := modeltest.OpenGolden(t, "testdata/other-outputs.safetensors").Floats("masks")
	values := tensors.MustCopyFlatData[float32](masks)
	pixels := make([]float32, 3*len(values))
	for i, v := range values {
		pixels[3*i], pixels[3*i+1], pixels[3*i+2] = 2*v-1, 7, -7
	}
	out := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		l := c.Loss(s, family.Batch{Pixels: in[1]})
		return []*graph.Node{maskvae.Loss(s, c, in[0]).Total, l.Mean, graph.Div(graph.ReduceAllSum(l.Sums), graph.ReduceAllSum(l.Counts)), l.Sums}
	}, masks, tensors.FromFlatDataAndDimensions(pixels, 4, 1, 24, 24, 3))
	near(t, "mean", out[1], out[0], 1e-6)
	near(t, "sums over counts", out[2], out[0], 1e-6)
	if d := out[3].Shape().Dimensions; !slices.Equal(d, []int{4}) {
		t.Errorf("sums have shape %v, want one for each mask", d)
	}
}

func TestFamily_FitsTheData(t *testing.T) {
	fresh := func() *maskvae.Config { return maskvae.Family().New().(*maskvae.Config) }
	c := fresh()
	if problems := c.Fit(family.Data{Images: 1, Height: 48, Width: 48}); len(problems) > 0 || c.Image != 48 {
		t.Errorf("image %d, problems %v", c.Image, problems)
	}
	c.Loosen()
	c.SetDefaults()
	if c.Image != 0 || c.Codebook != maskvae.CodebookLoss || c.Codes != 128 {
		t.Errorf("loosened: %+v", c)
	}
	for want, data := range map[string]family.Data{
		"one image per example":        {Images: 2, Height: 64, Width: 64},
		"takes square masks":           {Images: 1, Height: 64, Width: 32},
		"image 40 is not a multiple":   {Images: 1, Height: 40, Width: 40},
		"model.image is 64, the data":  {Images: 1, Height: 48, Width: 48},
		"which recipes cannot train":   {Images: 1, Height: 64, Width: 64},
		"the mask, and the data has 0": {},
	} {
		c := fresh()
		switch want {
		case "model.image is 64, the data":
			c.Image = 64
		case "which recipes cannot train":
			c.Codebook = maskvae.EMA
		}
		problems := c.Fit(data)
		if len(problems) == 0 || !strings.Contains(problems[0].Text, want) {
			t.Errorf("%v, want %q", problems, want)
		}
	}
}

// TestFamily_Parts counts the multiplications and additions of the published network by hand.
func TestFamily_Parts(t *testing.T) {
	model, err := maskvae.Family().Variant("maskvae-oid")
	if err != nil {
		t.Fatal(err)
	}
	parts := model.Parts(family.Lengths{})
	const residual = 2 * 16 * (9 + 9 + 1) * 128 * 128
	want := map[string]int64{
		"encoder": 2*(1024*16*1*16+256*16*16*32+64*16*32*64+16*16*64*128) + 2*residual + 2*16*128*512,
		"_vq_vae": 2 * 16 * 512 * 128,
		"decoder": 2*16*512*128 + 2*residual + 2*(16*128*16*128+64*128*16*64+256*64*16*32+1024*32*16*16) + 2*64*64*16,
	}
	for _, p := range parts {
		if p.ForwardFLOPs != want[p.Name] || p.Activations <= 0 {
			t.Errorf("%s: %d operations, want %d; %d activations", p.Name, p.ForwardFLOPs, want[p.Name], p.Activations)
		}
	}
	if _, err := maskvae.Family().Variant("maskvae-coco"); err == nil {
		t.Error("an unknown size was accepted")
	}
}
