// Package crawl reads the images that web pages show, with what the pages say of them: pages in WARC,
// ARC and WAT archives ([NewWARC]) and pages saved in a folder ([NewHTML]).
package crawl
