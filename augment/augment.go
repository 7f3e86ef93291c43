// Package augment turns encoded images into pixel tensors: decode, resize, crop, flip, value range,
// written as one string of ops, for example "decode|resize(224)|value_range(-1,1)".
//
// It owns pixels. It knows no dataset and no model.
package augment
