package siglip_test

import (
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// TestSaveBigVision_ReadsBack writes towers of several kinds as big_vision lays them out, and reads
// equal weights back.
func TestSaveBigVision_ReadsBack(t *testing.T) {
	text := siglip.Text{Width: 8, Depth: 1, MLP: 12, Heads: 4, Vocab: 11, Length: 5}
	image := vit.Config{Width: 12, Depth: 2, MLP: 20, Heads: 3, Patch: 2, Image: vit.Side(8)}
	with := func(change func(*siglip.Config)) siglip.Config {
		c := siglip.Config{Image: image, Text: text}
		change(&c)
		return c
	}
	for name, c := range map[string]siglip.Config{
		"map":    with(func(*siglip.Config) {}),
		"gap":    with(func(c *siglip.Config) { c.Image.Pool, c.Projection = "gap", 6 }),
		"tok":    with(func(c *siglip.Config) { c.Image.Pool, c.Image.PreLogits, c.Projection = "tok", 10, 7 }),
		"naflex": with(func(c *siglip.Config) { c.Image.NaFlex = 4 }),
		"text":   with(func(c *siglip.Config) { c.Text.Pool, c.Text.Head, c.Text.Width, c.Text.Heads = "map", "none", 12, 2 }),
		"clip":   with(func(c *siglip.Config) { c.Objective = "softmax" }),
	} {
		specs, err := siglip.Specs(modeltest.Backend(t), c)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		set := weights.Initial(specs, 3)
		path := filepath.Join(t.TempDir(), "weights.npz")
		if err := set.SaveBigVision(path, weights.Heads{Image: c.Image.Heads, Text: c.Text.Heads}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		file, err := weights.OpenFile(path)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, report, err := weights.LoadFile(file, specs, weights.BigVision)
		if err != nil || len(report.Adapted) > 0 {
			t.Errorf("%s: %v, %v", name, report, err)
		} else {
			near(t, again, set, 0)
		}
		file.Close()
	}
}

// TestSaveBigVision_NamesWhatItDoesNotKnow refuses a weight that is in no tower.
func TestSaveBigVision_NamesWhatItDoesNotKnow(t *testing.T) {
	set := weights.Initial([]weights.Spec{{Name: "shared.weight", Shape: []int{2, 3}, Init: weights.Zeros()}}, 0)
	err := set.SaveBigVision(filepath.Join(t.TempDir(), "w.npz"), weights.Heads{})
	if err == nil || err.Error()[len(err.Error())-len("shared.weight"):] != "shared.weight" {
		t.Errorf("error %v", err)
	}
}

// TestEmbedTexts_PoolsAsBigVision compares all rules of pooling with big_vision's own text tower
// (parity/big_vision_weights.py).
func TestEmbedTexts_PoolsAsBigVision(t *testing.T) {
	golden := modeltest.OpenGolden(t, "testdata/big_vision-pools.safetensors")
	for _, pool := range []string{"last", "first", "mean", "max", "map"} {
		c := tiny
		c.Image = vit.Config{Width: 12, Depth: 1, MLP: 4, Heads: 1, Patch: 2, Image: vit.Side(2)}
		c.Text = siglip.Text{Width: 16, Depth: 2, MLP: 20, Heads: 4, Vocab: 23, Length: 7, Pool: pool}
		specs, err := siglip.Specs(modeltest.Backend(t), c)
		if err != nil {
			t.Fatal(err)
		}
		set := weights.Initial(specs, 0)
		file, err := weights.OpenFile("testdata/big_vision-pools.npz")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		named, err := weights.BigVision(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		var texts []weights.Spec
		for _, s := range specs {
			if _, has := named.Entry(s.Name); has {
				texts = append(texts, s)
			}
		}
		loaded, _, err := weights.LoadFile(named, texts, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range specs {
			if _, has := named.Entry(s.Name); has {
				set.Tensors()[i] = loaded.Get(s.Name)
			}
		}
		out := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
			return []*graph.Node{siglip.EmbedTexts(s, c, in[0])}
		}, golden.Ints("texts"))
		golden.Near(pool, out[0], 1e-5)
	}
}
