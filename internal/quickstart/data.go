package quickstart

import (
	_ "embed"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// VocabularySize is the number of pieces of the tokenizer, as pipeline.yaml has it.
const VocabularySize = 4096

// compressed is the archive, compressed because half of the tar file is headers and JSON.
//
//go:embed data/emoji.tar.zst
var compressed []byte

// Archive returns the embedded WebDataset of images, names and questions, a tar file.
func Archive() ([]byte, error) {
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	archive, err := decoder.DecodeAll(compressed, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the embedded archive: %w", err)
	}
	return archive, nil
}

// Compress returns the archive as the data folder holds it.
func Compress(archive []byte) ([]byte, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	return encoder.EncodeAll(archive, nil), encoder.Close()
}
