// Package augment turns encoded images into pixel tensors, by a string of ops that anyone can read:
//
//	decode|resize(224)|value_range(-1,1)
//
// [Parse] turns such a string into a [Pipeline], and [Pipeline.Apply] turns the bytes of a JPEG,
// PNG, GIF, WebP, BMP or TIFF file into a [Tensor] of float32 [H,W,3]. The language and the names
// of the ops are those of big_vision (its pp/builder.py). An [Op] is a value: append your own to
// [BuiltinOps] and parse with the result. Random ops draw from the random.Stream they are given and
// from nothing else, so an image's crop is a function of that key.
//
// Ops that crop, pad, flip or turn note where they put each part of the image:
// [Pipeline.ApplyWithGeometry] returns that as a [Geometry], which moves boxes.
//
// Resizing antialiases, computes in floats and clamps. Models that were trained on other pixels
// name the library: resize(224, bicubic, as=pil) gives the bytes of Pillow, as=torch those of
// torchvision, and as=tf the values of tf.image.resize, each with its own methods. Two options give
// somewhat other pixels: resize(224, as=planes) resamples the planes of a JPEG before it converts
// them to RGB, which takes less work but where wide vectors do it, and decode(scale=auto) decodes a
// large JPEG at 1/2, 1/4 or 1/8, as Pillow's draft does, which is much faster.
//
// For NaFlex models, which take images of any aspect, resize_to_sequence makes whole patches: see
// [Pipeline.Sequence].
//
// [Decode] alone gives 8-bit RGB, and [Inspect] reads format and size from the header only. Input
// is taken to be hostile: limits are checked against the header before any pixel is allocated, and
// a bad image is one of [ErrNotImage], [ErrTooLarge], [ErrTruncated], [ErrCorrupt] or
// [ErrUnsupported].
//
// augment owns pixels. It knows no dataset and no model.
package augment
