// Package tokenize turns text into ids and ids into text. A [Vocabulary] is a SentencePiece model
// (package sentencepiece) with the additional ids that PaLI needs: sentinels and mode tokens.
//
//	vocabulary, err := tokenize.Open(tokenize.Config{Model: "spiece.model", Sentinels: 64, ModeTokens: true})
//	prompt := vocabulary.Encode("Answer in EN: How many dogs are there? <extra_id_0>")
//	used := tokenize.Fit(row, prompt) // row now has the prompt, an end of sentence and padding
//
// [Open] moves padding, end of sentence and the unknown piece of any SentencePiece model to ids 0,
// 1 and 2 (layout.go). [Preset] returns the vocabularies of published models, and [Builtin] the
// models that come with pali3. Package tokenizerjson runs and converts tokenizer.json files, and
// package sentencepiece/train trains models.
package tokenize
