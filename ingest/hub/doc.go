// Package hub reads datasets from a Hugging Face hub: Parquet files or WebDataset archives, which
// it downloads into the cache that Hugging Face's own tools share. [Open] resolves a revision and
// lists its files. [DownloadModel] downloads the folder of a model.
package hub
