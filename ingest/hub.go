package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/go-huggingface/hub"

	"github.com/pali3/pali3/ingest/fetch"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/table"
)

// HubOptions say which dataset of a hub is read, and what of it.
type HubOptions struct {
	Repo     string // owner/name
	Revision string // branch, tag or commit; default main. What it stands for is looked up once: see [Hub.Commit]
	Config   string // a configuration of its README.md, or a folder; default its default
	Split    string // only this split
	Files    string // only files that match this pattern or lie in this folder; without Config, whatever README.md says
	Columns  Columns
	Language string
	Kind     string
	Endpoint string // default https://huggingface.co
	Token    string // default [HubToken]
	CacheDir string // default that of Hugging Face's own tools, as HF_HUB_CACHE and HF_HOME have it
}

// Hub reads the Parquet files of a dataset on a Hugging Face hub: those that the configuration in its README.md
// names, in order of its splits, or else all, in order of their names. The split is the one that the
// configuration says, or that a file's name begins with, as in data/train-00000-of-00002.parquet. Files are kept in the
// cache that Hugging Face's tools share.
type Hub struct {
	options HubOptions
	commit  string
	files   []hubFile
	cache   *hubFiles
	meter   *meter
}

// ErrUnavailable is wrapped by the error of a record that stands for a part of the source which cannot be had for now. [Run]
// rejects nothing then: it stops, and the next run goes on from there.
var ErrUnavailable = errors.New("not to be had for now; run the same command again to go on")

// NewHub looks up what the revision stands for, and the files; of the first it reads the columns. Where no image column is
// named it takes the one that holds pictures, and where no text column is, one of text, caption, captions or alt.
func NewHub(ctx context.Context, o HubOptions) (*Hub, error) {
	o.Revision = cmp.Or(o.Revision, "main")
	o.Endpoint = strings.TrimSuffix(cmp.Or(o.Endpoint, "https://huggingface.co"), "/")
	o.Token = cmp.Or(o.Token, HubToken())
	o.CacheDir = cmp.Or(o.CacheDir, hubCacheDir())
	h := &Hub{options: o, meter: new(meter)}
	if err := h.lookUp(); err != nil {
		return nil, fmt.Errorf("looking up %s at %s: %w", o.Repo, o.Revision, err)
	}
	if err := h.choose(ctx); err != nil {
		return nil, fmt.Errorf("%s at %s: %w", o.Repo, h.commit, err)
	}
	return h, h.defaults(ctx)
}

// HubToken is the token that Hugging Face's tools use: HF_TOKEN, or what their login left.
func HubToken() string {
	if token := cmp.Or(os.Getenv("HF_TOKEN"), os.Getenv("HUGGING_FACE_HUB_TOKEN")); token != "" {
		return token
	}
	content, err := os.ReadFile(cmp.Or(os.Getenv("HF_TOKEN_PATH"), filepath.Join(hubHome(), "token")))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(content))
}

func hubHome() string {
	if home := os.Getenv("HF_HOME"); home != "" {
		return home
	}
	return filepath.Dir(hub.DefaultCacheDir())
}

func hubCacheDir() string { return cmp.Or(os.Getenv("HF_HUB_CACHE"), filepath.Join(hubHome(), "hub")) }

// lookUp finds the commit that the revision stands for, and what the repository says of its files: anew, as a branch moves.
func (h *Hub) lookUp() error {
	o := h.options
	repo := hub.New(o.Repo).WithType(hub.RepoTypeDataset).WithRevision(url.PathEscape(o.Revision)).WithProgressBar(false).
		WithEndpoint(o.Endpoint).WithAuth(o.Token).WithCacheDir(o.CacheDir)
	repo.Verbosity = 0
	if err := repo.DownloadInfo(true); err != nil {
		var code int
		if _, after, ok := strings.Cut(err.Error(), "bad status code "); ok {
			fmt.Sscan(after, &code)
		}
		if code > 0 {
			return &hubStatus{code: code}
		}
		return errors.New(firstLine(err.Error()))
	}
	dir, err := repo.CacheDir()
	if err != nil {
		return err
	}
	info := repo.Info()
	if !hexadecimal.MatchString(info.CommitHash) {
		return fmt.Errorf("the hub says that its commit is %.100q", info.CommitHash)
	}
	endpoint, err := url.Parse(o.Endpoint)
	if err != nil {
		return err
	}
	h.commit = info.CommitHash
	h.cache = &hubFiles{dir: dir, commit: h.commit, token: o.Token, infos: map[string]*hub.FileInfo{}, backoff: time.Second, stall: time.Minute,
		client:  &http.Client{Transport: fetch.Named(endpoint)},
		address: fmt.Sprintf("%s/datasets/%s/resolve/%s/", o.Endpoint, o.Repo, h.commit)}
	for _, file := range info.Siblings {
		h.cache.infos[file.Name] = file
	}
	return nil
}

// defaults fills in the columns that the options leave open.
func (h *Hub) defaults(ctx context.Context) error {
	c := &h.options.Columns
	if c.Image != "" && c.Text != "" {
		return nil
	}
	first := h.files[0].name
	local, err := h.cache.get(ctx, first)
	if err != nil {
		return err
	}
	f, err := os.Open(local)
	if err != nil {
		return err
	}
	rows, err := newParquetRows(f, local)
	if err != nil {
		return err
	}
	defer rows.close()
	c.Image = cmp.Or(c.Image, rows.picture())
	names, _ := rows.columns()
	for _, name := range []string{"text", "caption", "captions", "alt"} {
		if c.Text == "" && slices.Contains(names, name) {
			c.Text = name
		}
	}
	if c.Image == "" && c.Text == "" {
		return fmt.Errorf("%s: name the columns; there are %s", first, strings.Join(names, ", "))
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

// Part implements [Measured].
func (h *Hub) Part() float64 { return h.meter.part() }

// Records implements [Source].
func (h *Hub) Records(ctx context.Context) iter.Seq[shards.Record] { return h.RecordsAfter(ctx, 0) }

// RecordsAfter implements [Skipper]: files of which nothing is left are not read, and in the others only what is left. A
// file that is no table is one reject; at one that cannot be downloaded the records end, with [ErrUnavailable].
func (h *Hub) RecordsAfter(ctx context.Context, n int64) iter.Seq[shards.Record] {
	return h.RecordsSparing(ctx, n, func(string) bool { return false })
}

// RecordsSparing implements [Sparer].
func (h *Hub) RecordsSparing(ctx context.Context, n int64, there func(key string) bool) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		left := n
		h.meter.begin(int64(len(h.files)))
		for i, file := range h.files {
			h.meter.at(int64(i))
			table, rows, err := h.table(ctx, file)
			if ctx.Err() != nil {
				return
			}
			if errors.Is(err, ErrUnavailable) {
				yield(shards.Bad(h.origin(file.name), "", Unreadable, err))
				return
			}
			if err != nil {
				if left--; left < 0 && !yield(shards.Bad(h.origin(file.name), "", Unreadable, err)) {
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
func (h *Hub) table(ctx context.Context, file hubFile) (t *Table, rows int64, err error) {
	local, err := h.cache.get(ctx, file.name)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrUnavailable, err)
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
	parts, err := table.Open(f, info.Size())
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
	t.as, t.split = h.origin(file.name), file.split
	return t, parts.Len(), nil
}

// origin names a file of the dataset, for rows and rejects.
func (h *Hub) origin(name string) string { return h.options.Repo + "/" + name }

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
