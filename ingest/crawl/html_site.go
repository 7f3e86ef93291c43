package crawl

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/address"
	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/ingest/internal/page"
	"github.com/pali3/pali3/internal/imagefile"
)

// site is the state of one pass over a folder of pages.
type site struct {
	name  string // for origins
	root  *os.Root
	shown map[uint64]struct{} // hashes of the names of files that pages show
}

// mentions returns the mentions of a page.
func (s *site) mentions(name string) []mention {
	origin := path.Join(s.name, name)
	content, reason, err := input.ReadWithin(s.root, name, page.MaxBytes)
	if err != nil {
		return rejected(origin, reason, err)
	}
	if kind := notPage(content); kind != "" {
		return rejected(origin, BadPage, fmt.Errorf("this is %s, not an HTML page", kind))
	}
	parsed, err := page.Parse(content, localPages+(&url.URL{Path: name}).EscapedPath(), "", "")
	if err != nil {
		return rejected(origin, BadPage, err)
	}
	return mentionsOf(parsed, origin, name, time.Time{}, func(image page.Image) string { return fmt.Sprintf("%s#%d", name, image.Number) })
}

// notPage names the actual kind of a file with a page's name, or returns "" if it is a page.
func notPage(content []byte) string {
	switch imagefile.Format(content) {
	case "", "svg":
	default:
		return imagefile.Kind(content)
	}
	for _, magic := range []string{"%PDF-", "\x1f\x8b", "\x28\xb5\x2f\xfd", "BZh", "\xfd7zXZ", "PK\x03\x04", "WARC/"} {
		if strings.HasPrefix(string(content[:min(len(content), len(magic))]), magic) {
			return imagefile.Kind(content)
		}
	}
	return ""
}

// image reads the file that a local page links to.
func (s *site) image(link string) (content []byte, reason string, err error) {
	names, err := localNames(link)
	if err != nil {
		return nil, ingest.NoImage, err
	}
	for _, name := range names {
		if content, reason, err = input.ReadWithin(s.root, name, input.MaxImageFile); !errors.Is(err, fs.ErrNotExist) {
			return content, reason, err
		}
	}
	return nil, ingest.NoImage, err
}

// localNames returns the file names that a local page's link may refer to: programs that save pages
// may keep a query or percent-encoding in file names.
func localNames(link string) ([]string, error) {
	rest, ok := strings.CutPrefix(link, localPages)
	if !ok {
		return nil, fmt.Errorf("%.500s is not below the folder", link)
	}
	rest, query, has := strings.Cut(rest, "?")
	plain := address.Unescape(rest)
	names := []string{plain}
	if has {
		names = append(names, plain+"?"+query, plain+"?"+address.Unescape(query))
	}
	if plain != rest {
		names = append(names, rest)
	}
	for i, name := range names {
		names[i] = strings.TrimPrefix(path.Clean("/"+name), "/") // links may have double slashes
		if !fs.ValidPath(names[i]) {
			return nil, fmt.Errorf("%q is not below the folder", names[i])
		}
	}
	return names, nil
}

// andUnshown yields the mentions, then an aside that counts the files that are neither pages nor
// shown by one.
func (s *site) andUnshown(ctx context.Context, mentions iter.Seq[mention]) iter.Seq[mention] {
	return func(yield func(mention) bool) {
		for m := range mentions {
			for _, link := range append([]string{m.image.URL}, m.image.Others...) {
				if names, err := localNames(link); err == nil {
					for _, name := range names {
						s.shown[xxhash.Sum64String(name)] = struct{}{}
					}
				}
			}
			if !yield(m) {
				return
			}
		}
		if left := s.unshown(ctx); left != nil && ctx.Err() == nil {
			yield(aside(s.name, left...))
		}
	}
}

// unshown names the first files that are neither pages nor shown by one, and counts the rest.
func (s *site) unshown(ctx context.Context) (left input.LeftFiles) {
	fs.WalkDir(s.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return fs.SkipAll
		}
		if err != nil || d.IsDir() || isPage(name) {
			return nil
		}
		if _, shown := s.shown[xxhash.Sum64String(name)]; !shown {
			left.Add(name)
		}
		return nil
	})
	return left
}
