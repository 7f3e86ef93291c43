package ingest

// Reasons for which [Run] rejects a record of any source.
const (
	BadImage    = "image"        // not an image, cut short, or too large
	BadKey      = "key"          // empty, too long or not UTF-8
	BadLanguage = "language"     // a language code that is not BCP-47
	SameKey     = "same_key"     // another record of this run has the key, with other images, texts, questions or boxes
	SameImage   = "same_picture" // another record has the same images, and [Options.Dedup] is set
)

// Reasons for which several sources reject a record. A source may have further reasons of its own.
const (
	Unreadable = "unreadable" // the file cannot be read
	TooLarge   = "too_large"  // the file is over the limit
	BadText    = "text"       // a text is not UTF-8 or not understood
	BadRow     = "row"        // the row cannot be parsed
	NoImage    = "absent"     // the image's file does not exist
	Outside    = "outside"    // the image's path leads out of the root folder
	BadDataURI = "data_uri"   // the data URI cannot be decoded
)

// MaxKey is the longest key of a record, in bytes.
const MaxKey = 1024
