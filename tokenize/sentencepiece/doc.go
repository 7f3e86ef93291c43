// Package sentencepiece reads SentencePiece models (.model files) and encodes and decodes text with
// them exactly as the C++ library does: the same ids for every text.
//
//	model, err := sentencepiece.Open("spiece.model")
//	ids := model.Encode("Two dogs, one ball.")
//	text := model.Decode(ids)
//
// A [Model] is immutable. Open it once and share it: all its methods may be called concurrently.
//
// [Model.Encode] returns ids and [Model.EncodeBatch] the ids of many texts; [Model.Tokens] returns
// the pieces, too, with the part of the text that each covers. [Model.Decode] returns the text of
// ids, and [Model.Stream] decodes ids one at a time as a language model generates them. For
// training with subword regularization, [Model.Sample] draws a random segmentation, and
// [Model.NBest] lists the best ones. Encode never returns the ids of control pieces such as padding
// and end of sentence; the caller adds those.
//
// # From a text to its ids
//
// Encode goes through these files in this order; docs/tokenizer.md explains the steps with an
// example.
//
//   - encode.go: Encode. If the model allows it, each word is encoded by itself (encode_words.go);
//     else the text is normalized and segmented as a whole.
//   - encode_words.go: finds the words of the text and looks each up in a cache of words seen
//     before (wordcache.go), without the punctuation after it (punct.go).
//   - normalizer.go: rewrites characters by the model's rules (charsmap.go) and makes spaces
//     visible, as U+2581. It copies the characters that no rule changes (charclass.go).
//   - segment.go: cuts normalized text into parts that no piece spans (wordsplit.go) and finds the
//     pieces of each part.
//   - unigram.go, bpe.go with mergeheap.go, model_word.go: the segmenter of each type of model.
//     unigram_fast.go and bpe_fast.go are faster versions for single words.
//   - trie.go, trie_build.go: the pieces of a model as a double-array trie, which the segmenters
//     search.
//
// A word has the same ids wherever it stands, unless one of the model's rules or pieces spans a
// space, or rounding of a long text's score could decide between two segmentations. The package
// checks both and falls back to segmenting the whole text. Encoding takes time linear in the length
// of the text for unigram, word and character models, and O(n log n) for BPE.
//
// The way back is decode.go and decode_stream.go. open.go, proto.go and vocabulary.go read a model;
// nbest.go, sample.go and score.go enumerate segmentations in the lattice of lattice.go.
//
// # Sources
//
// The rules are those of github.com/google/sentencepiece, v0.2.3: normalizer.cc, unigram_model.cc,
// bpe_model.cc, word_model.cc, char_model.cc, model_interface.cc and sentencepiece_processor.cc.
// The models are described by Kudo and Richardson, SentencePiece (2018), and Kudo, Subword
// Regularization (2018).
package sentencepiece
