package ingest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/gomlx/go-huggingface/hub"
	"github.com/parquet-go/parquet-go"

	"github.com/pali3/pali3/shards"
)

// HubOptions say which dataset of a hub is read, and what of it.
type HubOptions struct {
	Repo     string // owner/name
	Revision string // branch, tag or commit; default main. What it stands for is looked up once: see [Hub.Commit]
	Files    string // only files that match this pattern (of [path.Match]) or lie in that folder
	Columns  Columns
	Language string
	Kind     string
	Endpoint string // default https://huggingface.co
	Token    string
	CacheDir string // default that of Hugging Face's own tools
}

// Hub reads the Parquet files of a dataset on a Hugging Face hub, in order of their names. The split is the one a
// file's name begins with, as in data/train-00000-of-00002.parquet. Files are kept in the cache that Hugging Face's
// tools share.
type Hub struct {
	options HubOptions
	repo    *hub.Repo
	commit  string
	files   []string
}

// NewHub looks up what the revision stands for, and the files; of the first it reads the columns. Where no image column is
// named it takes the one that holds pictures, and where no text column is, one of text, caption, captions or alt.
func NewHub(ctx context.Context, o HubOptions) (*Hub, error) {
	if o.Revision == "" {
		o.Revision = "main"
	}
	h := &Hub{options: o}
	repo, err := h.open(o.Revision)
	if err == nil {
		h.commit = repo.Info().CommitHash
		h.repo, err = h.open(h.commit)
	}
	if err != nil {
		return nil, fmt.Errorf("looking up %s at %s: %w", o.Repo, o.Revision, err)
	}
	if err := h.list(); err != nil {
		return nil, err
	}
	return h, h.defaults(ctx)
}

// open returns the repository at a revision, its list of files read anew: a branch moves.
func (h *Hub) open(revision string) (*hub.Repo, error) {
	repo := hub.New(h.options.Repo).WithType(hub.RepoTypeDataset).WithRevision(revision).WithProgressBar(false)
	repo.Verbosity = 0
	if h.options.Endpoint != "" {
		repo = repo.WithEndpoint(h.options.Endpoint)
	}
	if h.options.Token != "" {
		repo = repo.WithAuth(h.options.Token)
	}
	if h.options.CacheDir != "" {
		repo = repo.WithCacheDir(h.options.CacheDir)
	}
	return repo, repo.DownloadInfo(true)
}

func (h *Hub) list() error {
	for name, err := range h.repo.IterFileNames() {
		if err != nil {
			return fmt.Errorf("listing %s: %w", h.options.Repo, err)
		}
		matches, err := path.Match(h.options.Files, name)
		if err != nil {
			return fmt.Errorf("the pattern of files: %w", err)
		}
		inside := h.options.Files == "" || strings.HasPrefix(name, strings.TrimSuffix(h.options.Files, "/")+"/")
		if strings.HasSuffix(name, ".parquet") && (matches || inside) {
			h.files = append(h.files, name)
		}
	}
	slices.Sort(h.files)
	if len(h.files) == 0 {
		return fmt.Errorf("%s at %s has no Parquet files%s; its revision refs/convert/parquet may", h.options.Repo, h.commit, matching(h.options.Files))
	}
	return nil
}

func matching(pattern string) string {
	if pattern == "" {
		return ""
	}
	return " that match " + pattern
}

// defaults fills in the columns that the options leave open.
func (h *Hub) defaults(ctx context.Context) error {
	c := &h.options.Columns
	if c.Image != "" && c.Text != "" {
		return nil
	}
	local, err := h.repo.DownloadFileCtx(ctx, h.files[0])
	if err != nil {
		return fmt.Errorf("downloading %s: %w", h.files[0], err)
	}
	f, err := os.Open(local)
	if err != nil {
		return err
	}
	rows, err := newParquetRows(f)
	if err != nil {
		return err
	}
	defer rows.close()
	for _, leaf := range rows.leaves {
		if c.Image == "" && leaf.bytes {
			c.Image = leaf.name
		}
	}
	for _, name := range []string{"text", "caption", "captions", "alt"} {
		if c.Text == "" && slices.Contains(rows.names, name) {
			c.Text = name
		}
	}
	if c.Image == "" && c.Text == "" {
		return fmt.Errorf("%s: name the columns; there are %s", h.files[0], strings.Join(rows.names, ", "))
	}
	return nil
}

// Commit is the commit that the revision stood for.
func (h *Hub) Commit() string { return h.commit }

// Name implements [Source].
func (h *Hub) Name() string { return "hf " + h.options.Repo }

// Fingerprint implements [Source].
func (h *Hub) Fingerprint() (string, error) {
	o := h.options
	return shards.Hash(fmt.Appendf(nil, "%s %s %q %+v %s %s", o.Repo, h.commit, h.files, o.Columns, o.Language, o.Kind)), nil
}

// Records implements [Source].
func (h *Hub) Records(ctx context.Context) iter.Seq[shards.Record] { return h.RecordsAfter(ctx, 0) }

// RecordsAfter implements [Skipper]: files of which nothing is left are not read. A file that cannot be
// downloaded is one reject.
func (h *Hub) RecordsAfter(ctx context.Context, n int64) iter.Seq[shards.Record] {
	return h.RecordsSparing(ctx, n, func(string) bool { return false })
}

// RecordsSparing implements [Sparer].
func (h *Hub) RecordsSparing(ctx context.Context, n int64, there func(key string) bool) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		left := n
		for _, name := range h.files {
			table, rows, err := h.table(ctx, name)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				if left--; left < 0 && !yield(shards.Bad(h.origin(name), "", Unreadable, err)) {
					return
				}
				continue
			}
			if left >= rows {
				left -= rows
				continue
			}
			for record := range table.RecordsSparing(ctx, max(0, left), there) {
				if !yield(record) {
					return
				}
			}
			left = 0
		}
	}
}

// table downloads a file, unless it is in the cache, and opens it as a table.
func (h *Hub) table(ctx context.Context, name string) (t *Table, rows int64, err error) {
	local, err := h.repo.DownloadFileCtx(ctx, name)
	if err != nil {
		return nil, 0, errors.New("cannot be downloaded: " + firstLine(err.Error()))
	}
	f, err := os.Open(local)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	file, err := parquet.OpenFile(f, info.Size(), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, 0, err
	}
	t = &Table{File: local, Columns: h.options.Columns, Language: h.options.Language, Kind: h.options.Kind}
	if t.Kind == "" {
		t.Kind = shards.Alt
	}
	if err := t.checkColumns(); err != nil {
		return nil, 0, err
	}
	t.as, t.split = h.origin(name), splitOf(name)
	return t, file.NumRows(), nil
}

// origin names a file of the dataset, for rows and rejects.
func (h *Hub) origin(name string) string { return h.options.Repo + "/" + name }

// splitOf returns the split that a file's name, or else its folder's, begins with: data/train-00000-of-00002.parquet,
// default/validation/0000.parquet.
func splitOf(name string) string {
	for _, part := range []string{path.Base(name), path.Base(path.Dir(name))} {
		for _, split := range []string{"train", "validation", "valid", "val", "test", "dev"} {
			if rest, ok := strings.CutPrefix(part, split); ok && (rest == "" || strings.ContainsRune("-_.", rune(rest[0]))) {
				return split
			}
		}
	}
	return ""
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
