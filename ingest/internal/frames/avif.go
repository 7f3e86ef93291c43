package frames

import (
	"bytes"
	"fmt"
	"image/png"

	"github.com/pali3/pali3/internal/avif"
	"github.com/pali3/pali3/internal/imagefile"
)

// splitAVIF returns at most limit frames of a sequence, evenly spaced and beginning with the first,
// as upright PNGs. A still image is returned unchanged.
func splitAVIF(encoded []byte, limit int) ([][]byte, error) {
	info, err := imagefile.ReadHeader(encoded)
	if err != nil {
		return [][]byte{encoded}, nil // found elsewhere
	}
	f, err := imagefile.ReadAVIF(encoded)
	if err != nil || !f.Sequence {
		return [][]byte{encoded}, nil
	}
	decoder, err := avif.Open(encoded, f.Width, f.Height, true)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	defer decoder.Close()
	if decoder.Frames > maxFrames {
		return nil, fmt.Errorf("%w: %d frames", ErrFormat, decoder.Frames)
	}
	if decoder.Frames < 2 {
		return [][]byte{encoded}, nil
	}
	limit = min(limit, decoder.Frames)
	var out [][]byte
	for i := range limit {
		n := i * decoder.Frames / limit
		samples, err := decoder.Frame(n)
		if err != nil {
			return nil, fmt.Errorf("%w: frame %d: %w", ErrFormat, n, err)
		}
		var b bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, info.Image(split(samples, decoder.Channels))); err != nil {
			return nil, err
		}
		out = append(out, b.Bytes())
	}
	return out, nil
}

// split returns RGB and, of four channels, alpha.
func split(samples []uint8, channels int) (rgb, alpha []uint8) {
	if channels == 3 {
		return samples, nil
	}
	for i := 0; i < len(samples); i += 4 {
		rgb, alpha = append(rgb, samples[i:i+3]...), append(alpha, samples[i+3])
	}
	return rgb, alpha
}
