package shards

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/pali3/pali3/internal/imagefile"
)

// NewImage returns an encoded image with its format, size and hash. An image of unknown format, one
// that is cut short and one that is too large are errors.
func NewImage(encoded []byte) (Image, error) {
	info, err := imagefile.Inspect(encoded)
	if err != nil {
		return Image{}, fmt.Errorf("image of %d bytes: %w", len(encoded), err)
	}
	return Image{
		Bytes: encoded, Format: info.Format, Width: int32(info.Width), Height: int32(info.Height), SHA256: Hash(encoded),
	}, nil
}

// Hash returns the SHA-256 of an image's bytes in hex, as in [Image.SHA256].
func Hash(image []byte) string {
	sum := sha256.Sum256(image)
	return hex.EncodeToString(sum[:])
}

// hashImages computes the image hashes that are missing.
func (s *Sample) hashImages() {
	for i := range s.Images {
		if s.Images[i].SHA256 == "" {
			s.Images[i].SHA256 = Hash(s.Images[i].Bytes)
		}
	}
}
