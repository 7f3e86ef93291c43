package ingest

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/pali3/pali3/ingest/pdf"
)

// paper is a document's file.
type paper struct {
	name string   // as keys have it
	path string   // as messages have it
	root *os.Root // the folder it is read below, which no link leads out of; nil for a file that was named
}

// papers yields the documents' files, those of folders in order of their paths. Keys have a path below the one folder that is
// given, and else paths as they are given, so that two folders' documents of one name have two keys.
func papers(ctx context.Context, given []string, desk *desk) iter.Seq[paper] {
	return func(yield func(paper) bool) {
		for _, name := range given {
			if info, err := os.Stat(name); err != nil || !info.IsDir() {
				if !yield(paper{name: filepath.ToSlash(name), path: name}) {
					return
				}
				continue
			}
			root, err := desk.folder(name)
			if err != nil {
				if !yield(paper{name: filepath.ToSlash(name), path: name}) { // which says why when it is opened
					return
				}
				continue
			}
			goOn := true
			fs.WalkDir(root.FS(), ".", func(file string, d fs.DirEntry, err error) error {
				if ctx.Err() != nil {
					return fs.SkipAll
				}
				if err == nil && (d.IsDir() || !strings.EqualFold(path.Ext(file), ".pdf")) {
					return nil
				}
				key, at := file, path.Join(filepath.ToSlash(name), file)
				if len(given) > 1 {
					key = at
				}
				if goOn = yield(paper{key, at, root}); !goOn {
					return fs.SkipAll
				}
				return nil
			})
			if !goOn {
				return
			}
		}
	}
}

// desk has the documents that are open. What is put back is taken up again for the document's next page.
type desk struct {
	engine *pdf.Engine

	mu      sync.Mutex
	folders []*os.Root
	last    paper // whose documents are kept
	kept    []*deskDocument
}

// deskDocument is an open document and its file.
type deskDocument struct {
	*pdf.Document
	of   paper
	file *os.File
}

// folder opens a folder until the desk is cleared.
func (d *desk) folder(name string) (*os.Root, error) {
	root, err := os.OpenRoot(name)
	if err == nil {
		d.folders = append(d.folders, root)
	}
	return root, err
}

// open opens a document, or takes one that is open.
func (d *desk) open(ctx context.Context, of paper) (*deskDocument, error) {
	d.mu.Lock()
	if n := len(d.kept) - 1; n >= 0 && d.last == of {
		document := d.kept[n]
		d.kept = d.kept[:n]
		d.mu.Unlock()
		return document, nil
	}
	d.mu.Unlock()
	file, size, err := of.open()
	if err != nil {
		return nil, err
	}
	document, err := d.engine.Open(ctx, file, size)
	if err != nil {
		file.Close()
		return nil, err
	}
	return &deskDocument{document, of, file}, nil
}

// count opens the document whose turn it is now and says how many pages it has.
func (d *desk) count(ctx context.Context, of paper) (int64, error) {
	document, err := d.open(ctx, of)
	if err != nil {
		return 0, err
	}
	pages := document.Len()
	d.put(document, true)
	return int64(pages), nil
}

func (p paper) open() (file *os.File, size int64, err error) {
	if p.root != nil {
		file, err = p.root.Open(p.name)
	} else {
		file, err = os.Open(p.path)
	}
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", p.path)
	}
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// put gives a document back. Those of documents before the newest are closed.
func (d *desk) put(document *deskDocument, newest bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if newest && d.last != document.of {
		closeAll(d.kept)
		d.kept, d.last = nil, document.of
	}
	if d.last == document.of {
		d.kept = append(d.kept, document)
	} else {
		closeAll([]*deskDocument{document})
	}
}

func closeAll(documents []*deskDocument) {
	for _, document := range documents {
		document.Close()
		document.file.Close()
	}
}

// clear closes everything.
func (d *desk) clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	closeAll(d.kept)
	for _, root := range d.folders {
		root.Close()
	}
	d.kept, d.folders = nil, nil
}
