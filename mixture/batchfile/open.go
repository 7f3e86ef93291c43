package batchfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/arrow/go/v17/arrow/ipc"

	"github.com/pali3/pali3/internal/arrowguard"
	"github.com/pali3/pali3/mixture"
)

// Folder is an open folder of batches. It is not safe for concurrent use.
type Folder struct {
	dir      string
	manifest *Manifest
	file     *arrowFile // the one that was read last
	at       int        // its first step
}

// Open opens a folder that [Write] wrote. One that is not complete is an error.
func Open(dir string) (*Folder, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	if !m.Complete {
		return nil, fmt.Errorf("%s is not complete: the command that wrote it was interrupted; run it again", dir)
	}
	return &Folder{dir: dir, manifest: m}, nil
}

// Manifest describes the folder. Do not change it.
func (f *Folder) Manifest() *Manifest { return f.manifest }

// Close closes the files.
func (f *Folder) Close() error {
	if f.file == nil {
		return nil
	}
	file := f.file
	f.file = nil
	return file.close()
}

// Batch reads the batch of a step, and checks its digest.
func (f *Folder) Batch(step int) (*mixture.Batch, error) {
	m := f.manifest
	if step < m.From || step >= m.To {
		return nil, fmt.Errorf("%s has the steps %d to %d, not %d", f.dir, m.From, m.To-1, step)
	}
	listed := m.Files[(step-m.From)/m.StepsPerFile]
	path := filepath.Join(f.dir, listed.Name)
	if f.file == nil || f.at != listed.From {
		if err := f.Close(); err != nil {
			return nil, err
		}
		file, err := openFile(path)
		if err != nil {
			return nil, err
		}
		f.file, f.at = file, listed.From
	}
	b, _, err := f.file.batch(step - listed.From)
	if err == nil && b.Digest() != listed.Digests[step-listed.From] {
		err = errors.New("it is not the batch that was written: its digest differs")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: the batch of step %d: %w", path, step, err)
	}
	return b, nil
}

// arrowFile is an open Arrow IPC file.
type arrowFile struct {
	file   *os.File
	reader *ipc.FileReader
	memory *arrowguard.Memory
}

func openFile(path string) (a *arrowFile, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading batches: %w", err)
	}
	defer func() {
		if p := recover(); p != nil { // the Arrow library on a damaged footer
			a, err = nil, fmt.Errorf("%s: damaged: %v", path, p)
		}
		if err != nil {
			f.Close()
		}
	}()
	if err := arrowguard.File(f, arrowguard.Batches); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	memory := arrowguard.NewMemory(arrowguard.Batches)
	reader, err := ipc.NewFileReader(f, ipc.WithAllocator(memory))
	if err != nil {
		return nil, fmt.Errorf("%s: damaged: %w", path, err)
	}
	return &arrowFile{f, reader, memory}, nil
}

func (a *arrowFile) close() error { return errors.Join(a.reader.Close(), a.file.Close()) }

// batch reads the record batch of a number.
func (a *arrowFile) batch(n int) (b *mixture.Batch, info Info, err error) {
	defer func() {
		if p := recover(); p != nil {
			b, err = nil, fmt.Errorf("damaged: %v", p)
		}
	}()
	a.memory.NextBatch()
	if n >= a.reader.NumRecords() {
		return nil, info, fmt.Errorf("the file has %d record batches", a.reader.NumRecords())
	}
	r, err := a.reader.RecordAt(n)
	if err != nil {
		return nil, info, fmt.Errorf("damaged: %w", err)
	}
	defer r.Release()
	return Batch(r)
}
