package imagefile

import "fmt"

// minTIFFTile is the minimum side of a tile. TIFF 6.0 requires multiples of 16, but some writers
// use smaller tiles.
const minTIFFTile = 8

// readBlocks reads the offsets and sizes of the strips or tiles.
func (f *TIFFFile) readBlocks(d *tiffDirectory) error {
	offsets, counts := uint16(tiffStripOffsets), uint16(tiffStripByteCounts)
	f.blockWidth, f.blockHeight = f.Width, f.Height
	if rows := d.number(tiffRowsPerStrip, 0); rows > 0 && int64(rows) < int64(f.Height) {
		f.blockHeight = int(rows)
	}
	if d.has(tiffTileWidth) {
		f.tiled = true
		offsets, counts = tiffTileOffsets, tiffTileByteCounts
		width, height := d.number(tiffTileWidth, 0), d.number(tiffTileHeight, 0)
		if width < minTIFFTile || height < minTIFFTile {
			return fmt.Errorf("%w: TIFF with tiles of %dx%d", ErrCorrupt, width, height)
		}
		if width > 2*MaxSide || height > 2*MaxSide {
			return fmt.Errorf("%w: TIFF with tiles of %dx%d pixels", ErrTooLarge, width, height)
		}
		f.blockWidth, f.blockHeight = int(width), int(height)
	}
	f.across, f.down = (f.Width+f.blockWidth-1)/f.blockWidth, (f.Height+f.blockHeight-1)/f.blockHeight
	if padded := int64(f.across*f.blockWidth) * int64(f.down*f.blockHeight); padded > 2*MaxPixels {
		return fmt.Errorf("%w: TIFF of %d pixels with those that fill up its tiles of %dx%d", ErrTooLarge, padded, f.blockWidth, f.blockHeight)
	}
	n := f.across * f.down * f.planes
	if f.offsets, _ = d.values(offsets, n); len(f.offsets) < n {
		return fmt.Errorf("%w: TIFF that tells where %d of %d %s are", ErrTruncated, len(f.offsets), n, f.blocks())
	}
	f.counts, _ = d.values(counts, n)
	return nil
}

// blocks returns what messages call the blocks.
func (f *TIFFFile) blocks() string {
	if f.tiled {
		return "tiles"
	}
	return "strips"
}

// rowBytes returns the decoded size of a row of a block.
func (f *TIFFFile) rowBytes() int { return (f.blockWidth*f.Samples/f.planes*f.Bits + 7) / 8 }

// rows returns the number of rows of a block; a tile may extend beyond the image.
func (f *TIFFFile) rows(block int) int {
	if f.tiled {
		return f.blockHeight
	}
	return min(f.blockHeight, f.Height-f.blockHeight*(block%f.down))
}

// coded returns the coded bytes of a block. Without compression it ignores the size that the file
// gives. If that size is absent or 0, the block extends to the end of the file.
func (f *TIFFFile) coded(block int) ([]byte, error) {
	start, size := int64(f.offsets[block]), int64(f.rowBytes()*f.rows(block))
	if f.compression != tiffRaw {
		if size = int64(len(f.file)) - start; block < len(f.counts) && f.counts[block] > 0 {
			size = int64(f.counts[block])
		}
	}
	if start == 0 || size <= 0 || start+size > int64(len(f.file)) {
		return nil, fmt.Errorf("%w: TIFF with %d bytes of its pixels from byte %d on (number %d of its %s), the file has %d",
			ErrTruncated, size, start, block+1, f.blocks(), len(f.file))
	}
	return f.file[start:][:size:size], nil
}

// tiffExpansion is the maximum number of bytes that a coded byte decodes to: in LZW a run as long
// as the table, in Deflate 258 bytes for two bits, in PackBits 128 bytes for two.
var tiffExpansion = map[int]int64{tiffRaw: 1, tiffLZW: 4096, tiffDeflate: 1040, tiffOldDeflate: 1040, tiffPackBits: 64}

// complete returns an error if a block is not within the file or has fewer bytes than its pixels
// need.
func (f *TIFFFile) complete() error {
	for i := range f.offsets {
		coded, err := f.coded(i)
		if err != nil {
			return err
		}
		y := i / f.across % f.down * f.blockHeight
		if need := int64(f.rowBytes()) * int64(min(f.blockHeight, f.Height-y)); need > int64(len(coded)+1)*tiffExpansion[f.compression] {
			return fmt.Errorf("%w: TIFF with %d coded bytes for %d of pixels (number %d of its %s)", ErrTruncated, len(coded), need, i+1, f.blocks())
		}
		if f.compression == tiffLZW && len(coded) > 1 && coded[0] == 0 && coded[1]&1 == 1 && !f.reversed {
			return fmt.Errorf("%w: TIFF with LZW of the old kind (before TIFF 6.0)", ErrUnsupported)
		}
	}
	return nil
}
