package project

import (
	"fmt"
	"strings"
)

// Size of the networks and images.
type Size struct {
	Name string
	// Image encoder: width, layers, MLP width, heads.
	Width, Depth, MLP, Heads int
	// Text tower of SigLIP.
	TextDepth int
	// Language model: width, MLP width, heads, width of a head, and layers of the encoder, which
	// are as many as those of the decoder.
	Language, LanguageMLP, LanguageHeads, HeadDim, Layers int
	// Image is the side in pixels in stages 0 and 1. It is smaller if the images of the data are.
	Image int
	// Grid is the number of patches along that side, LargeGrid the number in stage 2 and transfer,
	// with patches of the same size. On two cores, 25 to 36 patches learn most in a given time.
	Grid, LargeGrid int
	// MaxText, MaxDocument and MaxAnswer limit the windows in pieces. Longer texts are truncated.
	MaxText, MaxDocument, MaxAnswer int
	// Batch0 is the batch of SigLIP and UL2, Batch that of the other stages. They are not powers of
	// two, for which the Go backend's transposes are slower.
	Batch0, Batch int
}

// sizes lists the legal values of pali3 start --size.
var sizes = []Size{
	{
		Name: "tiny", Width: 96, Depth: 3, MLP: 384, Heads: 3, TextDepth: 2,
		Language: 128, LanguageMLP: 256, LanguageHeads: 4, HeadDim: 32, Layers: 3,
		Image: 96, Grid: 6, LargeGrid: 7, MaxText: 32, MaxDocument: 48, MaxAnswer: 24, Batch0: 66, Batch: 36,
	},
	{
		Name: "small", Width: 256, Depth: 6, MLP: 1024, Heads: 8, TextDepth: 4,
		Language: 256, LanguageMLP: 512, LanguageHeads: 8, HeadDim: 32, Layers: 4,
		Image: 128, Grid: 8, LargeGrid: 10, MaxText: 48, MaxDocument: 96, MaxAnswer: 40, Batch0: 132, Batch: 66,
	},
	{
		Name: "base", Width: 768, Depth: 12, MLP: 3072, Heads: 12, TextDepth: 12,
		Language: 768, LanguageMLP: 2048, LanguageHeads: 12, HeadDim: 64, Layers: 12,
		Image: 224, Grid: 14, LargeGrid: 28, MaxText: 64, MaxDocument: 512, MaxAnswer: 64, Batch0: 252, Batch: 132,
	},
}

// Sizes lists the names of the sizes.
func Sizes() (names []string) {
	for _, s := range sizes {
		names = append(names, s.Name)
	}
	return names
}

// sizeNamed returns the size with a name.
func sizeNamed(name string) (Size, error) {
	for _, s := range sizes {
		if s.Name == name {
			return s, nil
		}
	}
	return Size{}, fmt.Errorf("unknown size %q; choose from %s", name, strings.Join(Sizes(), ", "))
}
