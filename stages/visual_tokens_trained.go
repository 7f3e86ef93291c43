package stages

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/gomlx/compute"
)

// KeepsVisualTokens reports whether the visual tokens of the model's images are rounded to
// bfloat16, as a folder keeps them: if it has such a folder, or was trained with one.
func (t *Trained) KeepsVisualTokens() bool {
	return t.VisualTokens != nil || t.Recipe.VisualTokens != ""
}

// NewVisualTokenCache returns a cache for the tokens of images that the model is asked about, or
// for the embeddings of images. Of the options it takes Batch, Limit and Replace. If the model
// [Trained.KeepsVisualTokens], each image is encoded by itself, as in training, so that its tokens
// are equal to the bit.
func (t *Trained) NewVisualTokenCache(be compute.Backend, o VisualTokenOptions) (*VisualTokenCache, error) {
	if t.Pipeline == nil {
		return nil, errors.New("the model's folder does not say how images become pixels by image ops")
	}
	o.Weights, o.Ops = t.Weights, t.Pipeline.String()
	if t.Pipeline.Random() {
		o.Ops += " (random ops draw by the image's SHA-256)"
	}
	if t.KeepsVisualTokens() {
		o.Batch, o.Parallel, o.Bfloat16, o.Folder = 1, runtime.GOMAXPROCS(0), true, t.VisualTokens
	}
	sequence := t.Pipeline.Sequence()
	c, err := t.newVisualTokens(be, o, sequence.Patch)
	if err == nil && c == nil {
		err = fmt.Errorf("the image ops %q make patches, which the model does not take", t.Pipeline)
	}
	if err != nil {
		return nil, err
	}
	c.length = sequence.Length
	return c, nil
}

// OpenVisualTokens opens the folder of visual tokens that the model's run used, as t.VisualTokens,
// which the caller closes. It is nil if the run used none, or the folder is there no more.
func (t *Trained) OpenVisualTokens() error {
	dir := t.Recipe.VisualTokens
	if dir == "" {
		return nil
	}
	if _, err := os.Stat(dir); err != nil {
		return nil
	}
	var err error
	t.VisualTokens, err = OpenVisualTokenFolder(dir, int64(t.Recipe.VisualTokensLimit)<<20)
	return err
}
