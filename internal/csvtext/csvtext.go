// Package csvtext reads tables of delimited fields, written by any program: CSV, TSV and their
// variants. It follows RFC 4180 and, where a table deviates from it, Python's csv, pandas and
// DuckDB: a quote within a field is an ordinary character, and text may follow a quoted field. A
// field spans several lines only if a quote opens it and another quote closes it before a delimiter
// or the end of a line. Every other row is one line. Blank lines are not rows. A quote that is
// never closed makes its own line unreadable, but not following lines that look like rows.
package csvtext

// Dialect says how a table is written. Zero values are detected from the table.
type Dialect struct {
	Delimiter string   // separates fields; "" for the one for which the header fits
	Ending    string   // extension of the file: in .tsv, .tab and .txt, tabs are likelier than commas
	Quote     string   // encloses fields: an ASCII character or [NoQuote]; "" for the usual one
	Columns   []string // names of the columns of a table without a header
	NoHeader  bool     // the first line is a row; columns are called 1, 2, 3...
}

// NoQuote is the [Dialect.Quote] for tables in which quotation marks are ordinary characters.
const NoQuote = "none"

// DelimiterName returns the name of a delimiter for use as a flag.
func DelimiterName(delimiter string) string {
	if delimiter == "\t" {
		return "tab"
	}
	return "'" + delimiter + "'"
}
