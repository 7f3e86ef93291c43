// Package tabular reads tables: CSV, TSV, JSON and Parquet files with image paths, bytes, data URIs
// or URLs.
//
// [New] reads images from files and [NewURLs] fetches them from the web. [Columns] assigns the
// columns, and [Dialect] describes the syntax of a text table. [Peek] shows the first rows of a
// table.
package tabular
