package shards

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// The payload of a frame is its kind, then the fields in the order of the type: a string is its
// length (uvarint) and its bytes, a list its length and its elements, a number is little endian. A
// field that may be absent has a byte 0 or 1 before it.

func appendString[S ~string | ~[]byte](b []byte, s S) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendOptional(b, value []byte) []byte {
	if value == nil {
		return append(b, 0)
	}
	return appendString(append(b, 1), value)
}

func appendFloat(b []byte, f float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
}

func appendReject(b []byte, r Reject) []byte {
	for _, s := range []string{r.Origin, r.Key, r.Reason, r.Detail} {
		b = appendString(b, s)
	}
	return b
}

func appendSample(b []byte, s *Sample) []byte {
	b = appendString(appendString(b, s.Key), s.Split)
	b = binary.AppendUvarint(b, uint64(len(s.Images)))
	for i := range s.Images {
		m := &s.Images[i]
		b = appendString(appendString(b, m.Bytes), m.Format)
		b = binary.LittleEndian.AppendUint32(b, uint32(m.Width))
		b = binary.LittleEndian.AppendUint32(b, uint32(m.Height))
		b = appendString(b, m.SHA256)
	}
	b = binary.AppendUvarint(b, uint64(len(s.Texts)))
	for i := range s.Texts {
		t := &s.Texts[i]
		b = appendString(appendString(appendString(b, t.Kind), t.Language), t.Value)
		if t.Score == nil {
			b = append(b, 0)
		} else {
			b = appendFloat(append(b, 1), *t.Score)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(s.Questions)))
	for i := range s.Questions {
		b = appendQuestion(b, &s.Questions[i])
	}
	b = binary.AppendUvarint(b, uint64(len(s.Boxes)))
	for i := range s.Boxes {
		b = appendBox(b, &s.Boxes[i])
	}
	p := &s.Provenance
	b = appendString(appendString(appendString(b, p.URL), p.PageURL), p.Licence)
	b = binary.LittleEndian.AppendUint64(b, uint64(p.FetchedAt.UnixMilli()))
	return appendMaps(b, s)
}

func appendQuestion(b []byte, q *Question) []byte {
	b = appendString(appendString(appendString(appendString(b, q.ID), q.Text), q.Language), q.Kind)
	b = binary.AppendUvarint(b, uint64(len(q.Answers)))
	for i := range q.Answers {
		b = appendString(appendString(b, q.Answers[i].Text), q.Answers[i].Confidence)
	}
	return b
}

func appendBox(b []byte, x *Box) []byte {
	b = binary.LittleEndian.AppendUint32(appendString(b, x.Label), uint32(x.Image))
	for _, edge := range []float32{x.Y0, x.X0, x.Y1, x.X1} {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(edge))
	}
	return appendOptional(b, x.Mask)
}

func appendMaps(b []byte, s *Sample) []byte {
	b = binary.AppendUvarint(b, uint64(len(s.Scores)))
	for _, name := range slices.Sorted(maps.Keys(s.Scores)) {
		b = appendFloat(appendString(b, name), s.Scores[name])
	}
	b = binary.AppendUvarint(b, uint64(len(s.Metadata)))
	for _, name := range slices.Sorted(maps.Keys(s.Metadata)) {
		b = appendString(appendString(b, name), s.Metadata[name])
	}
	return b
}

// fields reads a payload. After an error it returns zero values.
type fields struct {
	b   []byte
	err error
}

func (f *fields) take(n uint64) []byte {
	if f.err != nil || n > uint64(len(f.b)) {
		if f.err == nil {
			f.err = errors.New("a field is cut short")
		}
		f.b = nil
		return nil
	}
	taken := f.b[:n:n]
	f.b = f.b[n:]
	return taken
}

func (f *fields) byte() byte {
	if b := f.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (f *fields) uint32() uint32 {
	if b := f.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (f *fields) uint64() uint64 {
	if b := f.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// length returns the length of a list whose elements take at least a byte each.
func (f *fields) length() int {
	n, size := binary.Uvarint(f.b)
	if size <= 0 || n > uint64(len(f.b)-size) {
		f.take(uint64(len(f.b)) + 1)
		return 0
	}
	f.b = f.b[size:]
	return int(n)
}

func (f *fields) bytes() []byte  { return f.take(uint64(f.length())) }
func (f *fields) string() string { return string(f.bytes()) }

func decodeSpooled(payload []byte) (Spooled, error) {
	f := &fields{b: payload}
	s := Spooled{Kind: f.byte()}
	switch s.Kind {
	case SpooledRow, SpooledUpdate:
		f.sample(&s.Sample)
	case SpooledReject:
		s.Reject = Reject{f.string(), f.string(), f.string(), f.string()}
	case SpooledNote:
		s.Note = f.take(uint64(len(f.b)))
	case spooledLeftOut:
		s.left = f.leftOut()
	case SpooledDuplicate, SpooledAside:
	default:
		return s, fmt.Errorf("a frame of unknown kind %q", s.Kind)
	}
	if f.err == nil && len(f.b) > 0 {
		f.err = fmt.Errorf("%d bytes after the last field", len(f.b))
	}
	return s, f.err
}

// each calls read for every element of a list.
func (f *fields) each(read func()) {
	for range f.length() {
		if f.err != nil {
			return
		}
		read()
	}
}

func (f *fields) sample(s *Sample) {
	s.Key, s.Split = f.string(), f.string()
	f.each(func() {
		s.Images = append(s.Images, Image{f.bytes(), f.string(), int32(f.uint32()), int32(f.uint32()), f.string()})
	})
	f.each(func() {
		t := Text{Kind: f.string(), Language: f.string(), Value: f.string()}
		if f.byte() != 0 {
			score := math.Float64frombits(f.uint64())
			t.Score = &score
		}
		s.Texts = append(s.Texts, t)
	})
	f.each(func() { s.Questions = append(s.Questions, f.question()) })
	f.each(func() { s.Boxes = append(s.Boxes, f.box()) })
	s.Provenance = Provenance{URL: f.string(), PageURL: f.string(), Licence: f.string()}
	s.Provenance.FetchedAt = time.UnixMilli(int64(f.uint64())).UTC()
	f.maps(s)
}

func (f *fields) question() Question {
	q := Question{ID: f.string(), Text: f.string(), Language: f.string(), Kind: f.string()}
	f.each(func() { q.Answers = append(q.Answers, Answer{f.string(), f.string()}) })
	return q
}

func (f *fields) box() Box {
	x := Box{Label: f.string(), Image: int32(f.uint32())}
	for _, edge := range []*float32{&x.Y0, &x.X0, &x.Y1, &x.X1} {
		*edge = math.Float32frombits(f.uint32())
	}
	if f.byte() != 0 {
		if x.Mask = f.bytes(); x.Mask == nil {
			x.Mask = []byte{}
		}
	}
	return x
}

func (f *fields) maps(s *Sample) {
	f.each(func() {
		if s.Scores == nil {
			s.Scores = map[string]float64{}
		}
		name := f.string()
		s.Scores[name] = math.Float64frombits(f.uint64())
	})
	f.each(func() {
		if s.Metadata == nil {
			s.Metadata = map[string]string{}
		}
		name := f.string()
		s.Metadata[name] = f.string()
	})
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
