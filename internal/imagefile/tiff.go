package imagefile

import (
	"encoding/binary"
	"fmt"
)

// Tags of a TIFF's directory (TIFF 6.0, sections 8 and 15 to 20).
const (
	tiffSubfileType     = 254
	tiffWidth           = 256
	tiffHeight          = 257
	tiffBitsPerSample   = 258
	tiffCompression     = 259
	tiffPhotometric     = 262
	tiffFillOrder       = 266
	tiffStripOffsets    = 273
	tiffOrientation     = 274
	tiffSamplesPerPixel = 277
	tiffRowsPerStrip    = 278
	tiffStripByteCounts = 279
	tiffPlanar          = 284
	tiffPredictor       = 317
	tiffColorMap        = 320
	tiffTileWidth       = 322
	tiffTileHeight      = 323
	tiffTileOffsets     = 324
	tiffTileByteCounts  = 325
	tiffInkSet          = 332
	tiffExtraSamples    = 338
	tiffSampleFormat    = 339
	tiffDNGVersion      = 50706
)

// TIFFFile is a page of a TIFF 6.0 file. Its pixels are coded in blocks: strips or tiles.
type TIFFFile struct {
	Width, Height int
	Orientation   int // 1 to 8; 0 if absent
	Pages         int // of the file, if this is its first page

	Bits        int // per sample: 1, 2, 4, 8 or 16
	Samples     int // per pixel, including those that are not shown
	photometric int
	compression int
	predictor   int
	alpha       int  // position of the alpha sample, -1 if there is none
	multiplied  bool // colours are multiplied by alpha ("associated")
	palette     []byte
	reversed    bool // the lowest bit of a byte comes first

	blockWidth, blockHeight int
	across, down            int // number of blocks
	tiled                   bool
	planes                  int // 1, or Samples if each sample has its own blocks
	offsets, counts         []uint32

	order binary.ByteOrder
	file  []byte
}

// ReadTIFF reads the first directory and checks that this kind of TIFF is supported and that every
// strip or tile is within the file.
func ReadTIFF(b []byte) (*TIFFFile, error) {
	_, first, err := openTIFF(b)
	if err != nil {
		return nil, err
	}
	f, err := ReadTIFFPage(b, first)
	if err == nil {
		pages, _ := TIFFPages(b) // the first page is usable even if later ones are cut off
		f.Pages = len(pages)
	}
	return f, err
}

// ReadTIFFPage is ReadTIFF for one of the pages that TIFFPages returns.
func ReadTIFFPage(b []byte, directory uint32) (*TIFFFile, error) {
	d, _, err := openTIFF(b)
	if err != nil {
		return nil, err
	}
	if err := d.read(directory); err != nil {
		return nil, err
	}
	f := &TIFFFile{order: d.order, file: b}
	width, height := d.number(tiffWidth, 0), d.number(tiffHeight, 0)
	if width == 0 || height == 0 || width > 1<<31-1 || height > 1<<31-1 {
		return nil, fmt.Errorf("%w: TIFF of size %dx%d", ErrCorrupt, width, height)
	}
	f.Width, f.Height = int(width), int(height)
	if o := d.number(tiffOrientation, 0); o <= 8 {
		f.Orientation = int(o)
	}
	if err := f.readKind(d); err != nil {
		return nil, err
	}
	if CheckSize(len(b), f.Width, f.Height) != nil {
		return f, nil // only its size is reported
	}
	if f.photometric == tiffIsPalette {
		if err := f.readPalette(d); err != nil {
			return nil, err
		}
	}
	if err := f.readBlocks(d); err != nil {
		return nil, err
	}
	return f, f.complete()
}

// readKind reads what the samples mean and how they are coded.
func (f *TIFFFile) readKind(d *tiffDirectory) error {
	if err := d.notReduced(); err != nil {
		return err
	}
	f.compression = int(d.number(tiffCompression, tiffRaw))
	f.predictor = 1
	if f.compression == tiffLZW || f.compression == tiffDeflate || f.compression == tiffOldDeflate {
		f.predictor = int(d.number(tiffPredictor, 1))
	}
	f.reversed = d.number(tiffFillOrder, 1) == 2
	photometric, told := d.values(tiffPhotometric, 1)
	if !told || len(photometric) == 0 {
		return fmt.Errorf("%w: TIFF that does not tell what its samples mean (no PhotometricInterpretation)", ErrCorrupt)
	}
	f.photometric = int(photometric[0])
	samples := d.number(tiffSamplesPerPixel, 1)
	if samples == 0 || samples > maxTIFFSamples {
		return fmt.Errorf("%w: TIFF of %d samples a pixel", ErrUnsupported, samples)
	}
	f.Samples = int(samples)
	bits, _ := d.values(tiffBitsPerSample, f.Samples)
	if len(bits) == 0 {
		bits = []uint32{1}
	}
	for _, n := range bits {
		if n != bits[0] {
			return fmt.Errorf("%w: TIFF whose samples have %v bits", ErrUnsupported, bits)
		}
	}
	f.Bits = int(bits[0])
	formats, _ := d.values(tiffSampleFormat, f.Samples)
	extra, _ := d.values(tiffExtraSamples, maxTIFFSamples)
	f.planes = 1
	switch planar := d.number(tiffPlanar, 1); {
	case planar == 2 && f.Samples > 1:
		f.planes = f.Samples
	case planar > 2:
		return fmt.Errorf("%w: TIFF with planar configuration %d", ErrCorrupt, planar)
	}
	if err := f.supported(formats); err != nil {
		return err
	}
	if ink := d.number(tiffInkSet, 1); f.photometric == tiffIsCMYK && ink != 1 {
		return fmt.Errorf("%w: TIFF with other inks than those of CMYK (InkSet %d)", ErrUnsupported, ink)
	}
	return f.readAlpha(extra)
}

// readAlpha finds the first extra sample that is alpha. If the file does not say what the fourth
// sample of RGB means, it is alpha, as in Pillow.
func (f *TIFFFile) readAlpha(extra []uint32) error {
	const associated, unassociated = 1, 2
	f.alpha = -1
	colours := f.colours()
	if len(extra) == 0 && f.Samples > colours {
		if f.photometric != tiffIsRGB || f.Samples > 4 {
			return fmt.Errorf("%w: TIFF of %d samples a pixel that does not tell what all are (no ExtraSamples)", ErrUnsupported, f.Samples)
		}
		extra = []uint32{unassociated}
	}
	for i, kind := range extra {
		if f.photometric == tiffIsCMYK && kind != 0 {
			return fmt.Errorf("%w: TIFF with CMYK and alpha", ErrUnsupported)
		}
		if at := colours + i; at < f.Samples && f.alpha < 0 && (kind == associated || kind == unassociated) {
			f.alpha, f.multiplied = at, kind == associated
		}
	}
	return nil
}

// readPalette reads the palette and keeps the upper bytes of its 16-bit values. If all values are
// below 256, which some writers produce, it keeps the values themselves, as libtiff does.
func (f *TIFFFile) readPalette(d *tiffDirectory) error {
	n := 1 << f.Bits
	values, _ := d.values(tiffColorMap, 3*n)
	if len(values) < 3*n {
		return fmt.Errorf("%w: TIFF with a palette of %d values, %d are needed", ErrCorrupt, len(values), 3*n)
	}
	shift := 0
	for _, v := range values {
		if v > 255 {
			shift = 8
		}
	}
	f.palette = make([]byte, 3*n)
	for i := range n {
		for c := range 3 {
			f.palette[3*i+c] = byte(values[c*n+i] >> shift)
		}
	}
	return nil
}
