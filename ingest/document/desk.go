package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"strings"
	"sync"

	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/ingest/internal/pdf"
	"github.com/pali3/pali3/internal/imagefile"
)

// paper is a document's file.
type paper struct {
	name   string   // for keys
	origin string   // for rejects
	path   string   // to open, below root if that is set
	root   *os.Root // the folder that contains it, which links cannot leave; nil for a file that was named itself
}

// papers yields the documents, those of a folder in path order. With one folder given, keys are
// paths below it; otherwise they begin with the name of the given file or folder.
func papers(ctx context.Context, given []string, desk *desk) iter.Seq[paper] {
	return func(yield func(paper) bool) {
		names := input.GivenNames(given)
		for i, name := range given {
			if info, err := os.Stat(name); err != nil || !info.IsDir() {
				if !yield(paper{name: names[i], origin: names[i], path: name}) {
					return
				}
				continue
			}
			root, err := desk.folder(name)
			if err != nil {
				if !yield(paper{name: names[i], origin: names[i], path: name}) { // opening it reports the error
					return
				}
				continue
			}
			more := true
			fs.WalkDir(root.FS(), ".", func(file string, d fs.DirEntry, err error) error {
				if ctx.Err() != nil {
					return fs.SkipAll
				}
				if err == nil && (d.IsDir() || !isPDF(file)) {
					return nil
				}
				key, origin := file, path.Join(names[i], file)
				if len(given) > 1 {
					key = origin
				}
				if more = yield(paper{key, origin, file, root}); !more {
					return fs.SkipAll
				}
				return nil
			})
			if !more {
				return
			}
		}
	}
}

func isPDF(name string) bool { return strings.EqualFold(path.Ext(name), ".pdf") }

// otherFiles lists the first files of the folders that do not end in .pdf, and counts the rest.
func otherFiles(ctx context.Context, given []string) (left input.LeftFiles) {
	for _, name := range given {
		if info, err := os.Stat(name); err != nil || !info.IsDir() {
			continue
		}
		fs.WalkDir(os.DirFS(name), ".", func(file string, d fs.DirEntry, err error) error {
			switch {
			case ctx.Err() != nil:
				return fs.SkipAll
			case err != nil || d.IsDir() || isPDF(file):
			default:
				left.Add(file)
			}
			return nil
		})
	}
	return left
}

// desk keeps documents open, so that the pages of one document reuse an open instance.
type desk struct {
	engine *pdf.Engine

	mu      sync.Mutex
	folders []*os.Root
	last    paper // the paper that kept documents belong to
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

// open opens a document or reuses one that is open.
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
		err = notDocument(file, err)
		file.Close()
		return nil, err
	}
	return &deskDocument{document, of, file}, nil
}

// count opens the current document and returns its number of pages.
func (d *desk) count(ctx context.Context, of paper) (int64, error) {
	document, err := d.open(ctx, of)
	if err != nil {
		return 0, err
	}
	pages := document.Len()
	d.put(document, true)
	if pages == 0 {
		return 0, errors.New("the document has no pages")
	}
	return int64(pages), nil
}

func (p paper) open() (file *os.File, size int64, err error) {
	if p.root != nil {
		file, err = p.root.Open(p.path)
	} else {
		file, err = os.Open(p.path)
	}
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", p.origin)
	}
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// notDocument names the actual kind of a file that holds no document.
func notDocument(file *os.File, err error) error {
	head := make([]byte, 4096)
	n, _ := file.ReadAt(head, 0)
	if n == 0 || errors.Is(err, pdf.ErrPassword) || bytes.Contains(head[:n], []byte("%PDF-")) {
		return err
	}
	return fmt.Errorf("this is %s, not a PDF document: %w", imagefile.Kind(head[:n]), err)
}

// put returns a document for reuse. Instances of documents before the newest are closed.
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

// clear closes all documents and folders.
func (d *desk) clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	closeAll(d.kept)
	for _, root := range d.folders {
		root.Close()
	}
	d.kept, d.folders = nil, nil
}
