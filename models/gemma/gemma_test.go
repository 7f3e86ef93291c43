package gemma_test

import (
	"strings"
	"testing"

	"github.com/pali3/pali3/models/gemma"
)

// TestValidate_NamesTheField makes one field invalid at a time.
func TestValidate_NamesTheField(t *testing.T) {
	for field, spoil := range map[string]func(*gemma.Config){
		"width":             func(c *gemma.Config) { c.Width = 0 },
		"depth":             func(c *gemma.Config) { c.Depth = -1 },
		"mlp":               func(c *gemma.Config) { c.MLP = 0 },
		"heads":             func(c *gemma.Config) { c.Heads = 0 },
		"kv_heads":          func(c *gemma.Config) { c.KVHeads = 3 },
		"head_dim":          func(c *gemma.Config) { c.HeadDim = 7 },
		"vocab":             func(c *gemma.Config) { c.Vocab = 0 },
		"window":            func(c *gemma.Config) { c.Window = -1 },
		"query_scalar":      func(c *gemma.Config) { c.QueryScalar = -2 },
		"attention_softcap": func(c *gemma.Config) { c.AttentionSoftcap = -1 },
		"logit_softcap":     func(c *gemma.Config) { c.LogitSoftcap = -1 },
		"rotary_base":       func(c *gemma.Config) { c.RotaryBase = 1 },
		"label_smoothing":   func(c *gemma.Config) { c.LabelSmoothing = 1 },
		"z_loss":            func(c *gemma.Config) { c.ZLoss = -1 },
		"dropout":           func(c *gemma.Config) { c.Dropout = 1 },
	} {
		c, err := gemma.Variant("gemma2-2b")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		spoil(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: the error is %v", field, err)
		}
	}
	if _, err := gemma.Variant("gemma3-4b"); err == nil || !strings.Contains(err.Error(), "gemma2-27b") {
		t.Errorf("the error of an unknown variant is %v", err)
	}
}
