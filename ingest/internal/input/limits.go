package input

import (
	"fmt"

	"github.com/pali3/pali3/ingest/internal/langcode"
)

// Limits of inputs that are read whole.
const (
	MaxImageFile = 256 << 20 // bytes of an image, or of the images of one record
	MaxTextFile  = 16 << 20  // bytes of a text
	MaxFrames    = 4096      // images of one record
)

// CheckLanguageFlag checks the language code to use for texts without one.
func CheckLanguageFlag(code string) error {
	if err := langcode.Check(code); err != nil {
		return fmt.Errorf("--language: %w", err)
	}
	return nil
}
