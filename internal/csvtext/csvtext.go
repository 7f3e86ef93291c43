// Package csvtext reads tables of delimited fields that others wrote: CSV, TSV and their relatives.
// It follows RFC 4180 and, where a table departs from that, Python's csv, pandas and DuckDB: a
// quote within a field is a character; text may follow a quoted field. Only a field that a quote
// opens and another one closes, before a delimiter or a line's end, spans lines; every other row is
// one line. Blank lines are no rows. A quote that is never closed costs its own line, and no other
// that looks like a row.
package csvtext

// Dialect says how a table is written, where it does not tell itself.
type Dialect struct {
	Delimiter string   // separates the fields; "" for the one by which the header fits
	Ending    string   // of the table's name: in .tsv, .tab and .txt the tab is likelier than the comma
	Quote     string   // encloses fields: one ASCII character or [NoQuote]; "" for what is usual
	Columns   []string // names of the columns of a table without a header
	NoHeader  bool     // the first line is a row; columns are called 1, 2, 3...
}

// NoQuote is the [Dialect.Quote] of tables in which quotation marks are characters like others.
const NoQuote = "none"

// DelimiterName names a delimiter as a flag takes it.
func DelimiterName(delimiter string) string {
	if delimiter == "\t" {
		return "tab"
	}
	return "'" + delimiter + "'"
}
