package ingest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"

	"github.com/pali3/pali3/shards"
)

// known are the records that the dataset has: the first 16 bytes of the SHA-256 of each key and, where asked
// for, of each record's pictures. Two different keys whose 128 bits agree do not come up by chance.
type known struct {
	keys  map[[16]byte]struct{}
	shown map[[16]byte]struct{} // pictures; nil if nobody asks
}

func newKnown(pictures bool) *known {
	k := &known{keys: map[[16]byte]struct{}{}}
	if pictures {
		k.shown = map[[16]byte]struct{}{}
	}
	return k
}

func short(text string) [16]byte {
	sum := sha256.Sum256([]byte(text))
	return [16]byte(sum[:16])
}

// key reports whether there is a record of that key.
func (k *known) key(key string) bool {
	_, there := k.keys[short(key)]
	return there
}

// pictures reports whether there is a record of the same pictures.
func (k *known) pictures(s *shards.Sample) bool {
	if len(s.Images) == 0 {
		return false
	}
	_, there := k.shown[short(hashes(s))]
	return there
}

// hashes names a record's pictures in order.
func hashes(s *shards.Sample) string {
	var all string
	for i := range s.Images {
		all += s.Images[i].SHA256
	}
	return all
}

func (k *known) add(s *shards.Sample) {
	k.keys[short(s.Key)] = struct{}{}
	if k.shown != nil && len(s.Images) > 0 {
		k.shown[short(hashes(s))] = struct{}{}
	}
}

// readDataset adds the rows of the dataset in dir, if there is one.
func (k *known) readDataset(dir string) error {
	dataset, err := shards.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer dataset.Close()
	for _, part := range dataset.Manifest().Files {
		if err := k.readPart(filepath.Join(dir, part.Name)); err != nil {
			return err
		}
	}
	return nil
}

// readPart adds the rows of a part. Of the pictures it reads the hashes alone.
func (k *known) readPart(path string) error {
	if k.shown == nil {
		for key, err := range shards.PartKeys(path) {
			if err != nil {
				return err
			}
			k.keys[short(key)] = struct{}{}
		}
		return nil
	}
	type row struct {
		Key    string `parquet:"key"`
		Images []struct {
			SHA256 string `parquet:"sha256"`
		} `parquet:"images,list"`
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	reader := parquet.NewGenericReader[row](file)
	defer reader.Close()
	rows := make([]row, 256)
	for {
		n, err := reader.Read(rows)
		for _, row := range rows[:n] {
			s := shards.Sample{Key: row.Key}
			for _, image := range row.Images {
				s.Images = append(s.Images, shards.Image{SHA256: image.SHA256})
			}
			k.add(&s)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the keys of %s: %w", path, err)
		}
	}
}
