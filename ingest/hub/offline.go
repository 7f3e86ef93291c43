package hub

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/internal/atomicfile"
)

// Offline reports whether HF_HUB_OFFLINE, or TRANSFORMERS_OFFLINE, forbids requests to the hub, as
// it does for Hugging Face's tools: 1, on, yes or true, in any case.
func Offline() bool {
	switch strings.ToUpper(cmp.Or(os.Getenv("HF_HUB_OFFLINE"), os.Getenv("TRANSFORMERS_OFFLINE"))) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}

// errNotCached is returned for a model that is not in the cache.
var errNotCached = errors.New("not in the cache")

// cachedModel returns the folder of a model in the cache. A revision is the commit itself, or refs/
// holds the commit that it was at the last download.
func cachedModel(cacheDir, repo, revision string) (dir string, err error) {
	root := filepath.Join(cacheDir, "models--"+strings.ReplaceAll(repo, "/", "--"))
	commit := revision
	if content, err := readSmall(filepath.Join(root, "refs", filepath.FromSlash(revision))); err == nil {
		commit = strings.TrimSpace(string(content))
	}
	if !hexadecimal.MatchString(commit) {
		return "", fmt.Errorf("%s at %s is %w %s%s", repo, revision, errNotCached, cacheDir, othersCached(root))
	}
	dir = filepath.Join(root, "snapshots", commit)
	if _, err := os.Stat(dir); err != nil {
		return "", fmt.Errorf("%s at %s is %w %s%s", repo, revision, errNotCached, cacheDir, othersCached(root))
	}
	if missing, err := missingOf(dir); err != nil {
		return "", err
	} else if len(missing) > 0 {
		return "", fmt.Errorf("%s at %s is %w as a whole: %s lacks %s", repo, revision, errNotCached, dir, strings.Join(missing[:min(len(missing), 3)], ", "))
	}
	return dir, nil
}

// othersCached names the commits of a model that are in the cache.
func othersCached(root string) string {
	found, err := os.ReadDir(filepath.Join(root, "snapshots"))
	if err != nil || len(found) == 0 {
		return ""
	}
	var commits []string
	for _, e := range found[:min(len(found), 3)] {
		commits = append(commits, e.Name())
	}
	return ", which has the commits " + strings.Join(commits, ", ")
}

// missingOf names the files without which a folder is no model: its config and all its weights. A
// tokenizer or an image processor cannot be missed, because not all models have one.
func missingOf(dir string) (missing []string, err error) {
	has := func(name string) bool {
		info, err := os.Stat(filepath.Join(dir, name)) // through the link to its blob
		return err == nil && info.Mode().IsRegular()
	}
	if !has("config.json") {
		missing = append(missing, "config.json")
	}
	if has(modelWeights) {
		return missing, nil
	}
	if has(modelIndex) {
		shards, err := shardsOf(filepath.Join(dir, modelIndex))
		for _, name := range shards {
			if !has(name) {
				missing = append(missing, name)
			}
		}
		return missing, err
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.safetensors"))
	if err == nil && len(found) == 0 {
		missing = append(missing, modelWeights)
	}
	if len(found) > 0 && modelShard.MatchString(filepath.Base(found[0])) { // shards without an index
		count, _ := strconv.Atoi(filepath.Base(found[0])[len("model-00001-of-"):][:5])
		if len(found) != count {
			missing = append(missing, fmt.Sprintf("%d of %d files model-*.safetensors", count-len(found), count))
		}
	}
	return missing, err
}

// shardsOf returns the files that an index of weights names.
func shardsOf(path string) ([]string, error) {
	content, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	var index struct {
		Map map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(content, &index); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	var names []string
	for _, name := range index.Map {
		if filepath.IsLocal(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// readSmall reads a file that is not weights.
func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > mostTextBytes {
		return nil, fmt.Errorf("reading %s: not a file of at most %d bytes", path, mostTextBytes)
	}
	return os.ReadFile(path)
}

// keepRef notes which commit a revision was, as Hugging Face's tools do, so that it is found
// without the hub.
func (f *cache) keepRef(revision string) error {
	if revision == f.commit {
		return nil
	}
	path := filepath.Join(f.dir, "refs", filepath.FromSlash(revision))
	if content, err := readSmall(path); err == nil && string(content) == f.commit {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, []byte(f.commit))
}

// fromCache returns a model of the cache after the hub could not be asked, because of err. A hub
// that answers that there is no such model, or that it is private, is believed.
func fromCache(o ModelOptions, err error) (dir string, failed error) {
	if status, answered := errors.AsType[*statusError](err); answered && !status.passes() {
		return "", err
	}
	dir, missing := cachedModel(o.CacheDir, o.Repo, o.Revision)
	if missing != nil {
		if !errors.Is(missing, errNotCached) && !errors.Is(missing, fs.ErrNotExist) {
			err = errors.Join(err, missing)
		}
		return "", err
	}
	if o.Notice != nil {
		o.Notice(fmt.Sprintf("%s could not be asked about %s at %s (%v): using the commit %s of the cache, which may be an older one",
			o.Endpoint, o.Repo, o.Revision, err, filepath.Base(dir)))
	}
	return dir, nil
}
