package mds

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/shards"
)

func (f *file) hashers() hashers {
	h := hashers{}
	for name := range f.Hashes {
		switch name {
		case "sha1":
			h[name] = sha1.New()
		case "sha256", "sha2_256":
			h[name] = sha256.New()
		case "md5":
			h[name] = md5.New()
		case "xxh64":
			h[name] = xxhash.New()
		}
	}
	return h
}

// record makes a sample of a sample's bytes.
func (s *shard) record(b []byte, key string) shards.Record {
	columns, err := s.split(b)
	if err != nil {
		return shards.Bad("", "", BadSample, err)
	}
	out := shards.Sample{Key: key}
	for i, name := range s.Names {
		if err := add(&out, name, s.Encodings[i], columns[i]); err != nil {
			return shards.Bad("", out.Key, BadSample, fmt.Errorf("column %s (%s): %w", name, s.Encodings[i], err))
		}
	}
	if len(out.Images) == 0 && len(out.Texts) == 0 {
		return shards.Bad("", out.Key, shards.NoContent, errors.New("neither image nor text"))
	}
	return shards.Record{Sample: out}
}

var (
	imageNames = []string{"image", "images", "jpg", "jpeg", "png", "img"}
	textNames  = map[string]string{"caption": shards.Caption, "text": shards.Alt, "alt": shards.Alt, "title": shards.Title, "ocr": shards.OCR}
	keyNames   = []string{"key", "id", "__key__", "uid"}
)

// add adds a column to the sample, by its encoding (streaming/base/format/mds/encodings.py).
func add(s *shards.Sample, name, encoding string, b []byte) error {
	switch {
	case encoding == "jpeg" || encoding == "png" || encoding == "bytes" && slices.Contains(imageNames, name):
		s.Images = append(s.Images, shards.Image{Bytes: b})
		return nil
	case encoding == "jpeg_array" || encoding == "jpegarray":
		return addImages(s, b)
	case encoding == "list[jpeg]" || encoding == "list[png]":
		if len(b) < 4 {
			return errors.New("the list is cut short")
		}
		return addImages(s, b[4:]) // behind a placeholder
	}
	text, err := textOf(encoding, b)
	if err != nil {
		return err
	}
	kind, isText := textNames[name]
	switch {
	case slices.Contains(keyNames, name):
		s.Key = text
	case isText && encoding == "str":
		if text != "" {
			s.Texts = append(s.Texts, shards.Text{Kind: kind, Value: text})
		}
	case name == "split":
		s.Split = text
	case name == "url":
		s.Provenance.URL = text
	default:
		if s.Metadata == nil {
			s.Metadata = map[string]string{}
		}
		s.Metadata[name] = text
	}
	return nil
}

// addImages adds a list of pictures: their number, their sizes (uint32 each), their bytes.
func addImages(s *shards.Sample, b []byte) error {
	if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4)/4 {
		return errors.New("the list is cut short")
	}
	n := int(binary.LittleEndian.Uint32(b))
	sizes, b := b[4:4+4*n], b[4+4*n:]
	for i := range n {
		size := binary.LittleEndian.Uint32(sizes[4*i:])
		if uint64(size) > uint64(len(b)) {
			return fmt.Errorf("picture %d of %d bytes with %d left", i, size, len(b))
		}
		s.Images, b = append(s.Images, shards.Image{Bytes: b[:size:size]}), b[size:]
	}
	return nil
}

// textOf shows a value as text.
func textOf(encoding string, b []byte) (string, error) {
	sizes := map[string]int{"int": 8, "int64": 8, "uint64": 8, "int32": 4, "uint32": 4, "int16": 2, "uint16": 2, "int8": 1, "uint8": 1,
		"float64": 8, "float32": 4}
	if size, fixed := sizes[encoding]; fixed && len(b) != size {
		return "", fmt.Errorf("%d bytes, want %d", len(b), size)
	}
	switch encoding {
	case "str", "json", "str_int", "str_float", "str_decimal":
		if !utf8.Valid(b) {
			return "", errors.New("not UTF-8")
		}
		return string(b), nil
	case "int", "int64":
		return strconv.FormatInt(int64(binary.LittleEndian.Uint64(b)), 10), nil
	case "uint64":
		return strconv.FormatUint(binary.LittleEndian.Uint64(b), 10), nil
	case "int32":
		return strconv.FormatInt(int64(int32(binary.LittleEndian.Uint32(b))), 10), nil
	case "uint32":
		return strconv.FormatUint(uint64(binary.LittleEndian.Uint32(b)), 10), nil
	case "int16":
		return strconv.FormatInt(int64(int16(binary.LittleEndian.Uint16(b))), 10), nil
	case "uint16":
		return strconv.FormatUint(uint64(binary.LittleEndian.Uint16(b)), 10), nil
	case "int8":
		return strconv.FormatInt(int64(int8(b[0])), 10), nil
	case "uint8":
		return strconv.FormatUint(uint64(b[0]), 10), nil
	case "float64":
		return strconv.FormatFloat(math.Float64frombits(binary.LittleEndian.Uint64(b)), 'g', -1, 64), nil
	case "float32":
		return strconv.FormatFloat(float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), 'g', -1, 32), nil
	}
	return "", errors.New("values of this encoding are not read") // pickles never are
}
