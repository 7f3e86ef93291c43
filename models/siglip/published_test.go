package siglip_test

import (
	"strings"
	"testing"

	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/weights"
)

// TestPublished_Parameters compares with the parameters that transformers' SiglipModel and
// Siglip2Model have with the published configs.
func TestPublished_Parameters(t *testing.T) {
	want := map[string]int{
		"siglip-base-patch16-224":              203_155_970,
		"siglip-base-patch16-256":              203_202_050,
		"siglip-base-patch16-384":              203_447_810,
		"siglip-base-patch16-512":              203_791_874,
		"siglip-base-patch16-256-multilingual": 370_626_050,
		"siglip-large-patch16-256":             652_150_786,
		"siglip-large-patch16-384":             652_478_466,
		"siglip-so400m-patch14-224":            877_360_306,
		"siglip-so400m-patch14-384":            877_960_498,
		"siglip-so400m-patch16-256-i18n":       1_128_758_962,
		"siglip2-base-patch32-256":             376_856_066,
		"siglip2-base-patch16-224":             375_187_970,
		"siglip2-base-patch16-256":             375_234_050,
		"siglip2-base-patch16-384":             375_479_810,
		"siglip2-base-patch16-512":             375_823_874,
		"siglip2-large-patch16-256":            881_526_786,
		"siglip2-large-patch16-384":            881_854_466,
		"siglip2-large-patch16-512":            882_313_218,
		"siglip2-so400m-patch14-224":           1_135_463_602,
		"siglip2-so400m-patch14-384":           1_136_008_498,
		"siglip2-so400m-patch16-256":           1_135_670_962,
		"siglip2-so400m-patch16-384":           1_136_039_602,
		"siglip2-so400m-patch16-512":           1_136_555_698,
		"siglip2-giant-opt-patch16-256":        1_871_393_906,
		"siglip2-giant-opt-patch16-384":        1_871_885_426,
		"siglip2-base-patch16-naflex":          375_234_050,
		"siglip2-so400m-patch16-naflex":        1_135_670_962,
	}
	if len(siglip.Published()) != len(want) {
		t.Errorf("%d published models, want %d", len(siglip.Published()), len(want))
	}
	for _, name := range siglip.Published() {
		c, err := siglip.Variant(name)
		if err != nil {
			t.Fatal(err)
		}
		specs, err := siglip.Specs(modeltest.Backend(t), c)
		if err != nil {
			t.Fatal(err)
		}
		if got := weights.Parameters(specs); got != want[name] {
			t.Errorf("%s has %d parameters, want %d", name, got, want[name])
		}
		parts := 0
		for _, p := range (&c).Parts(family.Lengths{}) {
			frozen, err := weights.Frozen(specs, []string{p.Name})
			if err != nil {
				t.Fatal(err)
			}
			for i := range specs {
				if frozen[i] {
					parts += specs[i].Size()
				}
			}
			if p.Name == "vision_model.head" { // counted again in vision_model
				for i := range specs {
					if frozen[i] {
						parts -= specs[i].Size()
					}
				}
			}
		}
		if parts != want[name] {
			t.Errorf("%s: the parts have %d parameters, want %d", name, parts, want[name])
		}
	}
}

func TestVariant_FindsPublishedModels(t *testing.T) {
	families := family.Families{siglip.Family()}
	for _, name := range []string{"siglip-base-patch16-224", "siglip2-base-patch16-naflex", "siglip-So400m/14", "siglip-siglip2-base-patch32-256"} {
		if _, _, err := families.Variant(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"siglip3-base", "siglip-base-patch16-225", "base"} {
		if _, _, err := families.Variant(name); err == nil {
			t.Errorf("%q is a variant", name)
		}
	}
}

func TestConfig_Validate_NamesTheField(t *testing.T) {
	for want, change := range map[string]func(*siglip.Config){
		"pool is none":            func(c *siglip.Config) { c.Image.Pool = "none" },
		"without a head":          func(c *siglip.Config) { c.Text.Head = "none" },
		`head is "linear"`:        func(c *siglip.Config) { c.Text.Head = "linear" },
		`objective is "triplet"`:  func(c *siglip.Config) { c.Objective = "triplet" },
		`average is "pairs"`:      func(c *siglip.Config) { c.Average = "pairs" },
		"projection is -1":        func(c *siglip.Config) { c.Projection = -1 },
		"loss_block is -1":        func(c *siglip.Config) { c.LossBlock = -1 },
		"temperature is -1":       func(c *siglip.Config) { c.Temperature = -1 },
		"not softmax":             func(c *siglip.Config) { c.Objective, c.LossBlock = "softmax", 4 },
		"text tower: width is 0":  func(c *siglip.Config) { c.Text.Width = 0 },
		"image encoder: depth is": func(c *siglip.Config) { c.Image.Depth = 0 },
	} {
		c := tiny
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}
