package project

import (
	"fmt"
	"strings"
)

// Size of the networks and images.
type Size struct {
	Name string
	// Image encoder: width, layers, width of its MLPs, heads.
	Width, Depth, MLP, Heads int
	// Text tower of SigLIP.
	TextDepth int
	// Language model: width, MLP, heads, their width, layers of the encoder and as many of the
	// decoder.
	Language, LanguageMLP, LanguageHeads, HeadDim, Layers int
	// Image is the side in pixels of stages 0 and 1, less where the data's images are smaller.
	Image int
	// Grid is how many patches lie along that side, LargeGrid how many of the same patches along
	// that of stage 2 and transfer. Measured on two cores: 25 to 36 patches learn most in a given
	// time.
	Grid, LargeGrid int
	// MaxText, MaxDocument and MaxAnswer bound the windows in pieces: longer texts are cut.
	MaxText, MaxDocument, MaxAnswer int
	// Batch of the SigLIP and UL2 stages, and of those of image and text together. Multiples of six
	// that are no powers of two: the Go backend's transposes are slower there.
	Batch0, Batch int
}

// sizes are the legal values of start's --size.
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

// sizeNamed returns a size by its name.
func sizeNamed(name string) (Size, error) {
	for _, s := range sizes {
		if s.Name == name {
			return s, nil
		}
	}
	return Size{}, fmt.Errorf("size %q: it is one of %s", name, strings.Join(Sizes(), ", "))
}
