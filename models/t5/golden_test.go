package t5_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/weights"
)

// folders lists the folders of transformers' models that parity/models_t5.py made.
func folders(t testing.TB) []string {
	t.Helper()
	all, err := filepath.Glob("testdata/hub/*")
	if err != nil || len(all) == 0 {
		t.Fatalf("no folders in testdata/hub: %v", err)
	}
	return all
}

// openHub reads a folder of transformers'.
func openHub(t testing.TB, folder string) (*t5.Model, *weights.Set) {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(folder, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := t5.HubConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	file, err := weights.OpenFile(filepath.Join(folder, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := t5.HubFit(m, file); err != nil {
		t.Fatal(err)
	}
	specs, err := m.Specs(modeltest.Backend(t))
	if err != nil {
		t.Fatal(err)
	}
	set, report, err := weights.LoadFile(file, specs, t5.HubNames)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Unexpected) > 0 {
		t.Errorf("unexpected weights: %v", report.Unexpected)
	}
	return m, set
}

// TestModel_EqualsTransformers compares the hidden state after every block, the logits, the loss
// and the gradients of all weights with transformers' models of each kind: tied and untied, scaled
// and not, each activation, with tables of relative biases in every layer, over several shapes with
// padding and beyond the largest distance of the tables.
func TestModel_EqualsTransformers(t *testing.T) {
	for _, folder := range folders(t) {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			m, set := openHub(t, folder)
			golden := modeltest.OpenGolden(t, filepath.Join(folder, "outputs.safetensors"))
			batches := 0
			for ; golden.Has(prefix(batches) + "ids"); batches++ {
				compareBatch(t, m, set, golden, prefix(batches))
			}
			if batches == 0 {
				t.Error("no batches")
			}
		})
	}
}

func prefix(batch int) string { return string(rune('0'+batch)) + "." }

func compareBatch(t *testing.T, m *t5.Model, set *weights.Set, golden modeltest.Golden, prefix string) {
	t.Helper()
	inputs := []*tensors.Tensor{golden.Ints(prefix + "ids"), golden.Ints(prefix + "decoder"), golden.Ints(prefix + "targets")}
	var names []string
	out := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		s.Record()
		results := m.Outputs(s, map[string]*graph.Node{"input_ids": in[0], "decoder_input_ids": in[1], "targets": in[2]})
		var nodes []*graph.Node
		for _, n := range append(s.Noted(), results...) {
			names, nodes = append(names, n.Name), append(nodes, n.Node)
		}
		return nodes
	}, inputs...)
	var state, gradient float64
	blocks := 0
	for i, name := range names {
		if name == "loss" {
			t.Logf("loss differs by %.1e", golden.Close(prefix+name, out[i], 1e-6))
			continue
		}
		state = max(state, golden.Close(prefix+name, out[i], 1e-5))
		if strings.Contains(name, ".block.") {
			blocks++
		}
	}
	if want := m.EncoderLayers + m.DecoderLayers; blocks != want {
		t.Errorf("%d hidden states of blocks, want %d", blocks, want)
	}
	for i, g := range modeltest.Gradients(t, set, lossOf(m.Config), inputs...) {
		spec := set.Specs()[i]
		gradient = max(gradient, golden.Close(prefix+"gradient."+spec.Name, modeltest.InFileOrder(spec, g), 1e-5))
	}
	t.Logf("states differ by at most %.1e, gradients by %.1e", state, gradient)
}

// TestVariant_Parameters compares with the parameters of transformers' models.
func TestVariant_Parameters(t *testing.T) {
	content, err := os.ReadFile("testdata/parameters.json")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	if err := json.Unmarshal(content, &want); err != nil {
		t.Fatal(err)
	}
	for _, size := range []string{"small", "base", "large", "xl", "xxl"} {
		want["flan-t5-"+size] = want["t5-1.1-"+size]
	}
	want["flan-ul2"] = want["ul2-20b"]
	want["ul2-3b"] = 2_718_160_896 + 2*250_112*2048
	for _, name := range t5.Variants() {
		c, err := t5.Variant(name)
		if err != nil {
			t.Fatal(err)
		}
		specs, err := t5.Specs(modeltest.Backend(t), c)
		if err != nil {
			t.Fatal(err)
		}
		if got := weights.Parameters(specs); got != want[name] {
			t.Errorf("%s: %d parameters, want %d", name, got, want[name])
		}
	}
}
