// Package packing puts several examples into one row, so that less of a batch is padding.
//
// An example has ids for the encoder and, in an encoder-decoder, targets for the decoder; both must
// fit into the same row. A row tells its examples apart by segment ids, 1 for the first, 0 for
// padding, and its positions start from 0 in each, as T5X has them: attention goes only where the
// segment ids of two places are equal.
//
//	packer, err := packing.New(packing.Config{EncoderLength: 512, DecoderLength: 128, Window: 256})
//	for _, example := range examples {
//		rows, err := packer.Add(example)
//		...
//	}
//	rows := packer.Flush()
//
// Examples are packed first-fit decreasing within windows of consecutive examples: the longest is
// placed first, each into the first row that has room for it. Ties go to the example
// that came first, so that rows are a function of the examples and the window alone. First-fit
// decreasing needs at most 11/9 of the fewest rows possible, and a little (Dósa 2007), for examples
// of one length; that bound does not hold for pairs.
package packing

import (
	"cmp"
	"fmt"
	"slices"
)

// Config says how large rows are and how far to look for examples that fit together.
type Config struct {
	// EncoderLength is the length of the encoder's rows in ids.
	EncoderLength int
	// DecoderLength is that of the decoder's; 0 where there is no decoder.
	DecoderLength int
	// Window is how many examples are packed at a time. More fill rows better, and an example may
	// move by as many.
	Window int
}

// Example is what is packed. Its ids are not changed; an end of sentence is among them if there is
// to be one.
type Example struct {
	Encoder []int32
	Targets []int32
}

// Side is a row of the encoder or of the decoder: ids, the segment that each belongs to, and its
// position in that. All have the same length.
type Side struct {
	IDs, Segments, Positions []int32
}

// Row is a packed row.
type Row struct {
	Encoder Side
	// Targets are what the decoder is to say.
	Targets Side
	// DecoderInputs are the targets moved right by one in each segment, 0 in front.
	DecoderInputs []int32
	// Examples are the numbers of the row's examples, counted over all that were added, by segment.
	Examples []int
}

// Packer packs a stream of examples. It is for one goroutine.
type Packer struct {
	cfg    Config
	window []Example
	packed int // examples of earlier windows
	fill   Fill
}

// Fill counts what rows hold.
type Fill struct {
	Examples, Rows               int
	EncoderIDs, DecoderIDs       int // in use
	EncoderPlaces, DecoderPlaces int // of all rows
}

// Encoder returns how much of the encoder's rows is in use, from 0 to 1.
func (f Fill) Encoder() float64 { return ratio(f.EncoderIDs, f.EncoderPlaces) }

// Decoder returns how much of the decoder's rows is in use.
func (f Fill) Decoder() float64 { return ratio(f.DecoderIDs, f.DecoderPlaces) }

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// New checks cfg and returns an empty packer.
func New(cfg Config) (*Packer, error) {
	switch {
	case cfg.EncoderLength < 1:
		return nil, fmt.Errorf("packing: the encoder's length is %d, want 1 or more", cfg.EncoderLength)
	case cfg.DecoderLength < 0:
		return nil, fmt.Errorf("packing: the decoder's length is %d, want 0 or more", cfg.DecoderLength)
	case cfg.Window < 1:
		return nil, fmt.Errorf("packing: the window is %d examples, want 1 or more", cfg.Window)
	}
	return &Packer{cfg: cfg}, nil
}

// Add takes an example and returns the rows of the window that it completes, none before. An
// example that no row can hold is an error, and not taken.
func (p *Packer) Add(e Example) ([]Row, error) {
	if len(e.Encoder) > p.cfg.EncoderLength || len(e.Targets) > p.cfg.DecoderLength {
		return nil, fmt.Errorf("packing example %d: it has %d ids for the encoder and %d for the decoder, a row has %d and %d",
			p.packed+len(p.window), len(e.Encoder), len(e.Targets), p.cfg.EncoderLength, p.cfg.DecoderLength)
	}
	p.window = append(p.window, e)
	if len(p.window) < p.cfg.Window {
		return nil, nil
	}
	return p.Flush(), nil
}

// Flush returns the rows of the examples that are still to be packed.
func (p *Packer) Flush() []Row {
	var rows []Row
	for _, bin := range p.fit() {
		rows = append(rows, p.row(bin.examples))
	}
	p.packed += len(p.window)
	p.window = p.window[:0]
	return rows
}

// Fill returns how full the rows are that were returned up to now.
func (p *Packer) Fill() Fill { return p.fill }

// bin is a row in the making.
type bin struct {
	encoder, decoder int // places left
	examples         []int
}

// fit gives each example of the window to a bin.
func (p *Packer) fit() []bin {
	order := make([]int, len(p.window))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.size(b), p.size(a)) })
	var bins []bin
	for _, i := range order {
		e := p.window[i]
		at := slices.IndexFunc(bins, func(b bin) bool { return len(e.Encoder) <= b.encoder && len(e.Targets) <= b.decoder })
		if at < 0 {
			at = len(bins)
			bins = append(bins, bin{encoder: p.cfg.EncoderLength, decoder: p.cfg.DecoderLength})
		}
		b := &bins[at]
		b.encoder -= len(e.Encoder)
		b.decoder -= len(e.Targets)
		b.examples = append(b.examples, i)
	}
	return bins
}

// size is the larger of the parts of a row that an example takes.
func (p *Packer) size(i int) float64 {
	e := p.window[i]
	return max(ratio(len(e.Encoder), p.cfg.EncoderLength), ratio(len(e.Targets), p.cfg.DecoderLength))
}

// row writes out a bin.
func (p *Packer) row(examples []int) Row {
	row := Row{Encoder: newSide(p.cfg.EncoderLength), Targets: newSide(p.cfg.DecoderLength), DecoderInputs: make([]int32, p.cfg.DecoderLength)}
	encoder, decoder := 0, 0
	for segment, i := range examples {
		e := p.window[i]
		row.Encoder.put(encoder, e.Encoder, int32(segment+1))
		row.Targets.put(decoder, e.Targets, int32(segment+1))
		if n := len(e.Targets); n > 0 {
			copy(row.DecoderInputs[decoder+1:decoder+n], e.Targets[:n-1])
		}
		encoder += len(e.Encoder)
		decoder += len(e.Targets)
		row.Examples = append(row.Examples, p.packed+i)
	}
	p.fill.Examples += len(examples)
	p.fill.Rows++
	p.fill.EncoderIDs += encoder
	p.fill.DecoderIDs += decoder
	p.fill.EncoderPlaces += p.cfg.EncoderLength
	p.fill.DecoderPlaces += p.cfg.DecoderLength
	return row
}

func newSide(length int) Side {
	return Side{make([]int32, length), make([]int32, length), make([]int32, length)}
}

// put writes an example's ids from a place on.
func (s Side) put(at int, ids []int32, segment int32) {
	copy(s.IDs[at:], ids)
	for i := range ids {
		s.Segments[at+i] = segment
		s.Positions[at+i] = int32(i)
	}
}
