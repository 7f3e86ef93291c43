package shards

// Record is what a source yields: a sample, or the reason why there is none.
type Record struct {
	Sample Sample
	Origin string // file and row, or member, it came from
	Reason string // of a reject: a short name, for counting; empty for a sample
	Err    error  // of a reject

	LeftOut []LeftOut // what the source left out of the record, or right before it
	aside   bool      // the record is nothing but that
}

// Bad returns the record of a reject.
func Bad(origin, key, reason string, err error) Record {
	return Record{Sample: Sample{Key: key}, Origin: origin, Reason: reason, Err: err}
}

// Reasons why a member or an archive gives no sample.
const (
	BadArchive  = "archive"   // the archive is damaged from here on, or no tar archive
	TooLarge    = "too_large" // a member is over the limit
	BadMetadata = "metadata"  // the json member is not understood
	BadText     = "text"      // a text is not UTF-8
	NoContent   = "empty"     // neither image nor text
)

// Reject is a record that did not become a sample.
type Reject struct {
	Origin string `parquet:"origin" json:"origin"`      // file and row, member or key it came from
	Key    string `parquet:"key" json:"key"`            // of the record, if it had one
	Reason string `parquet:"reason,dict" json:"reason"` // a short name, for counting
	Detail string `parquet:"detail" json:"detail"`      // the error
}

// size returns about how many bytes the reject takes.
func (r *Reject) size() int64 {
	return int64(len(r.Origin) + len(r.Key) + len(r.Reason) + len(r.Detail) + 64)
}
