package tokenize

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// presets are the vocabularies of published models, by the names that big_vision and T5X give them.
// The comments state the number of rows of each model's embedding.
var presets = map[string]Config{
	"c4_en": {Lower: true},                    // 32,000 pieces: SigLIP's English text tower
	"t5":    {Sentinels: 100},                 // 32,000 pieces: 32,128 rows
	"ul2":   {Sentinels: 100},                 // T5's; UL2-20B writes its mode tokens as text
	"mc4":   {Sentinels: 100},                 // 250,000 pieces: 250,112 rows; PaLI and multilingual SigLIP
	"mt5":   {Sentinels: 100},                 // the same
	"umt5":  {Sentinels: 300},                 // 256,000 pieces: 256,384 rows
	"gemma": {Locations: 1024, Segments: 128}, // 256,000 pieces: 257,152 rows; PaliGemma and SigLIP 2
}

// Preset returns the vocabulary of a published model. The caller sets its Model.
func Preset(name string) (Config, error) {
	cfg, ok := presets[name]
	if !ok {
		return cfg, fmt.Errorf("there is no vocabulary %q; want one of %s", name, strings.Join(Presets(), ", "))
	}
	return cfg, nil
}

// Presets returns the names that Preset knows.
func Presets() []string { return slices.Sorted(maps.Keys(presets)) }

// addedPieces are the user-defined pieces that cfg adds to a model: <loc0000> to <loc1023> for
// locations in an image, <seg000> to <seg127> for shapes of masks, as PaliGemma names them.
func addedPieces(cfg Config) (pieces []string) {
	for i := range cfg.Locations {
		pieces = append(pieces, fmt.Sprintf("<loc%04d>", i))
	}
	for i := range cfg.Segments {
		pieces = append(pieces, fmt.Sprintf("<seg%03d>", i))
	}
	return pieces
}
