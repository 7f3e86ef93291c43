package stages

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
)

// visualTokens returns the cache for a training or a validation on a stream. It is nil if an
// image's tokens may change: the recipe does not freeze the image encoder, or some image op is
// random.
func (r Recipe) visualTokens(n Network, be compute.Backend, set *weights.Set, stream *mixture.Stream, mebibytes int, folder *VisualTokenFolder) (*VisualTokenCache, error) {
	if !r.locksImages() || r.TokenCache < 0 && r.VisualTokens == "" || stream.Pipeline() == nil || stream.Pipeline().Random() {
		return nil, nil
	}
	o := VisualTokenOptions{
		Weights: set, Parallel: runtime.GOMAXPROCS(0), Limit: int64(max(mebibytes, 0)) << 20,
		Bfloat16: r.VisualTokens != "", Folder: folder, Ops: stream.Pipeline().String(),
	}
	if stream.Pipeline().DrawsBoxes() {
		o.Folder = nil // an image is drawn on by what its sample says
	}
	return n.newVisualTokens(be, o, stream.Shape().Sequence.Patch)
}

// newVisualTokens returns a cache that encodes each image by itself, so that its tokens do not
// depend on the batch that it first came with and a resumed run has the same. Images that keep
// their aspect, of patches with a side above 0, have tokens for each sequence length that they come
// in. It is nil if the model has no encoder for them.
func (n Network) newVisualTokens(be compute.Backend, o VisualTokenOptions, patch int) (*VisualTokenCache, error) {
	n.describeEncoder(&o)
	locked, locks := n.Model.(family.LockedEmbedder)
	patches, takes := n.Model.(family.PatchEmbedder)
	switch seer, sees := n.Model.(family.Seer); {
	case patch > 0 && locks && takes:
		o.Encoder = func(s *weights.Scope, images *graph.Node) *graph.Node {
			batch, size := images.Shape().Dimensions[0], images.Shape().Dimensions[1]-2
			pixels := graph.Reshape(graph.SliceAxis(images, 1, graph.AxisRange(0, size)), batch, -1, patch*patch*3)
			grids := graph.ConvertDType(graph.SliceAxis(images, 1, graph.AxisRangeToEnd(size)), dtypes.Int32)
			return graph.InsertAxes(patches.EmbedPatches(s, pixels, grids), 1)
		}
	case patch > 0:
		return nil, nil
	case sees:
		o.Encoder = seer.VisualTokens
	case locks:
		o.Encoder = func(s *weights.Scope, images *graph.Node) *graph.Node {
			d := images.Shape().Dimensions // [B, 1, H, W, 3]
			return graph.InsertAxes(locked.EmbedImages(s, graph.Reshape(images, d[0], d[2], d[3], d[4])), 1)
		}
	}
	c, err := NewVisualTokenCache(be, o)
	if c != nil {
		c.patch = patch
	}
	return c, err
}

// describeEncoder sets the prefixes, the sizes and the config of the model's image encoder.
func (n Network) describeEncoder(o *VisualTokenOptions) {
	switch m := n.Model.(type) {
	case family.Seer:
		e := m.ImageEncoder()
		o.Of, o.Prefixes, o.Height, o.Width, o.Tokens, o.TokenWidth = "tokens", []string{e.Prefix}, e.Height, e.Width, e.Tokens, e.TokenWidth
	case family.LockedEmbedder:
		o.Of, o.Tokens = "embedding", 1
		o.Prefixes, o.TokenWidth = m.ImageTower()
		o.Height, o.Width = m.ImageSize()
	}
	o.Config = n
	if m, knows := n.Model.(family.ImageConfigurer); knows {
		o.Config = map[string]any{n.Family.Name: m.ImageConfig()}
	}
}

// locksImages reports whether the recipe freezes all weights that the tokens or the embeddings of
// images depend on.
func (r Recipe) locksImages() bool {
	var prefixes []string
	switch m := r.Model.Config.(type) {
	case family.Seer:
		prefixes = []string{m.ImageEncoder().Prefix}
	case family.LockedEmbedder:
		prefixes, _ = m.ImageTower()
	}
	for _, prefix := range prefixes {
		if !r.freezes(prefix) {
			return false
		}
	}
	return len(prefixes) > 0
}

// howToLock says how the recipe would freeze what the tokens of images depend on.
func (r Recipe) howToLock() string {
	switch m := r.Model.Config.(type) {
	case family.Seer:
		return "freeze [" + m.ImageEncoder().Prefix + "]"
	case family.LockedEmbedder:
		prefixes, _ := m.ImageTower()
		return "freeze [" + strings.Join(prefixes, ", ") + "]"
	}
	return "the family " + r.Family + " has none"
}

// knownImages tells a stream which images are in a cache that is made after the stream is opened.
type knownImages struct {
	atomic.Pointer[VisualTokenCache]
}

func (k *knownImages) has(dataset string, row, image, length int) bool {
	c := k.Load()
	return c != nil && c.Folder == nil && c.Has(ImageKey{Dataset: dataset, Row: row, Image: image, Length: length})
}

func (k *knownImages) hasHash(image [sha256.Size]byte, length int) bool {
	c := k.Load()
	return c != nil && c.Folder != nil && c.Has(keyOfHash(image, length))
}

// options adds to a stream's options by what images are known.
func (k *knownImages) options(o mixture.Options, onDisk bool) mixture.Options {
	o.Known = k.has
	if onDisk {
		o.KnownHash = k.hasHash
	}
	return o
}

// explain says whether the tokens of a frozen encoder's images are kept, or why not. It is empty if
// the encoder learns.
func (r Recipe) explain(c *VisualTokenCache, stream *mixture.Stream) string {
	switch {
	case !r.locksImages() || stream.Pipeline() == nil:
		return ""
	case c != nil && c.Folder != nil:
		return fmt.Sprintf("the image encoder is frozen and no image op is random: each image is encoded once, and its tokens are kept in %s, in bfloat16", c.Folder.Dir())
	case c != nil:
		return fmt.Sprintf("the image encoder is frozen and no image op is random: each image is encoded once, for up to %s of tokens in memory", mebibytes(c.Limit))
	case r.TokenCache < 0 && r.VisualTokens == "":
		return "the image encoder is frozen, and token_cache keeps no tokens: images are encoded at each step"
	}
	return "the image encoder is frozen, but images.ops are random: images are encoded at each step; without random ops each image is encoded once"
}

// warnOfVisualTokens reports why a folder of visual tokens was not used as the recipe asks.
func (r Recipe) warnOfVisualTokens(kept *VisualTokenFolder, c *VisualTokenCache, stream *mixture.Stream, steps int, o Options) {
	if kept == nil {
		return
	}
	shape := stream.Shape()
	switch ops := stream.Pipeline(); {
	case ops == nil:
		o.warn("visual_tokens: no task has images, so %s was not used", kept.Dir())
	case c == nil && ops.Random():
		o.warn("visual_tokens: images.ops %q are random, so an image has other tokens each time and %s was not used in training: up to %d images were encoded in %d steps",
			ops, kept.Dir(), steps*shape.Rows*shape.Images, steps)
	case c != nil && c.Folder == nil:
		o.warn("visual_tokens: images.ops %q draw the boxes of each sample, so %s was not used: %d images were encoded", ops, kept.Dir(), c.encoded)
	}
}
