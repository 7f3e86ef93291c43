package npz

import (
	"fmt"
	"sync"
)

// Float32Part reads n elements of an array of floating-point numbers, from the given one on, in C
// order. It reads only these from an array that is stored as it is, once the first part read has
// verified the checksum of the whole. It keeps other arrays in memory until all their elements have
// been read.
func (f *File) Float32Part(name string, from, n int) ([]float32, error) {
	e, err := f.known(name)
	if err != nil {
		return nil, err
	}
	if from < 0 || n < 0 || from > e.Elements()-n {
		return nil, fmt.Errorf("reading %s: array %q has no elements %d to %d, only %d", f.Path(), name, from, from+n, e.Elements())
	}
	if !e.DType.Floating() || e.offset < 0 || e.header.fortran || e.header.bigEndian {
		return f.keptPart(e, from, n)
	}
	if _, done := f.verified.Load(name); !done {
		if err := f.each(e, func([]byte) {}); err != nil {
			return nil, err
		}
		f.verified.Store(name, true)
	}
	width := e.header.width()
	values := make([]float32, 0, n)
	err = f.file.Each(e.offset+int64(from*width), int64(n*width), func(part []byte) error {
		values = e.DType.AppendFloat32(values, part)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s: array %q: %w", f.Path(), name, err)
	}
	return values, nil
}

// parts is an array that is kept while it is read part by part.
type parts struct {
	mutex  sync.Mutex
	values []float32
	left   int // elements that have not been read
}

func (f *File) keptPart(e Entry, from, n int) ([]float32, error) {
	kept, _ := f.inflated.LoadOrStore(e.Name, new(parts))
	p := kept.(*parts)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.values == nil {
		values, err := f.Float32(e.Name)
		if err != nil {
			return nil, err
		}
		p.values, p.left = values, len(values)
	}
	part := append(make([]float32, 0, n), p.values[from:from+n]...)
	if p.left -= n; p.left <= 0 {
		p.values = nil
	}
	return part, nil
}
