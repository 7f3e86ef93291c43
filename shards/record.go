package shards

// Record is what a source yields: a sample, or a reject with the reason why it is not one.
type Record struct {
	Sample Sample
	Origin string // file and row, or member, that it came from
	Reason string // of a reject: a short name, for counting; empty for a sample
	Err    error  // of a reject

	LeftOut []LeftOut // what the source left out of the record, or just before it
	aside   bool      // the record has nothing but LeftOut
}

// Bad returns a record that is a reject.
func Bad(origin, key, reason string, err error) Record {
	return Record{Sample: Sample{Key: key}, Origin: origin, Reason: reason, Err: err}
}

// Reasons why a member or an archive yields no sample.
const (
	BadArchive  = "archive"   // the archive is damaged from here on, or is not an archive
	TooLarge    = "too_large" // a member is over the limit
	BadMetadata = "metadata"  // the JSON member is not understood
	BadText     = "text"      // a text is not UTF-8
	NoContent   = "empty"     // neither image nor text
)

// Reject is a record that did not become a sample.
type Reject struct {
	Origin string `parquet:"origin" json:"origin"`      // file and row, member or key that it came from
	Key    string `parquet:"key" json:"key"`            // of the record, if it had one
	Reason string `parquet:"reason,dict" json:"reason"` // a short name, for counting
	Detail string `parquet:"detail" json:"detail"`      // the error
}

// size returns roughly how many bytes the reject takes.
func (r *Reject) size() int64 {
	return int64(len(r.Origin) + len(r.Key) + len(r.Reason) + len(r.Detail) + 64)
}
