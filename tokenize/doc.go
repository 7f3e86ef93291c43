// Package tokenize turns text into ids and ids into text: exact SentencePiece (package
// sentencepiece), and on top of it the [Vocabulary] that PaLI needs, with sentinels and mode
// tokens.
//
//	vocabulary, err := tokenize.Open(tokenize.Config{Model: "spiece.model", Sentinels: 64, ModeTokens: true})
//	prompt := vocabulary.Encode("Answer in EN: How many dogs are there? <extra_id_0>")
//	used := tokenize.Fit(row, prompt) // row now has the prompt, an end of sentence and padding
//
// It owns ids. It knows no dataset, no task and no model.
package tokenize
