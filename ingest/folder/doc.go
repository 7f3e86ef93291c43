// Package folder reads folders of images with texts in sidecar files or in caption tables.
//
// [New] returns the source; its fields select labels, texts made from names, and sequences of
// frames.
package folder
