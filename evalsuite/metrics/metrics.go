// Package metrics holds the scores of the field as pure functions of strings and matrices, equal to
// their reference implementations and tested against them.
//
// For answers there is [VQAAccuracy], the official VQA rule; for captions [CaptionCIDEr], which is
// CIDEr-D on Penn Treebank tokens ([PTBTokenize]) as pycocoevalcap computes it, and [CaptionBLEU];
// [ExactMatch] for names and short texts; and recall at k of [Similarities] between images and
// texts. Each gives one number a question, image or query, from which [Bootstrap] makes a mean with
// its interval; BLEU is one number of the whole corpus.
//
// It imports no other package of this module but the counter that draws bootstrap samples.
package metrics
