package models_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/pali3/pali3/models"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/vit"
)

// TestDescribe compares with counts worked out by hand from the published shapes.
func TestDescribe(t *testing.T) {
	const vocab = 250_112 * 2048
	for name, want := range map[string]map[string]int{
		"pali3-5b": {
			"vision_model": 1_842_772_352, "multi_modal_projector": 3_409_920, "shared": vocab, "lm_head": vocab,
			"encoder+decoder": 2_718_160_896,
		},
		"pali3-so400m-umt5-xl": {
			"vision_model": 412_442_352, "multi_modal_projector": 1153 * 2048, "all": 412_442_352 + 1153*2048 + 3_768_356_864,
		},
		"pali3-g-opt-mt5-xl": {
			"vision_model": 1_134_746_112, "multi_modal_projector": 1537 * 2048, "all": 1_134_746_112 + 1537*2048 + 3_742_619_648,
		},
		"pali3-base":  {"vision_model": 85_797_120, "all": 85_797_120 + 769*768 + 247_577_856},
		"pali3-small": {"all": 27_765_248},
		"pali3-tiny":  {"all": 2_656_064},
		// 2,923,466,480 and 3,032,242,416 are the sums of the public weights at 224 pixels.
		"paligemma-3b-224":   {"all": 2_923_466_480, "vision_model": 412_442_352, "language_model.embed_tokens": 257_216 * 2048},
		"paligemma-3b-448":   {"all": 2_923_466_480 + 768*1152},
		"paligemma-3b-896":   {"all": 2_923_466_480 + (4096-256)*1152},
		"paligemma2-3b-224":  {"all": 3_032_242_416, "multi_modal_projector": 1153 * 2304},
		"paligemma2-3b-448":  {"all": 3_033_127_152},
		"paligemma2-10b-224": {"all": 9_662_638_832},
		"paligemma2-28b-896": {"all": 27_654_910_704, "language_model": 26_047_480_320},
		// What transformers counts. Without the image encoder: 369, 1,699 and 7,092 million.
		"t5gemma2-270m-270m": {"all": 786_029_296, "vision_model": 416_866_032, "embed_tokens": 262_145 * 640},
		"t5gemma2-1b-1b":     {"all": 2_115_977_456, "encoder+decoder": 1_699_111_424 - 262_145*1152 - 1152*1153},
		"t5gemma2-4b-4b":     {"all": 7_508_928_880, "multi_modal_projector": 1152 * 2561},
		"siglip-G/14":        {"vision_model": 1_842_772_352, "vision_model.head": 38_360_064},
		"siglip-So400m/14":   {"vision_model": 412_442_352, "vision_model.head": 15_238_352},
		"ul2-3b":             {"encoder+decoder": 2_718_160_896},
		"t5-1.1-xl":          {"encoder+decoder": 2_718_160_896, "lm_head": 32_128 * 2048},
	} {
		d, err := models.Describe(name)
		if err != nil {
			t.Fatal(err)
		}
		got, sum := map[string]int{}, 0
		for _, p := range d.Parts {
			got[p.Name] = p.Parameters
			sum += p.Parameters
		}
		got["encoder+decoder"], got["all"] = got["encoder"]+got["decoder"], d.Parameters
		for part, n := range want {
			if got[part] != n {
				t.Errorf("%s: %s has %d parameters, want %d", name, part, got[part], n)
			}
		}
		if sum != d.Parameters {
			t.Errorf("%s: the parts add up to %d of %d", name, sum, d.Parameters)
		}
	}
}

// TestDescribe_ForwardFLOPs compares with 0.96, 16.0 and 31.9 TFLOP of ViT-G/14 at 224, 812 and
// 1064 pixels, and 0.76, 10.2 and 20.5 of the 3B encoder over the visual tokens and 64, 64 and 128
// of text.
func TestDescribe_ForwardFLOPs(t *testing.T) {
	for pixels, want := range map[int][2]float64{224: {0.96, 0.76}, 812: {16.0, 10.2}, 1064: {31.9, 20.5}} {
		c, err := pali3.Variant("pali3-5b")
		if err != nil {
			t.Fatal(err)
		}
		c.Vision.Image = vit.Side(pixels)
		prompt := 64
		if pixels == 1064 {
			prompt = 128
		}
		d, err := models.DescribeModel("larger", &c, family.Lengths{Prompt: prompt, Answer: 64})
		if err != nil {
			t.Fatal(err)
		}
		for i, part := range []int{0, 3} {
			got := float64(d.Parts[part].ForwardFLOPs) / 1e12
			if math.Abs(got/want[i]-1) > 0.01 {
				t.Errorf("%d pixels: %s takes %.3f TFLOP, want %.2f", pixels, d.Parts[part].Name, got, want[i])
			}
		}
	}
}

func TestDescribe_RejectsUnknownNames(t *testing.T) {
	for _, name := range []string{"", "pali3", "siglip-", "siglip-Z/14"} {
		if _, err := models.Describe(name); err == nil {
			t.Errorf("%q was described", name)
		}
	}
}

func ExampleDescribe() {
	d, err := models.Describe("pali3-5b")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range d.Parts {
		fmt.Printf("%-22s %5.2f billion parameters, %5.2f TFLOP\n", p.Name, float64(p.Parameters)/1e9, float64(p.ForwardFLOPs)/1e12)
	}
	// Output:
	// vision_model            1.84 billion parameters,  0.96 TFLOP
	// multi_modal_projector   0.00 billion parameters,  0.00 TFLOP
	// shared                  0.51 billion parameters,  0.00 TFLOP
	// encoder                 1.16 billion parameters,  0.76 TFLOP
	// decoder                 1.56 billion parameters,  0.31 TFLOP
	// lm_head                 0.51 billion parameters,  0.07 TFLOP
}
