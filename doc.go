// Package pali3 is the open PaLI-3: from raw image-text data to a trained and scored
// vision-language model, as a library and as one command.
//
// The packages are listed in the order in which the data flows; each imports only earlier ones:
//
//   - [github.com/pali3/pali3/shards]: the record, and the dataset folder it lives in
//   - [github.com/pali3/pali3/tokenize]: text to ids and back
//   - [github.com/pali3/pali3/augment]: image bytes to pixels
//   - [github.com/pali3/pali3/ingest]: folders, tables and archives to datasets
//   - [github.com/pali3/pali3/webli]: curation of datasets
//   - [github.com/pali3/pali3/mixture]: datasets to batches, by a recipe
//   - [github.com/pali3/pali3/models]: the networks
//   - [github.com/pali3/pali3/stages]: the training stages
//   - [github.com/pali3/pali3/evalsuite]: benchmarks, metrics and reports
//
// ARCHITECTURE.md is the map. PaLI-3 is described in arXiv 2310.09199, SigLIP in arXiv 2303.15343,
// UL2 in arXiv 2205.05131.
package pali3
