// Package pdf draws the pages of PDF documents and reads their text.
//
// The work is PDFium's, the library of Chrome, compiled to WebAssembly and run by wazero: Go alone,
// on every system. It is also a wall around the least trustworthy of inputs. A document sees no
// file, no clock it could wait on and no network; an instance has at most [MaxMemory] bytes, a call
// at most [MaxTime]; a fault in the C++ code ends the instance, not the program, and the next call
// begins a new one.
//
// [Start] compiles the library, which takes some seconds the first time: the machine code is kept
// in a folder. [Engine.Open] opens a document in an instance of its own; documents may be used at
// the same time, each by one goroutine.
package pdf

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Bounds of what a document may take.
const (
	MaxMemory = 512 << 20 // bytes, of an instance
	MaxTime   = time.Minute
)

// memoryPage is WebAssembly's unit of memory, in bytes.
const memoryPage = 64 << 10

// Engine is the compiled library.
type Engine struct{ pool pdfium.Pool }

// Start compiles the library, or reads what an earlier Start kept in the folder cache. Whoever can
// write there can run code here; empty for none.
func Start(cache string) (*Engine, error) {
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
		WithMemoryLimitPages(MaxMemory / memoryPage).
		WithCloseOnContextDone(true)
	if cache != "" {
		compiled, err := wazero.NewCompilationCacheWithDir(cache)
		if err != nil {
			return nil, fmt.Errorf("starting PDFium: %w", err)
		}
		config = config.WithCompilationCache(compiled)
	}
	pool, err := webassembly.Init(webassembly.Config{
		MaxTotal:      -1,                   // as many as there are documents open
		FSConfig:      wazero.NewFSConfig(), // no files
		Stdout:        io.Discard,
		Stderr:        io.Discard,
		RuntimeConfig: config,
		Context:       experimental.WithCompilationWorkers(context.Background(), runtime.GOMAXPROCS(0)),
	})
	if err != nil {
		return nil, fmt.Errorf("starting PDFium: %w", err)
	}
	return &Engine{pool}, nil
}

// UserCache is a folder for [Start] in the user's own cache, or empty if there can be none.
func UserCache() string {
	caches, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	dir := filepath.Join(caches, "pali3", "pdfium")
	if os.MkdirAll(dir, 0o700) != nil {
		return ""
	}
	return dir
}

// Close ends the engine and what is open.
func (e *Engine) Close() error { return e.pool.Close() }

// instance begins an instance of the library.
func (e *Engine) instance(ctx context.Context) (pdfium.Pdfium, error) {
	i, err := e.pool.GetInstanceWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("starting an instance of PDFium: %w", err)
	}
	return i, nil
}
