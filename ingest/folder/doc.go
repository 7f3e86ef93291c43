// Package folder reads folders of images, with texts beside them or in tables of captions.
//
// [New] returns the source; its fields choose labels, texts made of names, and sequences of frames.
package folder
