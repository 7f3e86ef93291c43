package stages

import (
	"strings"
	"testing"

	"github.com/pali3/pali3/recipes"
	"github.com/pali3/pali3/tokenize"
)

// TestRecipe_ShippedOnesAreValid checks every recipe that ships for a stage.
func TestRecipe_ShippedOnesAreValid(t *testing.T) {
	n := 0
	for _, name := range recipes.Names() {
		content, err := recipes.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains("\n"+string(content), "\nfamily:") {
			continue // of curation
		}
		n++
		r, err := ParseRecipe(content, name, nil)
		if err == nil {
			err = r.Check()
		}
		if err == nil {
			err = fitsPublished(r)
		}
		if err != nil {
			t.Error(err)
		}
	}
	if n < 6 {
		t.Errorf("%d recipes ship", n)
	}
}

// publishedPieces are the numbers of pieces of the tokenizers that shipped recipes name and that do
// not ship.
var publishedPieces = map[string]int{
	"c4_en.model": 32_000, "c4.model": 32_000, "mc4.model": 250_000,
	"spiece.model":    256_000, // umT5
	"tokenizer.model": 256_000, // Gemma
}

// fitsPublished returns an error if the model does not have the ids of its published tokenizer.
func fitsPublished(r Recipe) error {
	text := r.Mixture.Tokenizer
	ids, published := publishedPieces[text.Model]
	if !published {
		return nil
	}
	ids += text.Sentinels + text.Locations + text.Segments
	if text.ModeTokens {
		ids += len(tokenize.ModeTokens)
	}
	_, err := r.Network(r.Mixture.Shape(), (ids+127)/128*128)
	return err
}
