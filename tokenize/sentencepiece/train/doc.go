// Package train makes SentencePiece models from text: unigram, BPE, word and character models, as
// spm_train of the C++ library does, piece for piece.
//
//	o := train.Defaults()
//	o.VocabSize = 4000
//	model, err := train.Train(ctx, train.Files(o.MaxSentenceLength, "captions.txt"), o)
//	err = model.WriteFiles("captions") // captions.model and captions.vocab
//
// # From text to words
//
// Every sentence is normalised as it will be when the model is used: characters by the rules of
// package charsmap, spaces to U+2581, which then belongs to the word after it. Text of special
// pieces becomes a barrier that no piece crosses. The most frequent characters, up to a part
// CharacterCoverage of the text, are the alphabet; all others become one sign, U+2585, that is in
// no piece. What is left of the text is its distinct words with their counts. A piece never crosses
// white space unless SplitByWhitespace is unset, when sentences take the place of words, so nothing
// else is needed and memory depends on the number of different words.
//
// # Unigram
//
// A unigram model gives each piece a probability, and a text that of the most probable way to write
// it in pieces (Kudo, Subword Regularization, 2018). Training has four steps:
//
//  1. Candidates are all strings that the text repeats, as the inner nodes of its suffix tree, up
//     to a million by their count times their length; and the alphabet.
//  2. Expectation maximisation gives them probabilities: how often is each expected in the words,
//     over all ways to write them (forward and backward sums in a lattice)? Two rounds, with a
//     prior that makes the rare rarer.
//  3. Pruning drops a quarter: the pieces without which the text loses least probability. Then step
//     2 again, until 1.1 times the vocabulary is left.
//  4. The vocabulary is the alphabet and the most probable of the others.
//
// # BPE
//
// Every word begins as its characters. The most frequent pair of neighbours, of equals the shortest
// and then the first by its text, becomes a symbol everywhere, until there are enough (Sennrich,
// Haddow and Birch, 2016). A piece's score is minus its number in that order.
//
// # Words and characters
//
// The most frequent ones, each with the logarithm of its part of all.
//
// # The same model every time
//
// Threads share the work in sixteen fixed parts whose sums are added in one order, which is that of
// spm_train with its usual sixteen threads. So a model depends on neither the number of threads nor
// their timing, and its scores are those of spm_train to the last bit but where the two standard
// libraries round a logarithm otherwise. Drawing sentences (InputSentenceSize with ShuffleInput)
// uses a generator of ours, and so draws others.
//
// The rules are those of github.com/google/sentencepiece, v0.2.3: trainer_interface.cc,
// unigram_model_trainer.cc, unigram_model.cc, bpe_model_trainer.cc, word_model_trainer.cc and
// char_model_trainer.cc. What it does by the way is kept where it shows in the model: characters
// without a piece count as the first piece, and strings at the end of sentences count twice as
// candidates.
package train
