// Package tabular reads tables: CSV, TSV, JSON and Parquet with image paths, bytes, data URIs or URLs.
//
// [New] reads images from files and [NewURLs] fetches them from the web. [Columns] says which column
// is what, and [Dialect] how a text table is written. [Peek] shows the first rows of a table.
package tabular
