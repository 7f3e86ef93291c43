package hub

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pali3/pali3/ingest/internal/input"
)

// file is a file to read and the split of its rows.
type file struct{ name, split string }

// archive reports whether the file is a WebDataset archive; all others are Parquet files.
func (f file) archive() bool {
	for _, ending := range []string{".tar", ".tar.gz", ".tgz", ".tar.zst"} {
		if strings.HasSuffix(f.name, ending) {
			return true
		}
	}
	return false
}

// choose lists the files that the options select: the Parquet files, or else the archives.
func (h *Dataset) choose(ctx context.Context) error {
	names := slices.Sorted(maps.Keys(h.cache.infos))
	o := h.options
	var files []file
	for _, name := range names {
		files = append(files, file{name, splitOf(name)})
	}
	if o.Files == "" || o.Config != "" {
		var err error
		if files, err = h.configured(ctx, names, files); err != nil {
			return err
		}
	}
	matches, err := globbing(cmp.Or(strings.TrimSuffix(o.Files, "/"), "**"))
	if err != nil {
		return fmt.Errorf("the pattern of files: %w", err)
	}
	var archives []file
	other := map[string]bool{}
	for _, file := range files {
		switch {
		case !matches(file.name), o.Split != "" && !sameSplit(o.Split, file.split):
		case strings.HasSuffix(file.name, ".parquet"):
			h.files = append(h.files, file)
		case file.archive():
			archives = append(archives, file)
		default:
			other[path.Ext(file.name)] = true
		}
	}
	if len(h.files) == 0 {
		h.files = archives
	}
	if len(h.files) == 0 {
		return fmt.Errorf("no Parquet files%s and no WebDataset archives, but files of the kinds %q; the revision refs/convert/parquet may have them as Parquet",
			h.asked(), slices.Sorted(maps.Keys(other)))
	}
	return nil
}

// configured returns the files of the chosen configuration, or all files if there are no
// configurations.
func (h *Dataset) configured(ctx context.Context, names []string, all []file) ([]file, error) {
	var configs []config
	if _, there := h.cache.infos["README.md"]; there {
		local, err := h.cache.get(ctx, "README.md")
		if err != nil {
			return nil, err
		}
		info, err := os.Stat(local)
		if err != nil {
			return nil, err
		}
		if info.Size() > input.MaxTextFile {
			return nil, fmt.Errorf("README.md has %d bytes; the limit is %d", info.Size(), input.MaxTextFile)
		}
		readme, err := os.ReadFile(local)
		if err != nil {
			return nil, err
		}
		if configs, err = parseConfigs(readme); err != nil {
			return nil, err
		}
	}
	config, err := pickConfig(configs, h.options.Config)
	if err != nil {
		return nil, err
	}
	if config != nil {
		return config.files(names)
	}
	if h.options.Config == "" {
		return all, nil
	}
	inside := slices.DeleteFunc(all, func(f file) bool { return !strings.HasPrefix(f.name, h.options.Config+"/") })
	if len(inside) == 0 {
		return nil, fmt.Errorf("no config %s; there are %q", h.options.Config, configNames(configs))
	}
	return inside, nil
}

// asked describes the request in a message.
func (h *Dataset) asked() (text string) {
	for _, word := range []struct{ text, value string }{
		{" that match ", h.options.Files}, {" of config ", h.options.Config}, {" of split ", h.options.Split},
	} {
		if word.value != "" {
			text += word.text + word.value
		}
	}
	return text
}

// globbing compiles a pattern in Hugging Face's syntax: * and ? within a folder, ** across folders,
// [a-z], {a,b}. A pattern that names a folder matches everything below it.
func globbing(pattern string) (func(string) bool, error) {
	if strings.Contains(pattern, "://") || strings.Contains(pattern, ":/") {
		return nil, fmt.Errorf("only files in the repository itself are read")
	}
	var b strings.Builder
	depth := 0
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case strings.HasPrefix(pattern[i:], "**/"):
			b.WriteString("(?:.*/)?")
			i += 2
		case strings.HasPrefix(pattern[i:], "**"):
			b.WriteString(".*")
			i++
		case c == '*':
			b.WriteString("[^/]*")
		case c == '?':
			b.WriteString("[^/]")
		case c == '{':
			b.WriteString("(?:")
			depth++
		case c == '}' && depth > 0:
			b.WriteString(")")
			depth--
		case c == ',' && depth > 0:
			b.WriteString("|")
		case c == '[':
			end := strings.IndexByte(pattern[i:], ']')
			if end < 2 {
				return nil, fmt.Errorf("unclosed bracket")
			}
			class := strings.ReplaceAll(pattern[i+1:i+end], `\`, `\\`)
			if rest, ok := strings.CutPrefix(class, "!"); ok {
				class = "^" + rest
			}
			b.WriteString("[" + strings.ReplaceAll(class, "[", `\[`) + "]")
			i += end
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	compiled, err := regexp.Compile("^" + b.String() + "(?:/.*)?$")
	if err != nil {
		return nil, err
	}
	return compiled.MatchString, nil
}

// splitOf returns the split named at the start of a file's name, or else of its folder's:
// data/train-00000-of-00002.parquet, default/validation/0000.parquet,
// default/partial-train/0000.parquet.
func splitOf(name string) string {
	for _, part := range []string{path.Base(name), path.Base(path.Dir(name))} {
		part = strings.TrimPrefix(part, "partial-")
		for _, split := range []string{"train", "validation", "valid", "val", "test", "dev"} {
			if rest, ok := strings.CutPrefix(part, split); ok && (rest == "" || strings.ContainsRune("-_.", rune(rest[0]))) {
				return split
			}
		}
	}
	return ""
}

// sameSplit reports whether two names are the same split; validation has several names.
func sameSplit(a, b string) bool {
	known := func(name string) string {
		switch name {
		case "valid", "val", "dev":
			return "validation"
		}
		return name
	}
	return known(a) == known(b)
}
