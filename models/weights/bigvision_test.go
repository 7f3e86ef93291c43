package weights

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/internal/safetensors"
)

// openAs opens a file of another layout under transformers' names.
func openAs(t *testing.T, path string, names Names) *File {
	t.Helper()
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	view, err := names(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	return view
}

// sameTensors fails the test unless two files have the same tensors.
func sameTensors(t *testing.T, got, want *File) {
	t.Helper()
	for _, e := range want.Entries() {
		entry, ok := got.Entry(e.Name)
		if !ok || !slices.Equal(entry.Shape, e.Shape) {
			t.Errorf("%s has shape %v, want %v", e.Name, entry.Shape, e.Shape)
			continue
		}
		a, err := got.Float32(e.Name)
		if err != nil {
			t.Error(err)
		}
		if b, _ := want.Float32(e.Name); !slices.Equal(a, b) {
			t.Errorf("%s differs", e.Name)
		}
	}
	for _, e := range got.Entries() {
		if _, ok := want.Entry(e.Name); !ok {
			t.Errorf("%s %v is left", e.Name, e.Shape)
		}
	}
}

// TestAnyLayout_EqualsNumpy compares with numpy's reordering and big_vision's fix_old_checkpoints
// (parity/big_vision_weights.py). Outputs of the two towers are compared in models/siglip.
func TestAnyLayout_EqualsNumpy(t *testing.T) {
	for name, layout := range map[string]string{
		"big_vision-class-token": "big_vision", "paligemma": "big_vision", "paligemma2": "big_vision", "paligemma-mha": "big_vision",
		"t5x": "t5x", "t5x-scanned": "t5x",
	} {
		t.Run(name, func(t *testing.T) {
			want, err := OpenFile("testdata/" + name + ".safetensors")
			if err != nil {
				t.Fatal(err)
			}
			defer want.Close()
			sameTensors(t, openAs(t, "testdata/"+name+".npz", AnyLayout), want)
			names, err := LayoutNames(layout)
			if err != nil {
				t.Fatal(err)
			}
			sameTensors(t, openAs(t, "testdata/"+name+".npz", names), want)
			if found := LayoutOf(want); found != "transformers" {
				t.Errorf("the other file has the layout %s", found)
			}
		})
	}
}

// flaxFile writes tensors of ones under the given names.
func flaxFile(t *testing.T, shapes map[string][]int) string {
	t.Helper()
	var all []safetensors.Tensor
	for name, shape := range shapes {
		e := Entry{Shape: shape}
		all = append(all, safetensors.Tensor{Name: name, DType: safetensors.F32, Shape: shape, Data: func() []byte {
			return safetensors.Float32Bytes(slices.Repeat([]float32{1}, e.Size()))
		}})
	}
	path := filepath.Join(t.TempDir(), "flax.safetensors")
	if err := safetensors.Write(path, all, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBigVision_SaysWhatItLeavesOutAndAdds(t *testing.T) {
	f := openAs(t, flaxFile(t, map[string][]int{
		"params/txt/Embed_0/embedding":              {5, 3},
		"params/txt/Encoder_0/encoder_norm/scale":   {3},
		"params/img/pos_embedding":                  {1, 5, 2},
		"params/img/embedding/kernel":               {12, 2}, // NaFlex
		"params/img/new_thing":                      {1},
		"opt/0/mu/img/pos_embedding":                {1, 5, 2},
		"params/img/Transformer/encoder_norm/scale": {2},
	}), BigVision)
	var names []string
	for _, e := range f.Entries() {
		names = append(names, e.Name)
	}
	want := []string{
		"params/img/new_thing", "text_model.embeddings.token_embedding.weight", "text_model.final_layer_norm.weight",
		"text_model.head.bias", "text_model.head.weight",
		"vision_model.embeddings.patch_embedding.weight", "vision_model.embeddings.position_embedding.weight", "vision_model.post_layernorm.weight",
	}
	if !slices.Equal(names, want) {
		t.Errorf("tensors %q, want %q", names, want)
	}
	if patch, _ := f.Entry(want[5]); !slices.Equal(patch.Shape, []int{2, 12}) {
		t.Errorf("NaFlex's patches: %v", patch.Shape)
	}
	identity, err := f.Float32("text_model.head.weight")
	if err != nil || !slices.Equal(identity, []float32{1, 0, 0, 0, 1, 0, 0, 0, 1}) {
		t.Errorf("the head that is not there: %v, %v", identity, err)
	}
	set, report, err := LoadFile(f, []Spec{{Name: "text_model.head.bias", Shape: []int{3}}}, nil)
	if err != nil || set == nil {
		t.Fatal(err)
	}
	text := report.String()
	for _, want := range []string{"7 unexpected", "2 ignored: opt/0/mu/img/pos_embedding (it is not a parameter", "params/img/pos_embedding[0]", "2 added: text_model.head.weight (the text tower has no head"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s does not have %q", text, want)
		}
	}
}

func TestBigVision_ErrorsNameTheTensor(t *testing.T) {
	norm := "img/Transformer/encoder_norm/scale"
	scanned := map[string][]int{norm: {2}}
	for i := range 70 {
		scanned[fmt.Sprintf("img/Transformer/encoderblock/x%d", i)] = []int{1000, 0}
	}
	for want, shapes := range map[string]map[string][]int{
		"it has none of img/":                    {"model.layers.0.weight": {1}},
		"img/embedding/kernel has shape [2 2 2]": {"img/embedding/kernel": {2, 2, 2}, norm: {2}},
		"want [width, heads, size]":              {"img/Transformer/encoderblock_0/MultiHeadDotProductAttention_0/query/kernel": {2, 2}, norm: {2}},
		"want the layers as axis 0":              {"img/Transformer/encoderblock/LayerNorm_0/scale": {2000, 2}, norm: {2}},
		"img/Transformer/encoderblock/LayerNorm_1/scale has shape [3 2]": {
			"img/Transformer/encoderblock/LayerNorm_0/scale": {2, 2}, "img/Transformer/encoderblock/LayerNorm_1/scale": {3, 2}},
		"it lacks img/MAPHead_0/MultiHeadDotProductAttention_0/key/bias":  {"img/MAPHead_0/MultiHeadDotProductAttention_0/query/bias": {2, 2}},
		"it has both img/Transformer/pos_embedding and img/pos_embedding": {"img/Transformer/pos_embedding": {1, 4, 2}, "img/pos_embedding": {1, 4, 2}},
		"in their layers":        scanned,
		"65 parts, more than 64": {"img/" + strings.Repeat("a/", 63) + "b": {1}},
		"to be added to it":      {"txt/Encoder_0/pos_embedding": {1, 4, 2}, "txt/pos_embedding": {1, 5, 2}},
	} {
		path := flaxFile(t, shapes)
		f, err := OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := BigVision(f, nil); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%v, want %q", err, want)
		}
		f.Close()
	}
}

// TestPermute_KnowsAllOrders compares with indices.
func TestPermute_KnowsAllOrders(t *testing.T) {
	shape := []int{2, 3, 4}
	values := make([]float32, 24)
	for i := range values {
		values[i] = float32(i)
	}
	for _, axes := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		got := permute(values, shape, axes)
		at := 0
		for i := range shape[axes[0]] {
			for j := range shape[axes[1]] {
				for k := range shape[axes[2]] {
					index := make([]int, 3)
					index[axes[0]], index[axes[1]], index[axes[2]] = i, j, k
					if want := values[index[0]*12+index[1]*4+index[2]]; got[at] != want {
						t.Fatalf("%v: element %d is %g, want %g", axes, at, got[at], want)
					}
					at++
				}
			}
		}
	}
	for _, shape := range [][]int{{1, 1}, {31, 65}, {100, 3}, {0, 5}} {
		values := make([]float32, shape[0]*shape[1])
		for i := range values {
			values[i] = float32(i)
		}
		back := transpose(transpose(values, shape[0], shape[1]), shape[1], shape[0])
		if !slices.Equal(back, values) || len(values) > 1 && shape[0] > 1 && transpose(values, shape[0], shape[1])[1] != values[shape[1]] {
			t.Errorf("%v: transposed twice it differs", shape)
		}
	}
}
