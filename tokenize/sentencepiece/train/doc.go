// Package train trains SentencePiece models: unigram, BPE, word and character models, with the same
// pieces as spm_train of the C++ library.
//
//	o := train.Defaults()
//	o.VocabSize = 4000
//	model, err := train.Train(ctx, train.Files(o.MaxSentenceLength, "captions.txt"), o)
//	err = model.WriteFiles("captions") // captions.model and captions.vocab
//
// # From text to words
//
// Every sentence is normalised as it will be when the model is used: characters by the
// normalization rules, spaces to U+2581, which belongs to the word after it. The text of special
// pieces becomes a barrier that no piece crosses. The most frequent characters, which make up
// CharacterCoverage of the text, are the alphabet; all others are replaced by U+2585, which no
// piece contains. The trainer keeps the distinct words of the text with their counts: no piece
// crosses white space, so it needs nothing else, and memory depends on the number of distinct
// words. If SplitByWhitespace is unset, sentences take the place of words.
//
// # Unigram
//
// A unigram model gives each piece a probability, and a text the probability of its most probable
// segmentation (Kudo, Subword Regularization, 2018). Training has four steps:
//
//  1. The candidates are the alphabet and the strings that the text repeats, which are the inner
//     nodes of its suffix tree: the million with the highest product of count and length.
//  2. Expectation maximisation estimates their probabilities from how often each is expected in the
//     words, over all segmentations (forward and backward sums in a lattice). There are two rounds,
//     with a sparse prior.
//  3. Pruning drops the quarter of the pieces that costs the text least probability. Steps 2 and 3
//     repeat until 1.1 times the vocabulary is left.
//  4. The vocabulary is the alphabet and the most probable of the others.
//
// # BPE
//
// Every word starts as its characters. The most frequent pair of neighbours is merged everywhere,
// until there are enough pieces (Sennrich, Haddow and Birch, 2016); of equally frequent pairs the
// shortest comes first, then the first by its text. The score of a piece is minus its number in
// that order.
//
// # Words and characters
//
// The pieces are the most frequent words or characters; each has the logarithm of its relative
// frequency as its score.
//
// # The same model every time
//
// The work is divided into sixteen fixed parts, whatever the number of threads, and their sums are
// added in a fixed order, that of spm_train with its default of sixteen threads. So a model does
// not depend on the number of threads or their timing, and its scores equal those of spm_train to
// the last bit, except where the two standard libraries round a logarithm differently. Sampling
// sentences (InputSentenceSize with ShuffleInput) uses another random generator than spm_train and
// draws other sentences.
//
// The rules are those of github.com/google/sentencepiece, v0.2.3: trainer_interface.cc,
// unigram_model_trainer.cc, unigram_model.cc, bpe_model_trainer.cc, word_model_trainer.cc and
// char_model_trainer.cc. Their side effects are reproduced where they show in the model: characters
// without a piece count as the first piece, and strings at the ends of sentences count twice as
// candidates.
package train
