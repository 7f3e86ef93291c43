package maskvae

import (
	"fmt"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/models/weights"
)

// Open loads weights from a file or folder that [weights.OpenFile] reads, such as PaliGemma's
// vae-oid.npz, and returns their codec. The shape of the network follows from the shapes of the
// weights; tensors that training alone needs, such as _vq_vae._ema_w, are ignored.
//
// Masks have 4 by 4 codes, which is 64 pixels a side in the published network; for another grid use
// [NewCodec].
func Open(be compute.Backend, path string) (*Codec, error) {
	file, err := weights.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	c, err := configOf(func(name string) []int {
		entry, _ := file.Entry(name)
		return entry.Shape
	})
	if err != nil {
		return nil, fmt.Errorf("loading %s: %w", path, err)
	}
	specs, err := Specs(be, c)
	if err != nil {
		return nil, fmt.Errorf("loading %s: %w", path, err)
	}
	set, _, err := weights.LoadFile(file, specs, nil)
	if err != nil {
		return nil, err
	}
	return NewCodec(be, c, set)
}

// configOf returns the configuration of weights, given the shape of each by name, nil for those
// that a file does not have.
func configOf(shape func(name string) []int) (Config, error) {
	c := Default()
	first, codebook := shape("encoder.0.weight"), shape("_vq_vae._embedding")
	if len(first) != 4 {
		return c, fmt.Errorf("no mask VQ-VAE: weight encoder.0.weight has shape %v, want [channels 1 4 4]", first)
	}
	if len(codebook) != 2 {
		return c, fmt.Errorf("no mask VQ-VAE: weight _vq_vae._embedding has shape %v, want [codes width]", codebook)
	}
	c.Hidden, c.Codes, c.CodeWidth = first[0], codebook[0], codebook[1]
	c.Downsamples, c.Blocks = 0, 0
	for c.Downsamples <= maxDownsamples && halves(shape(fmt.Sprintf("encoder.%d.weight", 2*c.Downsamples))) {
		c.Downsamples++
	}
	for c.Blocks <= maxBlocks && shape(fmt.Sprintf("encoder.%d.net.0.weight", 2*c.Downsamples+c.Blocks)) != nil {
		c.Blocks++
	}
	c.Image = 4 << c.Downsamples
	return c, c.Validate()
}

// halves reports whether a kernel in torch's layout is one of the convolutions of stride 2.
func halves(shape []int) bool { return len(shape) == 4 && shape[2] == halving.Side }
