// Package avif decodes the pixels of AVIF images.
//
// The decoder is libavif with dav1d and libyuv, compiled to WebAssembly and run by wazero: pure Go
// on every system, and a sandbox around C code that reads files from the web. An image has no
// access to files, network or the program's memory. Each image gets an instance of its own, whose
// memory is bounded by the size of the image, so that no image affects another. A fault in the C
// code ends the instance and becomes an error. Pixels are the same on every machine, and those of
// Pillow 13.0.0, which has the same versions of the three libraries.
//
// build/build.sh makes avif.wasm.gz from their sources; build/decoder.c has the functions that this
// package calls. LICENSES.txt has their licences.
//
// Package imagefile reads the headers.
package avif

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/pali3/pali3/internal/imagefile/fault"
)

//go:embed avif.wasm.gz
var library []byte

// engine is the compiled library.
type engine struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
}

// start compiles the library when the first image comes, because that takes most of a second.
var start = sync.OnceValues(compile)

func compile() (*engine, error) {
	unpacked, err := gzip.NewReader(bytes.NewReader(library))
	if err != nil {
		return nil, err
	}
	code, err := io.ReadAll(unpacked)
	if err != nil {
		return nil, err
	}
	ctx := experimental.WithCompilationWorkers(context.Background(), runtime.GOMAXPROCS(0))
	e := &engine{runtime: wazero.NewRuntime(ctx)}
	if e.compiled, err = e.runtime.CompileModule(ctx, code); err != nil {
		return nil, err
	}
	_, err = wasi_snapshot_preview1.Instantiate(ctx, e.runtime)
	return e, err
}

// Reader decodes one file. It is not safe for concurrent use; several Readers are.
type Reader struct {
	Width, Height int // as stored: no rotation or mirroring is applied
	Frames        int // 1 of a still image
	Channels      int // 3, or 4 with alpha, which the colours are not multiplied by

	ctx    context.Context
	module api.Module
	err    error // of the first call that failed
}

// Open reads the structure of a file of one image or a sequence. Width and height are those of the
// header; another size in the file is [fault.ErrCorrupt]. Close the Reader when done.
func Open(encoded []byte, width, height int, sequence bool) (*Reader, error) {
	e, err := start()
	if err != nil {
		return nil, fmt.Errorf("starting the AVIF decoder: %w", err)
	}
	r, err := e.reader(memoryFor(len(encoded), width*height, sequence))
	if err != nil {
		return nil, fmt.Errorf("starting the AVIF decoder: %w", err)
	}
	if err := r.open(encoded, width, height); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// reader returns a new instance of the library, with at most memory bytes.
func (e *engine) reader(memory uint64) (*Reader, error) {
	r := &Reader{ctx: experimental.WithMemoryAllocator(context.Background(), experimental.MemoryAllocatorFunc(
		func(uint64, uint64) experimental.LinearMemory { return &boundedMemory{most: memory} }))}
	var err error
	r.module, err = e.runtime.InstantiateModule(r.ctx, e.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize"))
	return r, err
}

// Close frees the memory.
func (r *Reader) Close() { r.module.Close(r.ctx) }

func (r *Reader) open(encoded []byte, width, height int) error {
	file := r.call("allocate", uint64(len(encoded)))
	if file == 0 && r.err == nil {
		return fmt.Errorf("%w: no memory for a file of %d bytes", fault.ErrTooLarge, len(encoded))
	}
	r.module.Memory().Write(file, encoded)
	if err := r.fault(r.call("open", uint64(file), uint64(len(encoded)))); err != nil {
		return err
	}
	about := r.call("about")
	field := func(i uint32) int { v, _ := r.module.Memory().ReadUint32Le(about + 4*i); return int(v) }
	r.Width, r.Height, r.Frames, r.Channels = field(0), field(1), field(3), 3+field(4)
	if r.err == nil && (r.Width != width || r.Height != height) {
		return fmt.Errorf("%w: the header says %dx%d, libavif %dx%d", fault.ErrCorrupt, width, height, r.Width, r.Height)
	}
	return r.err
}

// Frame decodes a frame, counted from 0, into 8-bit samples: Channels of each pixel, row by row.
// The result is valid until the next call. Frames are cheapest in order.
func (r *Reader) Frame(index int) ([]uint8, error) {
	if err := r.fault(r.call("decode", uint64(index))); err != nil {
		return nil, err
	}
	size := uint32(r.Channels * r.Width * r.Height)
	samples, ok := r.module.Memory().Read(r.call("pixels"), size)
	if !ok && r.err == nil {
		return nil, fmt.Errorf("%w: pixels beyond the decoder's memory", fault.ErrCorrupt)
	}
	return samples, r.err
}

// call calls a function of the library. After a failure the instance is not used again.
func (r *Reader) call(name string, arguments ...uint64) uint32 {
	if r.err != nil {
		return 0
	}
	result, err := r.module.ExportedFunction(name).Call(r.ctx, arguments...)
	if err != nil {
		r.err = fmt.Errorf("%w: the decoder gave up: %v", fault.ErrCorrupt, err)
		return 0
	}
	return uint32(result[0])
}

// Values of avifResult in avif/avif.h.
const (
	resultOK             = 0
	resultTruncated      = 20
	resultNotImplemented = 25
	resultOutOfMemory    = 26
)

// fault is the error for what a function of the library returned.
func (r *Reader) fault(result uint32) error {
	kind := fault.ErrCorrupt
	switch {
	case r.err != nil:
		return r.err
	case result == resultOK:
		return nil
	case result == resultTruncated:
		kind = fault.ErrTruncated
	case result == resultNotImplemented:
		kind = fault.ErrUnsupported
	case result == resultOutOfMemory:
		kind = fault.ErrTooLarge
	}
	const longest = 80
	text, _ := r.module.Memory().Read(r.call("message", uint64(result)), longest)
	text, _, _ = bytes.Cut(text, []byte{0})
	return fmt.Errorf("%w: libavif: %s", kind, text)
}
