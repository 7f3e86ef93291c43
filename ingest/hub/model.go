package hub

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gomlx/go-huggingface/hub"
)

// ModelOptions select a model of a hub.
type ModelOptions struct {
	Repo     string // owner/name
	Revision string // branch, tag or commit; default main
	Endpoint string // default https://huggingface.co
	Token    string // default [Token]
	CacheDir string // default: the cache of Hugging Face's tools, set by HF_HUB_CACHE or HF_HOME
	MaxBytes int64  // the most bytes of all files; default 256 GiB
	// Offline takes the model from the cache and asks no hub. Default: what [Offline] says.
	Offline bool
	// Progress, if not nil, is called before each file with its name and size, 0 if not known.
	Progress func(name string, size int64)
	// Notice, if not nil, is called with a message if the hub could not be asked and the cache's
	// model is used.
	Notice func(message string)
}

const (
	mostModelBytes = 256 << 30
	mostTextBytes  = 128 << 20 // of a file other than weights
)

// modelFiles are the files of a model beside its weights that are downloaded, where they are there.
var modelFiles = []string{
	"config.json", "preprocessor_config.json", "processor_config.json",
	"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
	"spiece.model", "tokenizer.model", "sentencepiece.bpe.model", "sentencepiece.model", "tokenizer.json",
}

// The names of weights, as transformers writes them.
const (
	modelWeights = "model.safetensors"
	modelIndex   = "model.safetensors.index.json"
)

var modelShard = regexp.MustCompile(`^model-\d{5}-of-\d{5}\.safetensors$`)

// ParseModel splits the name of a model, owner/name or owner/name@revision.
func ParseModel(name string) (repo, revision string, err error) {
	repo, revision, pinned := strings.Cut(name, "@")
	owner, model, slash := strings.Cut(repo, "/")
	if !slash || owner == "" || model == "" || strings.ContainsAny(model, "/\\") || strings.HasPrefix(owner, ".") || strings.HasPrefix(model, ".") ||
		strings.ContainsAny(name, " ?#%:") || pinned && !fs.ValidPath(revision) {
		return "", "", fmt.Errorf("%q is not the name of a model on a hub; want owner/name or owner/name@revision", name)
	}
	return repo, revision, nil
}

// DownloadModel downloads the files of a model that are needed to run it, and returns their folder:
// its config, tokenizer, image processor and safetensors. Files are kept in the cache that Hugging
// Face's tools share; an interrupted download resumes, and the hashes that the hub lists are
// checked. In the cache, the folder of owner/name is
//
//	models--owner--name/refs/REVISION       the commit that a branch or tag was when it was last asked for
//	models--owner--name/snapshots/COMMIT/   the folder that is returned; its files are links into blobs/
//	models--owner--name/blobs/HASH          the files, by the hash of their content
//
// If the hub cannot be reached, the model of the cache is used and Notice is called.
func DownloadModel(ctx context.Context, o ModelOptions) (dir string, err error) {
	o.Endpoint = strings.TrimSuffix(cmp.Or(o.Endpoint, "https://huggingface.co"), "/")
	o.Revision = cmp.Or(o.Revision, "main")
	o.CacheDir = cmp.Or(o.CacheDir, cacheDir())
	if o.Offline || Offline() {
		dir, err = cachedModel(o.CacheDir, o.Repo, o.Revision)
		if err != nil {
			return "", fmt.Errorf("looking up a model without the hub, as HF_HUB_OFFLINE asks: %w", err)
		}
		return dir, nil
	}
	c, err := openRepo(hub.RepoTypeModel, "", o.Repo, o.Revision, o.Endpoint, cmp.Or(o.Token, Token()), o.CacheDir)
	if err != nil {
		if dir, err = fromCache(o, err); err == nil {
			return dir, nil
		}
		return "", fmt.Errorf("looking up the model %s at %s: %w", o.Repo, o.Revision, err)
	}
	if err := c.getModel(ctx, o); err != nil {
		return "", fmt.Errorf("the model %s at %s: %w", o.Repo, c.commit, err)
	}
	if err := c.keepRef(o.Revision); err != nil {
		return "", fmt.Errorf("the model %s at %s: %w", o.Repo, c.commit, err)
	}
	return filepath.Join(c.dir, "snapshots", c.commit), nil
}

// getModel downloads the files of a model.
func (f *cache) getModel(ctx context.Context, o ModelOptions) error {
	names, err := f.chooseModel()
	if err != nil {
		return err
	}
	left := cmp.Or(o.MaxBytes, mostModelBytes)
	total := int64(0)
	for _, name := range names {
		total += f.infos[name].Size
	}
	if total > left {
		return fmt.Errorf("its files have %d bytes, more than the limit of %d", total, left)
	}
	f.most = func(name string) int64 {
		if size := f.infos[name].Size; size > 0 {
			return size
		}
		if !strings.HasSuffix(name, ".safetensors") {
			return mostTextBytes
		}
		return left
	}
	for _, name := range names {
		if size := f.infos[name].Size; !strings.HasSuffix(name, ".safetensors") && size > mostTextBytes {
			return fmt.Errorf("%s has %d bytes, more than %d", name, size, mostTextBytes)
		}
		if o.Progress != nil {
			o.Progress(name, f.infos[name].Size)
		}
		if _, err := f.get(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// chooseModel lists the files to download: those beside the weights first.
func (f *cache) chooseModel() (names []string, err error) {
	for _, name := range modelFiles {
		if f.infos[name] != nil {
			names = append(names, name)
		}
	}
	if f.infos["config.json"] == nil {
		return nil, fmt.Errorf("it has no config.json, which says what the network is")
	}
	all := slices.Sorted(maps.Keys(f.infos))
	switch {
	case f.infos[modelWeights] != nil:
		return append(names, modelWeights), nil
	case f.infos[modelIndex] != nil:
		names = append(names, modelIndex)
		for _, name := range all {
			if modelShard.MatchString(name) {
				names = append(names, name)
			}
		}
		return names, nil
	}
	var found []string
	for _, name := range all {
		if !strings.Contains(name, "/") && strings.HasSuffix(name, ".safetensors") {
			found = append(found, name)
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("it has neither %s nor %s; weights as pickle (.bin) are not read: look for a revision with safetensors, such as refs/pr/1",
			modelWeights, modelIndex)
	}
	return append(names, found[0]), nil
}
