package weights

import (
	"fmt"
	"strings"
)

// T5X presents a checkpoint of T5X, saved with numpy.savez under names such as
// "target/encoder/layers_0/attention/query/kernel", as transformers names T5, mT5 and UL2
// (convert_t5x_checkpoint_to_pytorch.py), and one of scalable T5, whose layers are scanned, as umT5
// (convert_umt5_checkpoint_to_pytorch.py).
func T5X(f *File, _ []Spec) (*File, error) {
	x := openFlax(f)
	if !x.hasUnder("token_embedder/") {
		return nil, fmt.Errorf("reading %s: not a checkpoint of T5X: it has no token_embedder/, but %s", f.path, strings.Join(f.beginnings(), ", "))
	}
	x.move("token_embedder/embedding", "shared.weight", asIs)
	for _, stack := range []string{"encoder", "decoder"} {
		x.unscan(stack+"/"+stack, stack+"/layers", 1)
		for i := range maxDepth {
			from, to := fmt.Sprintf("%s/layers_%d/", stack, i), fmt.Sprintf("%s.block.%d.layer.", stack, i)
			if !x.hasUnder(from) {
				break
			}
			x.t5Layer(from, to, stack == "decoder")
		}
		// One table for all layers, which transformers keeps in the first.
		x.move(stack+"/relpos_bias/rel_embedding", stack+".block.0.layer.0.SelfAttention.relative_attention_bias.weight", kernel)
		x.move(fmt.Sprintf("%s/%s_norm/scale", stack, stack), stack+".final_layer_norm.weight", asIs)
	}
	x.move("decoder/logits_dense/kernel", "lm_head.weight", kernel)
	return x.view()
}

// t5Layer moves a layer: self-attention, in a decoder cross-attention, and the MLP.
func (x *flax) t5Layer(from, to string, decoder bool) {
	mlp, attention := to+"1.", "attention"
	if decoder {
		mlp, attention = to+"2.", "self_attention"
		x.t5Attention(from+"encoder_decoder_attention/", to+"1.EncDecAttention.")
		x.move(from+"pre_cross_attention_layer_norm/scale", to+"1.layer_norm.weight", asIs)
	}
	x.t5Attention(from+attention+"/", to+"0.SelfAttention.")
	x.move(from+"pre_"+attention+"_layer_norm/scale", to+"0.layer_norm.weight", asIs)
	x.move(from+"relpos_bias/rel_embedding", to+"0.SelfAttention.relative_attention_bias.weight", kernel)
	for _, name := range []string{"wi", "wi_0", "wi_1", "wo"} {
		x.move(from+"mlp/"+name+"/kernel", mlp+"DenseReluDense."+name+".weight", kernel)
	}
	x.move(from+"pre_mlp_layer_norm/scale", mlp+"layer_norm.weight", asIs)
}

// t5Attention moves four kernels: [in, heads·size] or, in scalable T5, [in, heads, size].
func (x *flax) t5Attention(from, to string) {
	for flaxName, ours := range map[string]string{"query": "q", "key": "k", "value": "v"} {
		x.move(from+flaxName+"/kernel", to+ours+".weight", joined(kernelToHeads))
	}
	x.move(from+"out/kernel", to+"o.weight", joined(kernelFromHeads))
}

// joined turns a kernel whose heads may be one axis with their size.
func joined(apart change) change {
	return func(t tensor) (tensor, error) {
		if len(t.Shape) == 2 {
			return kernel(t)
		}
		return apart(t)
	}
}
