// Package webli curates datasets the way WebLI was curated: rules on images and texts, removal of
// exact and near duplicates, decontamination against evaluation pictures, and a report whose counts add up.
//
// It owns the decision which samples stay. It knows datasets and pixels, but no task, tokenizer or model.
package webli
