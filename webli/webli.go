// Package webli curates datasets the way WebLI was curated: rules on images and texts, removal of
// exact and near duplicates, decontamination against evaluation images, and a report whose counts
// add up.
//
// [Curate] reads the samples twice. The first pass keeps what the rules need of each sample, a
// [Candidate] of a few hundred bytes per image. Then the rules are applied one after the other,
// each to the candidates that the earlier ones left. The second pass writes the samples that stay.
// A sample counts for the first rule that removes it, so that
//
//	in = out + the sum of what the rules removed,
//
// and the removed samples are listed in the output's rejects.parquet with their rule and reason.
// The result does not depend on the number of workers.
//
// A [Config] turns the rules on; [ParseConfig] and [ReadConfig] read it from a recipe. Samples of
// the held-out splits stay unless an image does not decode; samples that resemble them are removed
// from the other splits.
//
// A program adds rules of its own as [Rules], which recipes turn on by name. [Split] divides a
// dataset into splits.
//
// The built-in rules follow the data sections of PaLI (arXiv 2209.06794) and ALIGN (arXiv
// 2102.05918, section 3.1). Package webli decides which samples stay. It knows datasets and pixels,
// but no task, tokenizer or model.
package webli
