// Package metrics has the common metrics as pure functions of strings and matrices. They equal
// their reference implementations and are tested against them.
//
// [VQAAccuracy] scores answers by the official VQA rule. [CaptionCIDEr] scores captions by CIDEr-D
// on Penn Treebank tokens ([PTBTokenize]) and [CaptionBLEU] by BLEU, both as pycocoevalcap does.
// [ExactMatch] compares short texts, and [Similarities] gives recall at k between images and texts.
// Each returns one value per question, image or query, and [Bootstrap] computes their mean with an
// interval; BLEU is a statistic of the whole corpus.
//
// [Bootstrap.Compare] compares two models on the same items, [Holm] and [BenjaminiHochberg] adjust
// for several comparisons, and [Power] says how many items a comparison needs.
//
// The package imports no other package of this module except random.
package metrics
