package shards

// LeftOut is part of a record that a source did not take into the dataset: a member of an archive,
// a column of a table, a box without area. The rest of the record may still be a row.
type LeftOut struct {
	Reason string // one of the constants below: a short name, for counting
	Name   string // what was left out, for example a file's name or a column's
	N      int64  // how many; 0 counts as 1
}

// Reasons of a [LeftOut].
const (
	LeftFile     = "file"     // a file of a kind that the source does not read
	LeftMember   = "member"   // a member of an archive that is neither image nor text
	LeftColumn   = "column"   // a column, feature or field that is not mapped to a field of the sample
	LeftMetadata = "metadata" // a line or field of metadata that is damaged or names no image
	LeftText     = "text"     // a text without an image or document, or one that is not UTF-8
	LeftImage    = "image"    // an image of a record that is kept without it, or the pages of a TIFF after its first
	LeftBox      = "box"      // a box outside of its image, or without area
	LeftMask     = "mask"     // an outline that cannot be drawn; its box stays
	LeftAnswer   = "answer"   // a question or an answer without a text
	LeftRepeat   = "repeat"   // a text, question or box that the record has already
	LeftLanguage = "language" // the spelling of a language code: the text is kept under its BCP-47 code
	LeftRecord   = "record"   // a record of a container that is not a sample, for example a request in a WARC file
)

// Aside returns a record that only lists things left out that belong to no other record. It counts
// as neither a row nor a reject nor a duplicate.
func Aside(origin string, left ...LeftOut) Record {
	return Record{Origin: origin, LeftOut: left, aside: true}
}

// IsAside reports whether [Aside] made the record.
func (r *Record) IsAside() bool { return r.aside }
