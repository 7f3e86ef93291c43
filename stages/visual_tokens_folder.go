package stages

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/internal/safetensors"
	"github.com/pali3/pali3/internal/tokencache"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/weights"
)

// VisualTokenFolder is a folder of visual tokens on disk, which runs and evaluations with the same
// image encoder share. It holds the tokens of an image in bfloat16, by the hash of the image's
// bytes, of the encoder's weights and config, and by the image ops. Any number of processes may use
// a folder at the same time; killed at any point they leave it whole.
//
// It is safe for concurrent use.
type VisualTokenFolder struct {
	folder *tokencache.Folder
}

// OpenVisualTokenFolder opens a folder of visual tokens, which it makes if it is not there. It is
// an error if the folder holds something else. A folder that has more bytes than the limit takes no
// more tokens; 0 is no limit. Nothing in it is ever removed.
func OpenVisualTokenFolder(dir string, limit int64) (*VisualTokenFolder, error) {
	folder, err := tokencache.Open(dir, limit)
	if err != nil {
		return nil, err
	}
	return &VisualTokenFolder{folder}, nil
}

// Dir returns the folder's path.
func (f *VisualTokenFolder) Dir() string { return f.folder.Dir() }

// Flush writes the tokens that are in memory only. They are also written whenever there are 64 MiB
// of them, or the first of them is a minute old.
func (f *VisualTokenFolder) Flush() error { return f.folder.Flush() }

// Close writes what is in memory only. The folder must not be used after it.
func (f *VisualTokenFolder) Close() error { return f.folder.Close() }

// String says what the folder was used for.
func (f *VisualTokenFolder) String() string {
	u := f.folder.Uses()
	text := fmt.Sprintf("%s held tokens of %d images, those of %d were added, and tokens were read %d times", f.Dir(), u.Images, u.Added, u.Read)
	if u.Refused > 0 {
		text += fmt.Sprintf("; those of %d images were refused", u.Refused)
	}
	return text
}

// Problems lists what is wrong with the folder: files that are damaged or of something else, whose
// tokens are computed again, and why it takes no more tokens. Nothing is wrong with an empty list.
func (f *VisualTokenFolder) Problems() (all []string) {
	u := f.folder.Uses()
	if u.Damaged > 0 {
		all = append(all, fmt.Sprintf("%d files or images in the cache of visual tokens are left out, and their tokens are computed again; pali3 cache verify %s lists them: %s",
			u.Damaged, f.Dir(), strings.Join(u.Problems, "; ")))
	}
	if err := f.folder.Stopped(); err != nil {
		all = append(all, err.Error())
	} else if u.Refused > 0 {
		all = append(all, fmt.Sprintf("the cache of visual tokens %s is at its limit: the tokens of %d images were not added, first those of the image with SHA-256 %.12s", f.Dir(), u.Refused, u.First))
	}
	return all
}

// CloseAndReport closes the folder and returns its problems.
func (f *VisualTokenFolder) CloseAndReport() []string {
	err := f.Close()
	all := f.Problems()
	if err != nil && len(all) == 0 {
		all = append(all, err.Error())
	}
	return all
}

// keyOfHash returns the key of an image by the SHA-256 of its bytes.
func keyOfHash(image [sha256.Size]byte, length int) ImageKey {
	return ImageKey{Hash: hex.EncodeToString(image[:]), Length: length}
}

// onDisk returns the image that the folder knows by a key.
func (k ImageKey) onDisk() (image tokencache.Image, err error) {
	n, err := hex.Decode(image[:], []byte(k.Hash))
	if err == nil && n != len(image) || len(k.Hash) != 2*len(image) {
		err = fmt.Errorf("the hash %q is not a SHA-256 in hexadecimal digits", k.Hash)
	}
	return image, err
}

// SequenceLength returns the most patches of an image that keeps its aspect, of the last batch or
// of the model's image ops; 0 for images of one size.
func (c *VisualTokenCache) SequenceLength() int { return c.length }

// Connect looks up which tokens of the folder are those of the encoder, whose weights must have
// their values by now. Before it, no image is found in the folder. [VisualTokenCache.Encode] calls
// it.
func (c *VisualTokenCache) Connect() error {
	if c.Folder == nil || c.sets != nil {
		return nil
	}
	key, err := c.tokenKey()
	if err != nil {
		return fmt.Errorf("the cache of visual tokens %s: %w", c.Folder.Dir(), err)
	}
	set, err := c.Folder.folder.Set(key)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.key, c.sets = key, map[int]*tokencache.Set{0: set}
	return nil
}

// tokenKey returns what tokens depend on beside the image.
func (c *VisualTokenCache) tokenKey() (k tokencache.Key, err error) {
	k = tokencache.Key{Version: tokencache.Version, Of: c.Of, Ops: c.Ops, Backend: kindOf(c.be), Tokens: c.Tokens, Width: c.TokenWidth}
	if k.Config, err = json.Marshal(c.Config); err != nil {
		return k, fmt.Errorf("the image encoder's config: %w", err)
	}
	k.Weights, err = hashWeights(c.Weights, c.encoder)
	return k, err
}

// kindOf names what computes: results of two kinds differ in their last bits.
func kindOf(be compute.Backend) string {
	xla, isXLA := be.(interface{ PluginName() string })
	switch {
	case isXLA: // on the CPU or on a GPU
		return be.Name() + ":" + filepath.Base(xla.PluginName())
	case !backend.IsGo(be):
		return be.Name()
	case backend.Warning() != "":
		return "go without simd"
	}
	return "go"
}

// hashWeights returns the SHA-256 of the names, shapes and values of some weights.
func hashWeights(set *weights.Set, which []int) (string, error) {
	h := sha256.New()
	for _, at := range which {
		spec := set.Specs()[at]
		values, err := tensors.CopyFlatData[float32](set.Tensors()[at])
		if err != nil {
			return "", fmt.Errorf("weight %s: %w", spec.Name, err)
		}
		fmt.Fprintf(h, "%q %v\n", spec.Name, spec.Shape)
		h.Write(safetensors.Float32Bytes(values))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// setOf returns the tokens of images of a sequence length.
func (c *VisualTokenCache) setOf(length int) (*tokencache.Set, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if set := c.sets[length]; set != nil {
		return set, nil
	}
	key := c.key
	key.SequenceLength = length
	set, err := c.Folder.folder.Set(key)
	if err == nil {
		c.sets[length] = set
	}
	return set, err
}

// hasOnDisk reports whether the folder has the tokens of an image.
func (c *VisualTokenCache) hasOnDisk(key ImageKey) bool {
	image, err := key.onDisk()
	if err != nil {
		return false
	}
	set, err := c.setOf(key.Length)
	return err == nil && set.Has(image)
}

// fromDisk returns the tokens of an image in the folder, nil if it does not have them.
func (c *VisualTokenCache) fromDisk(key ImageKey) ([]float32, error) {
	if c.Folder == nil {
		return nil, nil
	}
	if err := c.Connect(); err != nil {
		return nil, err
	}
	image, err := key.onDisk()
	if err != nil {
		return nil, err
	}
	set, err := c.setOf(key.Length)
	if err != nil {
		return nil, err
	}
	return set.Get(image)
}

// store rounds the tokens of images, nil for images that were left out, and gives them to the
// folder. It reports which are to be kept in memory.
func (c *VisualTokenCache) store(images []ImageKey, encoded [][]float32) (inMemory []bool, err error) {
	inMemory = make([]bool, len(images))
	for n, key := range images {
		inMemory[n] = encoded[n] != nil
		switch {
		case encoded[n] == nil:
		case c.Folder != nil:
			image, err := key.onDisk()
			if err != nil {
				return nil, err
			}
			set, err := c.setOf(key.Length)
			if err != nil {
				return nil, err
			}
			var added bool
			if encoded[n], added, err = set.Put(image, encoded[n]); err != nil {
				return nil, fmt.Errorf("encoding %v: %w", key, err)
			}
			inMemory[n] = !added
		case c.Bfloat16:
			if encoded[n], err = tokencache.Round(encoded[n]); err != nil {
				return nil, fmt.Errorf("encoding %v: %w", key, err)
			}
		}
	}
	return inMemory, nil
}
