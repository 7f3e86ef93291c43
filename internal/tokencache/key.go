// Package tokencache keeps the visual tokens of images on disk, so that runs and evaluations with
// the same image encoder compute those of an image once.
//
// A cache is a folder. What an image's tokens depend on beside its bytes, a [Key], names a folder
// in it, and the tokens lie in parts, files of safetensors that never change:
//
//	CACHEDIR.TAG                  says what the folder is
//	.lock                         held while a part is written
//	KEY/key.json                  the key in words
//	KEY/part-HASH.safetensors     tokens of some images
//
// A part holds the tensors images, the SHA-256 of each image's bytes; tokens, bfloat16; and
// checksums of the tokens of each image. docs/design/visual_tokens.md describes them byte by byte.
//
// Parts appear whole or not at all, so a process may be killed at any point, and any number of
// processes may use a cache at the same time. Nothing is ever evicted: a cache at its limit takes
// no more. Files are taken to be hostile: a part that does not hold what it must is left out and
// named.
package tokencache

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// Key is what the tokens of an image depend on beside its bytes.
type Key struct {
	// Version of the format and of the way from bytes to tokens.
	Version int `json:"version"`
	// Of is what is cached: "tokens" of an image encoder, or the "embedding" of an image tower.
	Of string `json:"of"`
	// Weights is the SHA-256 of the encoder's weights, and Config its config.
	Weights string          `json:"weights"`
	Config  json.RawMessage `json:"config"`
	// Ops turn bytes into pixels. SequenceLength is the most patches of an image that keeps its
	// aspect, 0 for images of one size.
	Ops            string `json:"ops"`
	SequenceLength int    `json:"sequence_length,omitempty"`
	// Backend is the kind of backend that computes: two kinds round differently.
	Backend string `json:"backend"`
	// Tokens and Width are the shape of an image's tokens.
	Tokens int `json:"tokens"`
	Width  int `json:"width"`
}

// Version is that of keys that this package writes.
const Version = 1

// most bounds the size of an image's tokens, in bytes.
const most = 1 << 30

// ID returns the name of the key's folder, 32 hexadecimal digits.
func (k Key) ID() string {
	content, err := json.Marshal(k)
	if err != nil {
		content = fmt.Appendf(nil, "%#v", k) // a config that is not JSON
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:16])
}

// bytes returns the size of an image's tokens.
func (k Key) bytes() int { return 2 * k.Tokens * k.Width }

func (k Key) check() error {
	switch {
	case k.Version != Version:
		return fmt.Errorf("its version is %d, and this program reads version %d", k.Version, Version)
	case k.Tokens < 1 || k.Width < 1 || k.Tokens > most/2/k.Width:
		return fmt.Errorf("an image has %d tokens of width %d; legal are 1 and above, %d bytes at most", k.Tokens, k.Width, most)
	case !json.Valid(k.Config):
		return errors.New("the encoder's config is not JSON")
	}
	return nil
}

// Image is the SHA-256 of an image's bytes.
type Image [sha256.Size]byte

// ImageOf returns the image of the given bytes.
func ImageOf(content []byte) Image { return sha256.Sum256(content) }

// String returns the hash in hexadecimal digits.
func (i Image) String() string { return hex.EncodeToString(i[:]) }
