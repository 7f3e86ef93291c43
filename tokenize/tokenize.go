// Package tokenize turns text into ids and ids into text: exact SentencePiece, and on top of it the
// vocabulary that PaLI needs, with sentinels and mode tokens.
//
// It owns ids. It knows no dataset, no task and no model.
package tokenize
