// Package webli curates datasets the way WebLI was curated: rules on images and texts, removal of
// exact and near duplicates, decontamination against evaluation pictures, and a report whose counts
// add up.
//
// [Curate] reads the samples twice. It first takes from each what the rules need (a few hundred
// bytes a picture, in parallel), then goes through the rules one after the other, each seeing the
// samples that the earlier ones left, and last writes what stays. A sample is charged to the first
// rule that removes it, so that
//
//	in = out + the sum of what the rules removed,
//
// and what was removed stands in the output's rejects.parquet with its rule and reason. Nothing
// depends on the number of workers.
//
// A [Config] names the rules; [ParseConfig] reads it from a recipe. Samples of the held-out splits
// are there to be compared with: they stay unless undecodable, and what resembles them is removed
// from the rest.
//
// The rules follow what PaLI (arXiv 2209.06794) and ALIGN (arXiv 2102.05918, section 3.1) say of
// their data. webli owns the decision which samples stay. It knows datasets and pixels, but no
// task, tokenizer or model.
package webli
