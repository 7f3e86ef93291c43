// Package pdf draws the pages of PDF documents and reads their text.
//
// It uses PDFium, Chrome's PDF library, compiled to WebAssembly and run by wazero: pure Go on every
// system. This also sandboxes the least trustworthy of inputs. A document has no access to files,
// network or a clock to wait on; an instance has at most [MaxMemory] bytes, and a call takes at
// most [MaxTime]. A fault in the C++ code ends the instance, not the program, and the next call
// starts a new one.
//
// [Start] compiles the library, which takes a few seconds the first time; the machine code is
// cached in a folder. [Engine.Open] opens a document in a separate instance. Documents may be used
// concurrently, each by one goroutine.
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

// Limits on the resources of a document.
const (
	MaxMemory = 512 << 20 // bytes, of an instance
	MaxTime   = time.Minute
)

// memoryPage is WebAssembly's unit of memory, in bytes.
const memoryPage = 64 << 10

// Engine is the compiled library.
type Engine struct{ pool pdfium.Pool }

// Start compiles the library, or loads it from the folder cache, which an earlier Start wrote; an
// empty cache means no caching. Whoever can write to that folder can run code in this process.
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

// UserCache returns a folder for [Start] in the user's cache, or "" if there is none.
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

// Close closes the engine and all open documents.
func (e *Engine) Close() error { return e.pool.Close() }

// instance starts an instance of the library.
func (e *Engine) instance(ctx context.Context) (pdfium.Pdfium, error) {
	i, err := e.pool.GetInstanceWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("starting an instance of PDFium: %w", err)
	}
	return i, nil
}
