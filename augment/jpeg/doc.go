// Package jpeg decodes JPEG files as libjpeg-turbo does, bit for bit: the pixels are those of
// Pillow and PyTorch, and with [Options.FastDCT] those of TensorFlow, which takes another transform
// by default.
//
// It decodes files with Huffman codes and 8 bits per sample: baseline, extended and progressive,
// with any sampling factors, restart intervals and number of scans, grey, YCbCr, RGB, CMYK and
// YCCK. [Header.Supported] names what it refuses: arithmetic coding, lossless files, 12 bits.
//
// [Decode] returns the components' planes as the file stores them, so that a caller can resample
// planes of half the resolution without upsampling them first. [Image.RGB] upsamples and converts
// them. [Options.Scale] decodes at 1/2, 1/4 or 1/8 of the size, with less work. A [Decoder] keeps
// its memory from one file to the next. [ReadHeader] reads size, structure and orientation alone,
// and [Check] finds out whether a file would decode. The errors are [ErrTruncated], [ErrCorrupt],
// [ErrTooLarge] and [ErrUnsupported].
//
// What is equal to libjpeg, with its defaults: the accurate integer transform (jidctint.c, and
// jidctred.c for scaled images) and the fast one (jidctfst.c), interpolation of chroma ("fancy
// upsampling", jdsample.c), the conversion of colours (jdcolor.c), and with [Options.Lenient] what
// remains of damaged files: resynchronization at restart markers, grey for missing data and
// smoothing of progressive files that lack scans (jdcoefct.c). Where the SIMD code of libjpeg-turbo
// gives other results for damaged files than its C code, because sums of 16 bits wrap around, this
// package follows the SIMD code.
package jpeg
