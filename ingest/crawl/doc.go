// Package crawl reads the images of web pages together with the pages' text about them. The pages
// come from WARC, ARC and WAT archives ([NewWARC]) or from a folder of saved pages ([NewHTML]).
package crawl
