package imagefile

import "fmt"

// The supported compressions of a TIFF.
const (
	tiffRaw        = 1
	tiffLZW        = 5
	tiffDeflate    = 8
	tiffOldDeflate = 32946
	tiffPackBits   = 32773
)

// The supported meanings of the samples (PhotometricInterpretation).
const (
	tiffWhiteIsZero = 0
	tiffBlackIsZero = 1
	tiffIsRGB       = 2
	tiffIsPalette   = 3
	tiffIsCMYK      = 5
)

// maxTIFFSamples is the maximum number of samples per pixel: colour, alpha and two that are not
// shown.
const maxTIFFSamples = 6

// The names of what is not supported.
var (
	tiffCompressions = map[int]string{
		2: "CCITT RLE", 3: "CCITT Group 3 (fax)", 4: "CCITT Group 4 (fax)", 6: "JPEG of the old kind", 7: "JPEG",
		9: "JBIG", 10: "JBIG", 32766: "NeXT", 32771: "CCITT RLE", 32809: "ThunderScan", 34661: "JBIG", 34676: "LogLuv", 34677: "LogLuv",
		34712: "JPEG 2000", 33003: "JPEG 2000", 33004: "JPEG 2000", 33005: "JPEG 2000", 34887: "LERC", 34892: "lossy JPEG", 34925: "LZMA",
		50000: "Zstandard", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL",
	}
	tiffPhotometrics = map[int]string{
		4: "a transparency mask", 6: "YCbCr", 8: "CIELAB", 9: "ICCLAB", 10: "ITULAB", 32803: "a camera's raw samples (CFA)",
		32844: "LogL", 32845: "LogLuv", 34892: "a camera's raw samples (LinearRaw)", 51177: "depth",
	}
	tiffSampleFormats = map[uint32]string{2: "signed", 3: "floating-point", 5: "complex", 6: "complex floating-point"}
)

// supported returns an error for kinds of TIFF that are not decoded. Those that are decode to the
// same pixels as in Pillow; the grid of parity/images.py checks it.
func (f *TIFFFile) supported(formats []uint32) error {
	switch f.compression {
	case tiffRaw, tiffLZW, tiffDeflate, tiffOldDeflate, tiffPackBits:
	default:
		return fmt.Errorf("%w: TIFF with %s", ErrUnsupported, named("compression", f.compression, tiffCompressions))
	}
	switch f.photometric {
	case tiffWhiteIsZero, tiffBlackIsZero, tiffIsRGB, tiffIsPalette, tiffIsCMYK:
	default:
		return fmt.Errorf("%w: TIFF with %s", ErrUnsupported, named("colours", f.photometric, tiffPhotometrics))
	}
	for _, format := range formats {
		const unsigned, undefined = 1, 4
		if format != unsigned && format != undefined {
			return fmt.Errorf("%w: TIFF with %s", ErrUnsupported, named("samples", format, tiffSampleFormats))
		}
	}
	legal := f.Samples >= f.colours()
	switch f.Bits {
	case 1, 2, 4:
		legal = legal && f.Samples == 1 && f.photometric != tiffIsRGB && f.photometric != tiffIsCMYK
	case 8:
	case 16:
		legal = legal && f.photometric != tiffIsPalette
	default:
		legal = false
	}
	if !legal {
		return fmt.Errorf("%w: TIFF of %d samples of %d bits a pixel with %s", ErrUnsupported, f.Samples, f.Bits, named("colours", f.photometric,
			map[int]string{tiffWhiteIsZero: "grey", tiffBlackIsZero: "grey", tiffIsRGB: "RGB", tiffIsPalette: "a palette", tiffIsCMYK: "CMYK"}))
	}
	if f.predictor != 1 && (f.predictor != 2 || f.Bits < 8) {
		return fmt.Errorf("%w: TIFF of %d bits a sample with predictor %d", ErrUnsupported, f.Bits, f.predictor)
	}
	return nil
}

// colours returns how many samples of a pixel make up its colour.
func (f *TIFFFile) colours() int {
	switch f.photometric {
	case tiffIsRGB:
		return 3
	case tiffIsCMYK:
		return 4
	}
	return 1
}

// named returns a number with its name, for messages: "compression JPEG (7)", "compression 12345".
func named[N int | uint32](what string, n N, names map[N]string) string {
	if name := names[n]; name != "" {
		return fmt.Sprintf("%s %s (%d)", what, name, n)
	}
	return fmt.Sprintf("%s %d", what, n)
}
