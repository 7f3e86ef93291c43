package shards

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// LeftOut is something below a record that a source did not take into the dataset: a member of an
// archive, a column of a table, a box without area. The record itself may be a row all the same.
type LeftOut struct {
	Reason string // one of the constants below: a short name, for counting
	Name   string // what was left out, for example a file's name or a column's
	N      int64  // how many of them; 0 counts as 1
}

// Reasons of a [LeftOut].
const (
	LeftFile     = "file"     // a file of a kind that the source does not read
	LeftMember   = "member"   // a member of an archive that is neither image nor text
	LeftColumn   = "column"   // a column, feature or field that nothing maps to a sample's field
	LeftMetadata = "metadata" // a line or field of metadata that is damaged, or names no image
	LeftText     = "text"     // a text without an image or document, or one that is not UTF-8
	LeftImage    = "image"    // an image of a record that is there without it, or pages of a TIFF after its first
	LeftBox      = "box"      // a box outside of its image, or without area
	LeftMask     = "mask"     // an outline of a box that cannot be drawn; the box stays
	LeftAnswer   = "answer"   // a question or an answer without a text
	LeftRepeat   = "repeat"   // a text, question or box that the record has already
	LeftLanguage = "language" // the spelling of a language code: the text is there, under the code in BCP-47
	LeftRecord   = "record"   // a record of a container that holds no sample, for example a request in a WARC file
)

// Aside returns a record that only tells of things left out, for those that belong to no other
// record. It is neither a row nor a reject nor a duplicate.
func Aside(origin string, left ...LeftOut) Record {
	return Record{Origin: origin, LeftOut: left, aside: true}
}

// IsAside reports whether [Aside] made the record.
func (r *Record) IsAside() bool { return r.aside }

// MaxLeftOutNames is how many names of things left out a [Stat] holds of each reason.
const MaxLeftOutNames = 5

const leftOutNameSize = 200 // bytes

// leave counts things left out, and keeps the first few names of each reason.
func (s *Stat) leave(left []LeftOut) {
	for _, l := range left {
		if s.LeftOut == nil {
			s.LeftOut = map[string]int64{}
		}
		s.LeftOut[l.Reason] += max(1, l.N)
		s.LeftOutFirst = firstNames(s.LeftOutFirst, l.Reason, l.Name)
	}
}

// firstNames adds a name of a reason, unless it is there already or there are enough.
func firstNames(to map[string][]string, reason, name string) map[string][]string {
	if len(name) > leftOutNameSize {
		end := leftOutNameSize
		for end > 0 && !utf8.RuneStart(name[end]) {
			end--
		}
		name = name[:end] + "..."
	}
	name = strings.ToValidUTF8(name, "\uFFFD")
	if names := to[reason]; name == "" || len(names) >= MaxLeftOutNames || slices.Contains(names, name) {
		return to
	}
	if to == nil {
		to = map[string][]string{}
	}
	to[reason] = append(slices.Clip(to[reason]), name)
	return to
}

// addNames adds the names of another stat.
func addNames(to, from map[string][]string) map[string][]string {
	sum := maps.Clone(to)
	for _, reason := range slices.Sorted(maps.Keys(from)) {
		for _, name := range from[reason] {
			sum = firstNames(sum, reason, name)
		}
	}
	return sum
}

func appendLeftOut(b []byte, left []LeftOut) []byte {
	b = binary.AppendUvarint(b, uint64(len(left)))
	for _, l := range left {
		b = binary.LittleEndian.AppendUint64(appendString(appendString(b, l.Reason), l.Name), uint64(l.N))
	}
	return b
}

func (f *fields) leftOut() (left []LeftOut) {
	f.each(func() { left = append(left, LeftOut{f.string(), f.string(), int64(f.uint64())}) })
	return left
}
