package cli

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/pali3/pali3/ingest/tabular"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/fetch"
	"github.com/pali3/pali3/internal/resize"
)

type ingestURLs struct {
	Files          []string `arg:"" help:"Tables of URLs and texts: files, a URL of an object store, folders or patterns; .csv, .tsv, .jsonl, .json, .txt (each also .gz, .zst or .bz2) or .parquet."`
	URLColumn      string   `name:"url-column" help:"Column of the images' URLs; in a .txt, each line is one."`
	TextColumn     string   `help:"Column of texts."`
	IDColumn       string   `name:"id-column" help:"Column of keys; by default the URL."`
	LanguageColumn string   `help:"Column of the texts' languages."`
	SplitColumn    string   `help:"Column of splits."`
	SHA256Column   string   `name:"sha256-column" help:"Column of the images' expected SHA-256."`
	Keep           []string `help:"Columns to keep as metadata."`
	Kind           string   `default:"alt" enum:"alt,caption,ocr,title" help:"Kind of the texts."`
	groupFlags
	languageFlag
	dialectFlags
	webFlags `embed:"" group:"Fetching"`
	ingestFlags
}

func (c ingestURLs) Run(ctx context.Context, con *console) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	source, err := tabular.NewURLs(tabular.Options{
		Stores: con.program.Stores,
		Files:  c.Files, Dialect: c.dialect(), Language: c.Language, Kind: c.Kind, Web: &tabular.Web{Fetch: options, Memory: c.Memory << 20},
		GroupBy: c.GroupBy,
		Columns: tabular.Columns{Image: c.URLColumn, Text: c.TextColumn, ID: c.IDColumn, Language: c.LanguageColumn,
			Split: c.SplitColumn, SHA256: c.SHA256Column, Keep: c.Keep},
	})
	if err != nil {
		return err
	}
	return c.run(ctx, con, source, c.Language)
}

// webFlags set how images are fetched from the web.
type webFlags struct {
	Connections  int           `default:"256" help:"Concurrent requests."`
	PerHost      int           `default:"8" help:"Concurrent requests to one host."`
	HostDelay    time.Duration `help:"Minimum time between two requests to a host."`
	Timeout      time.Duration `default:"20s" help:"Timeout of one attempt."`
	Retries      int           `default:"2" help:"Retries after a temporary failure."`
	MaxRedirects int           `default:"5" help:"Maximum redirects to follow."`
	MaxBytes     int64         `default:"67108864" help:"Largest image, in bytes."`
	Memory       int64         `default:"256" help:"Maximum MiB of fetched images waiting to be written."`
	UserAgent    string        `help:"User-Agent; its part before the slash is the name in robots.txt."`
	AllowNet     []string      `placeholder:"CIDR" help:"Non-public address range to allow, for example 127.0.0.0/8."`
	Robots       bool          `default:"true" negatable:"" help:"Respect robots.txt."`
	OptOut       bool          `default:"true" negatable:"" help:"Skip images whose headers opt out (such as X-Robots-Tag: noai)."`
}

func (f webFlags) options() (fetch.Options, error) {
	o := fetch.Options{
		UserAgent: f.UserAgent, Connections: f.Connections, PerHost: f.PerHost, HostDelay: f.HostDelay, Timeout: f.Timeout,
		Retries: orNone(f.Retries), MaxRedirects: orNone(f.MaxRedirects), MaxBytes: f.MaxBytes,
		IgnoreRobots: !f.Robots, IgnoreOptOut: !f.OptOut,
	}
	for _, text := range f.AllowNet {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return o, fmt.Errorf("--allow-net: %w", err)
		}
		o.AllowNets = append(o.AllowNets, prefix)
	}
	return o, nil
}

// orNone returns -1, which means none in the options, for 0.
func orNone(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

// resizeFlags are common to all sources.
type resizeFlags struct {
	Resize  string `default:"none" enum:"none,keep,keep_ratio,center_crop,border" help:"Make images smaller: keep (longer side), keep_ratio (shorter side), center_crop, border, or none, which leaves them unchanged."`
	Size    int    `default:"256" help:"Side in pixels to resize to."`
	Quality int    `default:"95" help:"JPEG quality of resized images."`
	Enlarge bool   `help:"Also enlarge smaller images."`
}

func (f resizeFlags) transform() (ingest.Transform, error) {
	if f.Resize == "none" {
		return nil, nil
	}
	return resize.New(resize.Options{Mode: f.Resize, Size: f.Size, Quality: f.Quality, Enlarge: f.Enlarge})
}
