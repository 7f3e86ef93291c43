package weights

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/internal/npz"
)

// Heads are numbers of attention heads, which the arrays of big_vision show and transformers' do
// not.
type Heads struct{ Image, Text int }

// SaveBigVision writes the weights of a vision_model, a text_model or both to an .npz archive as
// big_vision's current code names and lays them out: "params/img/...", "params/txt/...",
// "params/t" and "params/b", in float32. [BigVision] reads the archive back. It is an error if
// big_vision has no name for a weight.
func (s *Set) SaveBigVision(path string, heads Heads) error {
	w := &flaxWriter{set: s, left: map[string]int{}}
	for i, spec := range s.specs {
		w.left[spec.Name] = i
	}
	w.imageTower("vision_model.", "params/img/", heads.Image)
	w.textTower("text_model.", "params/txt/", heads.Text)
	w.dense("visual_projection", "params/img/head")
	w.move("logit_scale", "params/t", nil)
	w.move("logit_bias", "params/b", nil)
	for _, name := range slices.Sorted(maps.Keys(w.left)) {
		return fmt.Errorf("writing %s: big_vision has no name for the weight %s", path, name)
	}
	return npz.Write(path, w.out)
}

// SaveNPZ writes the weights, under their names and in torch's layout, to an .npz archive as
// numpy.savez does, in float32.
func (s *Set) SaveNPZ(path string) error {
	arrays := make([]npz.Array, len(s.specs))
	for i, spec := range s.specs {
		arrays[i] = npz.Array{Name: spec.Name, Shape: spec.Layout.FileShape(spec.Shape), Values: func() ([]float32, error) {
			values, err := tensors.CopyFlatData[float32](s.values[i])
			if err != nil {
				return nil, err
			}
			return spec.Layout.ToFile(values, spec.Shape), nil
		}}
	}
	return npz.Write(path, arrays)
}

// flaxWriter turns weights into arrays of flax parameters. In memory a kernel is [in, out], as it
// is there.
type flaxWriter struct {
	set  *Set
	left map[string]int // not turned yet
	out  []npz.Array
}

// move turns a weight into the array of a path, if it is there. Shape turns its shape into the
// array's; nil if they are the same.
func (w *flaxWriter) move(name, path string, shape func(Spec) []int) {
	i, has := w.left[name]
	if !has {
		return
	}
	delete(w.left, name)
	a := npz.Array{
		Name: path, Shape: w.set.specs[i].Shape,
		Values: func() ([]float32, error) { return tensors.CopyFlatData[float32](w.set.values[i]) },
	}
	if shape != nil {
		a.Shape = shape(w.set.specs[i])
	}
	w.out = append(w.out, a)
}

func (w *flaxWriter) imageTower(name, path string, heads int) {
	w.move(name+"embeddings.patch_embedding.weight", path+"embedding/kernel", func(s Spec) []int {
		if s.Layout != PatchKernel {
			return s.Shape // NaFlex's patches are flat
		}
		side := patchSide(s.Shape[0])
		return []int{side, side, 3, s.Shape[1]}
	})
	w.move(name+"embeddings.patch_embedding.bias", path+"embedding/bias", nil)
	w.move(name+"embeddings.cls_token", path+"cls", nil)
	w.move(name+"embeddings.position_embedding.weight", path+"pos_embedding", func(s Spec) []int {
		if side := patchSide(3 * s.Shape[0]); w.naflex(name) && side*side == s.Shape[0] {
			return []int{side, side, s.Shape[1]}
		}
		return []int{1, s.Shape[0], s.Shape[1]}
	})
	w.encoder(name, path+"Transformer", "post_layernorm", heads)
	w.mapHead(name+"head", path+"MAPHead_0", heads)
	w.dense(name+"pre_logits", path+"pre_logits")
}

// naflex reports whether an image tower takes flat patches.
func (w *flaxWriter) naflex(name string) bool {
	i, has := w.set.index[name+"embeddings.patch_embedding.weight"]
	return has && w.set.specs[i].Layout != PatchKernel
}

func (w *flaxWriter) textTower(name, path string, heads int) {
	w.move(name+"embeddings.token_embedding.weight", path+"Embed_0/embedding", nil)
	w.move(name+"embeddings.position_embedding.weight", path+"pos_embedding", func(s Spec) []int { return []int{1, s.Shape[0], s.Shape[1]} })
	w.encoder(name, path+"Encoder_0", "final_layer_norm", heads)
	w.mapHead(name+"map.head", path+"MAPHead_0", heads)
	w.dense(name+"head", path+"head")
}

// encoder turns the blocks and the last norm of a transformer.
func (w *flaxWriter) encoder(name, path, last string, heads int) {
	for i := range maxDepth {
		from, to := fmt.Sprintf("%sencoder.layers.%d", name, i), fmt.Sprintf("%s/encoderblock_%d", path, i)
		if _, has := w.left[from+".layer_norm1.weight"]; !has {
			break
		}
		w.norm(from+".layer_norm1", to+"/LayerNorm_0")
		w.norm(from+".layer_norm2", to+"/LayerNorm_1")
		attention := to + "/MultiHeadDotProductAttention_0"
		for ours, theirs := range map[string]string{"q_proj": "query", "k_proj": "key", "v_proj": "value"} {
			w.move(from+".self_attn."+ours+".weight", attention+"/"+theirs+"/kernel", toHeads(heads))
			w.move(from+".self_attn."+ours+".bias", attention+"/"+theirs+"/bias", perHead(heads))
		}
		w.move(from+".self_attn.out_proj.weight", attention+"/out/kernel", fromHeads(heads))
		w.move(from+".self_attn.out_proj.bias", attention+"/out/bias", nil)
		w.dense(from+".mlp.fc1", to+"/MlpBlock_0/Dense_0")
		w.dense(from+".mlp.fc2", to+"/MlpBlock_0/Dense_1")
	}
	w.norm(name+last, path+"/encoder_norm")
}

// mapHead turns multihead attention pooling, whose projections are joined in ours.
func (w *flaxWriter) mapHead(name, path string, heads int) {
	attention := path + "/MultiHeadDotProductAttention_0"
	w.move(name+".probe", path+"/probe", nil)
	w.divide(name+".attention.in_proj_weight", attention, "kernel", toHeads(3*heads))
	w.divide(name+".attention.in_proj_bias", attention, "bias", perHead(3*heads))
	w.move(name+".attention.out_proj.weight", attention+"/out/kernel", fromHeads(heads))
	w.move(name+".attention.out_proj.bias", attention+"/out/bias", nil)
	w.norm(name+".layernorm", path+"/LayerNorm_0")
	w.dense(name+".mlp.fc1", path+"/MlpBlock_0/Dense_0")
	w.dense(name+".mlp.fc2", path+"/MlpBlock_0/Dense_1")
}

// divide turns a weight with the heads of queries, keys and values side by side, the next to last
// axis of the given shape, into three arrays.
func (w *flaxWriter) divide(name, path, leaf string, shape func(Spec) []int) {
	before := len(w.out)
	w.move(name, "", shape)
	if len(w.out) == before {
		return
	}
	joined := w.out[before]
	w.out = w.out[:before]
	heads := len(joined.Shape) - 2
	part := slices.Clone(joined.Shape)
	part[heads] /= 3
	for i, theirs := range []string{"query", "key", "value"} {
		w.out = append(w.out, npz.Array{Name: path + "/" + theirs + "/" + leaf, Shape: part, Values: func() ([]float32, error) {
			all, err := joined.Values()
			if err != nil {
				return nil, err
			}
			row := joined.Shape[heads] * joined.Shape[heads+1]
			var values []float32
			for begin := 0; begin < len(all); begin += row {
				values = append(values, all[begin+i*row/3:begin+(i+1)*row/3]...)
			}
			return values, nil
		}})
	}
}

// dense turns a linear layer.
func (w *flaxWriter) dense(name, path string) {
	w.move(name+".weight", path+"/kernel", nil)
	w.move(name+".bias", path+"/bias", nil)
}

// norm turns a LayerNorm.
func (w *flaxWriter) norm(name, path string) {
	w.move(name+".weight", path+"/scale", nil)
	w.move(name+".bias", path+"/bias", nil)
}

// toHeads turns [in, out] into [in, heads, size], fromHeads turns [in, out] into [heads, size,
// out], and perHead turns [out] into [heads, size].
func toHeads(heads int) func(Spec) []int {
	return func(s Spec) []int { return []int{s.Shape[0], heads, s.Shape[1] / max(heads, 1)} }
}

func fromHeads(heads int) func(Spec) []int {
	return func(s Spec) []int { return []int{heads, s.Shape[0] / max(heads, 1), s.Shape[1]} }
}

func perHead(heads int) func(Spec) []int {
	return func(s Spec) []int { return []int{heads, s.Shape[0] / max(heads, 1)} }
}
