package input

import (
	"fmt"

	"github.com/pali3/pali3/ingest/internal/langcode"
)

// Limits of what is read whole.
const (
	MaxImageFile = 256 << 20 // bytes of an image, or of the images of one record
	MaxTextFile  = 16 << 20  // bytes of a text
	MaxFrames    = 4096      // images of one record
)

// CheckLanguageFlag checks the language code that a caller gave for texts that have none.
func CheckLanguageFlag(code string) error {
	if err := langcode.Check(code); err != nil {
		return fmt.Errorf("--language: %w", err)
	}
	return nil
}
