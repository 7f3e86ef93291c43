// Package lines works through the lines of a text: one after another, or on all processors with the
// results in the order of the lines.
package lines

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"
)

const (
	batchLines = 1024
	maxLine    = 64 << 20 // bytes
)

// batch is a run of input lines and, when it is worked on, their output.
type batch struct {
	first int // number of the first line, from 1
	lines []string
	out   chan []byte
}

// Map writes one line for each line of r, in order: what write appends for it. It calls write on
// all processors. An error names the line.
func Map(ctx context.Context, r io.Reader, w io.Writer, write func(dst []byte, line string) ([]byte, error)) error {
	group, ctx := errgroup.WithContext(ctx)
	workers := runtime.GOMAXPROCS(0)
	work, inOrder := make(chan *batch), make(chan *batch, 2*workers)
	group.Go(func() error {
		defer close(work)
		defer close(inOrder)
		return readBatches(r, func(b *batch) error {
			for _, to := range []chan *batch{inOrder, work} {
				select {
				case to <- b:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	})
	for range workers {
		group.Go(func() error {
			for b := range work {
				out, err := b.run(write)
				if err != nil {
					return err
				}
				b.out <- out
			}
			return nil
		})
	}
	group.Go(func() error {
		for b := range inOrder {
			select {
			case out := <-b.out:
				if _, err := w.Write(out); err != nil {
					return fmt.Errorf("writing lines: %w", err)
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return group.Wait()
}

// Each calls visit for every line of r, in order, with its number from 1.
func Each(ctx context.Context, r io.Reader, visit func(number int, line string) error) error {
	return readBatches(r, func(b *batch) error {
		for i, line := range b.lines {
			if err := visit(b.first+i, line); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
}

// run makes the output of the batch.
func (b *batch) run(write func(dst []byte, line string) ([]byte, error)) (out []byte, err error) {
	for i, line := range b.lines {
		if out, err = write(out, line); err != nil {
			return nil, fmt.Errorf("line %d: %w", b.first+i, err)
		}
		out = append(out, '\n')
	}
	return out, nil
}

// readBatches cuts r into batches of lines, without their newlines.
func readBatches(r io.Reader, emit func(*batch) error) error {
	in := bufio.NewReaderSize(r, 1<<16)
	for first := 1; ; first += batchLines {
		b := &batch{first: first, out: make(chan []byte, 1)}
		var err error
		for len(b.lines) < batchLines && err == nil {
			var line string
			if line, err = readLine(in); err == nil {
				b.lines = append(b.lines, line)
			}
		}
		if err != nil && err != io.EOF {
			return fmt.Errorf("line %d: %w", first+len(b.lines), err)
		}
		if len(b.lines) > 0 {
			if err := emit(b); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}

// readLine returns the next line without its newline, or io.EOF after the last.
func readLine(in *bufio.Reader) (string, error) {
	var line strings.Builder
	for {
		part, err := in.ReadSlice('\n')
		line.Write(part)
		switch {
		case line.Len() > maxLine:
			return "", fmt.Errorf("longer than %d bytes", maxLine)
		case errors.Is(err, bufio.ErrBufferFull):
		case err == nil:
			return line.String()[:line.Len()-1], nil
		case err == io.EOF && line.Len() > 0:
			return line.String(), nil
		default:
			return "", err
		}
	}
}
