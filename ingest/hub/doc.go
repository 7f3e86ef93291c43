// Package hub reads datasets of a Hugging Face hub: Parquet files or WebDataset archives, downloaded
// into the cache that Hugging Face's own tools share. [Open] resolves a revision and lists its files.
package hub
