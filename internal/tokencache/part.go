package tokencache

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/internal/safetensors"
)

// The tensors of a part.
const (
	imagesTensor    = "images"    // U8 [N, 32]
	tokensTensor    = "tokens"    // BF16 [N, T, D]
	checksumsTensor = "checksums" // U64 [N], XXH64 of each image's tokens as bytes
	keyNote         = "key"       // in the metadata: the key's ID
	formatNote      = "format"
	format          = "pali3 visual tokens"
)

const (
	partPrefix = "part-"
	partSuffix = ".safetensors"
)

// partName returns the name of the part of some images. Parts of the same images hold the same
// tokens.
func partName(images []byte) string {
	sum := sha256.Sum256(images)
	return partPrefix + hex.EncodeToString(sum[:8]) + partSuffix
}

func isPart(name string) bool {
	is, _ := filepath.Match(partPrefix+"*"+partSuffix, name)
	return is
}

// entry is an image with its tokens, in bfloat16, little-endian.
type entry struct {
	image   Image
	content []byte
}

// writePart writes a part into the key's folder and returns its name.
func writePart(dir string, k Key, entries []entry) (name string, err error) {
	n := len(entries)
	var images, sums []byte
	for _, e := range entries {
		images = append(images, e.image[:]...)
		sums = binary.LittleEndian.AppendUint64(sums, xxhash.Sum64(e.content))
	}
	tokens := func() []byte {
		all := make([]byte, 0, n*k.bytes())
		for _, e := range entries {
			all = append(all, e.content...)
		}
		return all
	}
	name = partName(images)
	return name, safetensors.Write(filepath.Join(dir, name), []safetensors.Tensor{
		{Name: checksumsTensor, DType: safetensors.U64, Shape: []int{n}, Data: func() []byte { return sums }},
		{Name: tokensTensor, DType: safetensors.BF16, Shape: []int{n, k.Tokens, k.Width}, Data: tokens},
		{Name: imagesTensor, DType: safetensors.U8, Shape: []int{n, sha256.Size}, Data: func() []byte { return images }},
	}, map[string]string{formatNote: format, keyNote: k.ID()})
}

// part is an open part.
type part struct {
	*safetensors.File
	key    Key
	images int
}

// errDamaged is wrapped by the error of tokens whose checksum is another one.
var errDamaged = errors.New("the checksum of its tokens is another one")

// openPart opens a part and checks that it is one of the key.
func openPart(path string, k Key) (*part, error) {
	if info, err := os.Lstat(path); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() { // opening a named pipe would wait for a writer
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	file, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	p := &part{File: file, key: k}
	if err := p.check(); err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

func (p *part) check() error {
	notes := p.Metadata()
	if notes[formatNote] != format {
		return fmt.Errorf("its format is %q, want %q", notes[formatNote], format)
	}
	if notes[keyNote] != p.key.ID() {
		return fmt.Errorf("it holds tokens of the key %.40q, want %s: of another model, other image ops or another backend", notes[keyNote], p.key.ID())
	}
	e, ok := p.Entry(imagesTensor)
	if !ok || len(e.Shape) != 2 {
		return fmt.Errorf("it has no tensor %q with two axes", imagesTensor)
	}
	p.images = e.Shape[0]
	for _, want := range []safetensors.Entry{
		{Name: imagesTensor, DType: safetensors.U8, Shape: []int{p.images, sha256.Size}},
		{Name: tokensTensor, DType: safetensors.BF16, Shape: []int{p.images, p.key.Tokens, p.key.Width}},
		{Name: checksumsTensor, DType: safetensors.U64, Shape: []int{p.images}},
	} {
		got, _ := p.Entry(want.Name)
		if got.DType != want.DType || !slices.Equal(got.Shape, want.Shape) {
			return fmt.Errorf("tensor %q is %s %v, want %s %v", want.Name, got.DType, got.Shape, want.DType, want.Shape)
		}
	}
	if n := len(p.Entries()); n != 3 {
		return fmt.Errorf("it has %d tensors, want 3", n)
	}
	return nil
}

// each calls do with the images of the part, whose name must be theirs.
func (p *part) each(do func(at int, image Image)) error {
	images, err := p.Bytes(imagesTensor)
	if err != nil {
		return err
	}
	if name := partName(images); name != filepath.Base(p.Path()) {
		return fmt.Errorf("%s: a part with its images is called %s: it was renamed or changed", p.Path(), name)
	}
	for at := range p.images {
		do(at, Image(images[at*sha256.Size:]))
	}
	return nil
}

// read reads the tokens of an image of the part into a buffer of the key's size. It is an error if
// the part does not have the image there, or the checksum is another one.
func (p *part) read(at int, image Image, to []byte) error {
	var hash, sum [sha256.Size]byte
	err := errors.Join(
		p.copy(imagesTensor, at, hash[:]),
		p.copy(checksumsTensor, at, sum[:8]),
		p.copy(tokensTensor, at, to),
	)
	if err != nil {
		return err
	}
	if !bytes.Equal(hash[:], image[:]) {
		return fmt.Errorf("%s: image %d is %s, want %s: the file was changed", p.Path(), at, Image(hash), image)
	}
	if binary.LittleEndian.Uint64(sum[:8]) != xxhash.Sum64(to) {
		return fmt.Errorf("%s: image %s: %w", p.Path(), image, errDamaged)
	}
	return nil
}

// copy copies the at-th of equal parts of a tensor.
func (p *part) copy(tensor string, at int, to []byte) error {
	rest := to
	return p.Part(tensor, int64(at)*int64(len(to)), int64(len(to)), func(piece []byte) error {
		rest = rest[copy(rest, piece):]
		return nil
	})
}
