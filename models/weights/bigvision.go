package weights

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// BigVision presents a checkpoint of big_vision (.npz) as transformers names it: two towers
// ("img/...", "txt/...", "t", "b") as SiglipModel, a single ViT as its vision_model, a single text
// transformer as its text_model, and PaliGemma ("img/...", "llm/...") as
// PaliGemmaForConditionalGeneration. Names may begin with "params/" or "opt/target/".
//
// It reads blocks stored one by one or scanned, and repairs old checkpoints as big_vision does
// (models/vit.py, fix_old_checkpoints; text_transformer.py, load). Tensors that it does not know
// keep their names.
func BigVision(f *File, _ []Spec) (*File, error) {
	x := openFlax(f)
	x.renumber()
	switch {
	case x.hasUnder("llm/"):
		x.paligemma()
	case x.hasUnder("img/") || x.hasUnder("txt/"):
		x.twoTowers()
	case x.hasUnder("Encoder_0/"):
		x.textTower("", "text_model.")
	case x.hasUnder("Transformer/"):
		x.imageTower("", "vision_model.", "classifier")
	default:
		return nil, fmt.Errorf("reading %s: not a checkpoint of big_vision: it has none of img/, txt/, llm/, Transformer/ and Encoder_0/, but %s",
			f.path, strings.Join(f.beginnings(), ", "))
	}
	return x.view()
}

func (x *flax) twoTowers() {
	x.imageTower("img/", "vision_model.", "visual_projection")
	x.textTower("txt/", "text_model.")
	x.move("t", "logit_scale", flat)
	x.move("b", "logit_bias", flat)
}

// imageTower moves a ViT under a path. Head is the name for its last layer.
func (x *flax) imageTower(path, name, head string) {
	x.repairImageTower(path)
	x.move(path+"embedding/kernel", name+"embeddings.patch_embedding.weight", patchKernel)
	x.move(path+"embedding/bias", name+"embeddings.patch_embedding.bias", asIs)
	x.move(path+"cls", name+"embeddings.cls_token", asIs)
	x.move(path+"pos_embedding", name+"embeddings.position_embedding.weight", positions)
	x.encoder(path+"Transformer", name, "post_layernorm")
	x.mapHead(path+"MAPHead_0", name+"head")
	x.dense(path+"pre_logits", name+"pre_logits")
	x.dense(path+"head", head)
}

// repairImageTower is big_vision's fix_old_checkpoints.
func (x *flax) repairImageTower(path string) {
	x.rename(path+"Transformer/posembed_input/pos_embedding", path+"pos_embedding")
	x.rename(path+"Transformer/pos_embedding", path+"pos_embedding")
	if x.has(path + "probe") {
		for _, part := range []string{"probe", "MlpBlock_0", "MultiHeadDotProductAttention_0", "LayerNorm_0"} {
			x.rename(path+part, path+"MAPHead_0/"+part)
		}
	}
	// A class token used to have a position of its own, the first.
	pos, ok := x.left[path+"pos_embedding"]
	if !ok || len(pos.Shape) != 3 || pos.Shape[0] != 1 {
		return
	}
	n, width := pos.Shape[1], pos.Shape[2]
	if side := int(math.Sqrt(float64(n))); n < 1 || side*side+1 != n {
		return
	}
	all, err := pos.reshaped(n, width)
	if err != nil {
		x.err = cmp.Or(x.err, err)
		return
	}
	rest, _ := all.rows(1, n).reshaped(1, n-1, width)
	x.left[path+"pos_embedding"] = rest
	cls, ok := x.left[path+"cls"]
	if !ok {
		x.ignored = append(x.ignored, Named{pos.Name + "[0]", "it is the position of a class token that the checkpoint does not have"})
		return
	}
	first, _ := all.rows(0, 1).reshaped(1, 1, width)
	if x.left[path+"cls"], err = sum(cls, first); err != nil {
		x.err = cmp.Or(x.err, err)
	}
}

// patchKernel turns the convolution [p, p, 3, width] into torch's [width, 3, p, p], and NaFlex's
// Dense [p·p·3, width] into [width, p·p·3].
func patchKernel(t tensor) (tensor, error) {
	if len(t.Shape) == 2 {
		return kernel(t)
	}
	return t.permuted(3, 2, 0, 1)
}

// positions turns [1, N, width], or NaFlex's [n, n, width], into a table [N, width].
func positions(t tensor) (tensor, error) {
	if len(t.Shape) != 3 {
		return tensor{}, fmt.Errorf("%s has shape %v, want 3 dimensions", t.Name, t.Shape)
	}
	return t.reshaped(t.Shape[0]*t.Shape[1], t.Shape[2])
}

// textTower moves a text transformer under a path.
func (x *flax) textTower(path, name string) {
	// Some old checkpoints had learned two position tables, which were both added.
	if extra, ok := x.take(path + "Encoder_0/pos_embedding"); ok {
		table, ok := x.left[path+"pos_embedding"]
		if ok {
			var err error
			if table, err = sum(table, extra); err != nil {
				x.err = cmp.Or(x.err, err)
			}
		} else {
			table = extra
		}
		x.left[path+"pos_embedding"] = table
	}
	embedding, found := x.left[path+"Embed_0/embedding"]
	x.move(path+"Embed_0/embedding", name+"embeddings.token_embedding.weight", asIs)
	x.move(path+"pos_embedding", name+"embeddings.position_embedding.weight", positions)
	x.encoder(path+"Encoder_0", name, "final_layer_norm")
	x.mapHead(path+"MAPHead_0", name+"map.head")
	if found && len(embedding.Shape) == 2 && !x.hasUnder(path+"head/") {
		x.identityHead(name+"head", embedding)
	}
	x.dense(path+"head", name+"head")
}

// identityHead adds the head that a text tower without one has in transformers.
func (x *flax) identityHead(name string, embedding tensor) {
	width := embedding.Shape[1]
	bias := tensor{Entry: Entry{Name: name + ".bias", DType: embedding.DType, Shape: []int{width}}}
	weight := tensor{Entry: Entry{Name: name + ".weight", DType: embedding.DType, Shape: []int{width, width}}}
	x.out = append(x.out,
		bias.computed(func() ([]float32, error) { return make([]float32, width), nil }),
		weight.computed(func() ([]float32, error) {
			identity := make([]float32, width*width)
			for i := range width {
				identity[i*width+i] = 1
			}
			return identity, nil
		}))
	const why = "the text tower has no head: its output is the embedding"
	x.added = append(x.added, Named{weight.Name, why + "; the weight is an identity"}, Named{bias.Name, why + "; the bias is 0"})
}

// encoder moves the blocks and the last norm of a transformer.
func (x *flax) encoder(path, name, last string) {
	x.unscan(path+"/encoderblock", path+"/encoderblock", 0)
	for i := range maxDepth {
		from, to := fmt.Sprintf("%s/encoderblock_%d", path, i), fmt.Sprintf("%sencoder.layers.%d", name, i)
		if !x.hasUnder(from + "/") {
			break
		}
		x.norm(from+"/LayerNorm_0", to+".layer_norm1")
		x.norm(from+"/LayerNorm_1", to+".layer_norm2")
		attention := from + "/MultiHeadDotProductAttention_0"
		for flaxName, ours := range map[string]string{"query": "q_proj", "key": "k_proj", "value": "v_proj"} {
			x.move(attention+"/"+flaxName+"/kernel", to+".self_attn."+ours+".weight", kernelToHeads)
			x.move(attention+"/"+flaxName+"/bias", to+".self_attn."+ours+".bias", flat)
		}
		x.move(attention+"/out/kernel", to+".self_attn.out_proj.weight", kernelFromHeads)
		x.move(attention+"/out/bias", to+".self_attn.out_proj.bias", asIs)
		x.dense(from+"/MlpBlock_0/Dense_0", to+".mlp.fc1")
		x.dense(from+"/MlpBlock_0/Dense_1", to+".mlp.fc2")
	}
	x.norm(path+"/encoder_norm", name+last)
}

// mapHead moves multihead attention pooling. Torch's MultiheadAttention joins the projections of
// queries, keys and values.
func (x *flax) mapHead(path, name string) {
	x.move(path+"/probe", name+".probe", asIs)
	attention := path + "/MultiHeadDotProductAttention_0"
	x.join(attention, "kernel", name+".attention.in_proj_weight", kernelToHeads)
	x.join(attention, "bias", name+".attention.in_proj_bias", flat)
	x.move(attention+"/out/kernel", name+".attention.out_proj.weight", kernelFromHeads)
	x.move(attention+"/out/bias", name+".attention.out_proj.bias", asIs)
	x.norm(path+"/LayerNorm_0", name+".layernorm")
	x.dense(path+"/MlpBlock_0/Dense_0", name+".mlp.fc1")
	x.dense(path+"/MlpBlock_0/Dense_1", name+".mlp.fc2")
}

func (x *flax) join(attention, leaf, name string, how change) {
	paths := []string{attention + "/query/" + leaf, attention + "/key/" + leaf, attention + "/value/" + leaf}
	if !slices.ContainsFunc(paths, x.has) {
		return
	}
	var all []tensor
	for _, path := range paths {
		t, ok := x.take(path)
		if !ok {
			x.err = cmp.Or(x.err, fmt.Errorf("it lacks %s, which belongs with %s", path, strings.Join(paths, " and ")))
			return
		}
		t, err := how(t)
		if err != nil {
			x.err = cmp.Or(x.err, err)
			return
		}
		all = append(all, t)
	}
	t, err := concatenated(all...)
	x.put(name, t, err)
}

// paligemma moves PaliGemma 1 or 2: a ViT, whose head is the projection, and Gemma 1 or 2
// (big_vision models/ppp/gemma.py). Transformers has no weights for the tied output layer.
func (x *flax) paligemma() {
	x.imageTower("img/", "vision_tower.vision_model.", "multi_modal_projector.linear")
	const name = "language_model.model."
	x.move("llm/embedder/input_embedding", name+"embed_tokens.weight", asIs)
	x.unscan("llm/layers", "llm/layers", 0)
	for i := range maxDepth {
		from, to := fmt.Sprintf("llm/layers_%d/", i), fmt.Sprintf("%slayers.%d.", name, i)
		if !x.hasUnder(from) {
			break
		}
		x.gemmaAttention(from+"attn/", to+"self_attn.")
		x.split(from+"mlp/gating_einsum", kernel, to+"mlp.gate_proj.weight", to+"mlp.up_proj.weight")
		x.move(from+"mlp/linear", to+"mlp.down_proj.weight", kernel)
		x.move(from+"pre_attention_norm/scale", to+"input_layernorm.weight", asIs)
		if x.has(from + "post_attention_norm/scale") { // Gemma 2
			x.move(from+"post_attention_norm/scale", to+"post_attention_layernorm.weight", asIs)
			x.move(from+"pre_ffw_norm/scale", to+"pre_feedforward_layernorm.weight", asIs)
			x.move(from+"post_ffw_norm/scale", to+"post_feedforward_layernorm.weight", asIs)
		}
		x.move(from+"pre_ffw_norm/scale", to+"post_attention_layernorm.weight", asIs)
	}
	x.move("llm/final_norm/scale", name+"norm.weight", asIs)
}

func (x *flax) gemmaAttention(from, to string) {
	x.move(from+"q_einsum/w", to+"q_proj.weight", gemmaHeads)
	x.split(from+"kv_einsum/w", gemmaHeads, to+"k_proj.weight", to+"v_proj.weight")
	x.split(from+"qkv_einsum/w", gemmaHeads, to+"q_proj.weight", to+"k_proj.weight", to+"v_proj.weight")
	x.move(from+"attn_vec_einsum/w", to+"o_proj.weight", kernelFromHeads)
}

// gemmaHeads turns [heads, in, size] into [heads·size, in].
func gemmaHeads(t tensor) (tensor, error) {
	t, err := t.permuted(0, 2, 1)
	if err != nil {
		return tensor{}, err
	}
	return t.reshaped(t.Shape[0]*t.Shape[1], t.Shape[2])
}

// split moves the parts of a tensor along its first axis to one name each.
func (x *flax) split(path string, how change, names ...string) {
	t, ok := x.take(path)
	if !ok {
		return
	}
	if len(t.Shape) == 0 || t.Shape[0] != len(names) {
		x.err = cmp.Or(x.err, fmt.Errorf("%s has shape %v, want %d first", t.Name, t.Shape, len(names)))
		return
	}
	for i, name := range names {
		part, err := how(t.slice(i))
		x.put(name, part, err)
	}
}
