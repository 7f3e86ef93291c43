package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gomlx/go-huggingface/hub"

	"github.com/pali3/pali3/ingest/fetch"
	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/ingest/tabular"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/mapping"
)

// Options select a dataset of a hub, and what to read from it.
type Options struct {
	Repo     string // owner/name
	Revision string // branch, tag or commit; default main. Resolved once: see [Dataset.Commit]
	Config   string // a configuration in README.md, or a folder; by default the default configuration
	Split    string // only this split
	Files    string // only files that match this pattern or are in this folder; without Config it overrides README.md
	Columns  tabular.Columns
	Language string
	Kind     string // kind of the texts in Parquet files; archives have their own kinds
	Endpoint string // default https://huggingface.co
	Token    string // default [Token]
	CacheDir string // default: the cache of Hugging Face's tools, set by HF_HUB_CACHE or HF_HOME
}

// Dataset reads a dataset on a Hugging Face hub: its Parquet files or, if it has none, its
// WebDataset archives. It reads the files that the configuration in README.md names, in split
// order, or else all files in name order. The split comes from the configuration or from the start
// of a file's name, as in data/train-00000-of-00002.parquet. Files are kept in the cache that
// Hugging Face's tools share.
type Dataset struct {
	options Options
	commit  string
	files   []file
	cache   *cache
	meter   *input.Meter
	plan    *mapping.Plan // of the first table; nil for archives
}

// Open resolves the revision to a commit, lists its files, and reads the columns of the first one,
// but no rows. If no image column is named, it takes the first that holds images; texts, questions,
// answers and boxes are recognized by their common names: see [Dataset.ColumnsTaken].
func Open(ctx context.Context, o Options) (*Dataset, error) {
	if shards.IsURL(o.Repo) {
		return nil, fmt.Errorf("%s is a URL: a dataset of a hub is named owner/name; files in an object store are read by table, arrow or webdataset", input.DisplayName(o.Repo))
	}
	if Offline() {
		return nil, fmt.Errorf("looking up %s: HF_HUB_OFFLINE is set, and only a hub knows the files of a dataset; unset it, or read files that you have with ingest table or ingest webdataset", o.Repo)
	}
	o.Revision = cmp.Or(o.Revision, "main")
	o.Endpoint = strings.TrimSuffix(cmp.Or(o.Endpoint, "https://huggingface.co"), "/")
	o.Token = cmp.Or(o.Token, Token())
	o.CacheDir = cmp.Or(o.CacheDir, cacheDir())
	h := &Dataset{options: o, meter: new(input.Meter)}
	if err := h.lookUp(); err != nil {
		return nil, fmt.Errorf("looking up %s at %s: %w", o.Repo, o.Revision, err)
	}
	if err := h.choose(ctx); err != nil {
		return nil, fmt.Errorf("%s at %s: %w", o.Repo, h.commit, err)
	}
	return h, h.defaults(ctx)
}

// Token returns the token that Hugging Face's tools use: HF_TOKEN, or the one stored by their
// login.
func Token() string {
	if token := cmp.Or(os.Getenv("HF_TOKEN"), os.Getenv("HUGGING_FACE_HUB_TOKEN")); token != "" {
		return token
	}
	content, err := os.ReadFile(cmp.Or(os.Getenv("HF_TOKEN_PATH"), filepath.Join(home(), "token")))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(content))
}

func home() string {
	if home := os.Getenv("HF_HOME"); home != "" {
		return home
	}
	return filepath.Dir(hub.DefaultCacheDir())
}

func cacheDir() string {
	return cmp.Or(os.Getenv("HF_HUB_CACHE"), os.Getenv("HUGGINGFACE_HUB_CACHE"), filepath.Join(home(), "hub"))
}

// lookUp resolves the revision to a commit and lists the repository's files.
func (h *Dataset) lookUp() error {
	o := h.options
	var err error
	h.cache, err = openRepo(hub.RepoTypeDataset, "datasets/", o.Repo, o.Revision, o.Endpoint, o.Token, o.CacheDir)
	if err != nil {
		return err
	}
	h.commit = h.cache.commit
	return nil
}

// openRepo resolves a revision of a repository to a commit and lists its files. The response is
// never cached, because a branch moves. Path is what precedes the repository's name in addresses.
func openRepo(kind hub.RepoType, path, name, revision, endpoint, token, cacheDir string) (*cache, error) {
	repo := hub.New(name).WithType(kind).WithRevision(url.PathEscape(revision)).WithProgressBar(false).
		WithEndpoint(endpoint).WithAuth(token).WithCacheDir(cacheDir)
	repo.Verbosity = 0
	what := strings.TrimSuffix(string(kind), "s")
	if err := repo.DownloadInfo(true); err != nil {
		var code int
		if _, after, ok := strings.Cut(err.Error(), "bad status code "); ok {
			fmt.Sscan(after, &code)
		}
		if code > 0 {
			return nil, &statusError{code: code, what: what}
		}
		return nil, errors.New(firstLine(err.Error()))
	}
	dir, err := repo.CacheDir()
	if err != nil {
		return nil, err
	}
	info := repo.Info()
	if !hexadecimal.MatchString(info.CommitHash) {
		return nil, fmt.Errorf("the hub returned an invalid commit %.100q", info.CommitHash)
	}
	base, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	c := &cache{what: what, dir: dir, commit: info.CommitHash, token: token, infos: map[string]*hub.FileInfo{}, backoff: time.Second, stall: time.Minute,
		client:  &http.Client{Transport: fetch.Named(base)},
		address: fmt.Sprintf("%s/%s%s/resolve/%s/", endpoint, path, name, info.CommitHash)}
	for _, file := range info.Siblings {
		c.infos[file.Name] = file
	}
	return c, nil
}

// Commit returns the commit that the revision resolved to.
func (h *Dataset) Commit() string { return h.commit }

// Name implements [ingest.Source].
func (h *Dataset) Name() string { return "hf " + h.options.Repo }

// Fingerprint implements [ingest.Source].
func (h *Dataset) Fingerprint() (string, error) {
	o := h.options
	return shards.Hash(fmt.Appendf(nil, "%s %s %q %+v %s %s", o.Repo, h.commit, h.files, o.Columns, o.Language, o.Kind)), nil
}

// Part implements [ingest.Measured].
func (h *Dataset) Part() float64 { return h.meter.Part() }

// origin names a file of the dataset in rows and rejects.
func (h *Dataset) origin(name string) string { return h.options.Repo + "/" + name }

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
