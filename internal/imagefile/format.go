package imagefile

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// The formats that are read.
const (
	JPEG = "jpeg"
	PNG  = "png"
	GIF  = "gif"
	WebP = "webp"
	BMP  = "bmp"
	TIFF = "tiff"
)

// Formats lists the formats that are read, for messages.
const Formats = "jpeg, png, gif, webp, bmp, tiff"

// Readable reports whether images of the format, as [Format] names it, are read.
func Readable(format string) bool {
	switch format {
	case JPEG, PNG, GIF, WebP, BMP, TIFF:
		return true
	}
	return false
}

// Reads reports whether an image is of a format and a kind that are read, as far as its header
// tells. Among images that is a question of TIFFs alone: they hold scans in fax codes and depths in
// floating point as well as photographs.
func Reads(encoded []byte) bool {
	format := Format(encoded)
	if format == TIFF {
		_, err := ReadTIFF(encoded)
		return err == nil
	}
	return Readable(format)
}

// Format returns the image format that the first bytes show, in lower case: one of those that are
// read, or another such as avif, heic, jxl, jp2, ico, psd or svg. It is "" for what is no image.
// The name of a file has no say in it.
func Format(encoded []byte) string {
	switch {
	case bytes.HasPrefix(encoded, []byte("\xff\xd8\xff")):
		return JPEG
	case bytes.HasPrefix(encoded, []byte(pngMagic)):
		return PNG
	case bytes.HasPrefix(encoded, []byte("GIF87a")), bytes.HasPrefix(encoded, []byte("GIF89a")):
		return GIF
	case len(encoded) >= 12 && string(encoded[:4]) == "RIFF" && string(encoded[8:12]) == "WEBP":
		return WebP
	case isBMP(encoded):
		return BMP
	case bytes.HasPrefix(encoded, []byte("II*\x00")), bytes.HasPrefix(encoded, []byte("MM\x00*")):
		return TIFF
	case isText(encoded):
		if strings.HasPrefix(markup(encoded), "svg") {
			return "svg"
		}
		return ""
	}
	if brand := isoBrand(encoded); brand != "" {
		return imageBrands[brand]
	}
	return firstOf(otherImages, encoded).format
}

// isBMP wants more than two letters, as a text may begin with them: the size of an information
// header that BMP has. The file size and the reserved fields before it are wrong in files that
// viewers show.
func isBMP(b []byte) bool {
	if len(b) < 18 || string(b[:2]) != "BM" {
		return false
	}
	switch binary.LittleEndian.Uint32(b[14:]) {
	case 12, 16, 40, 52, 56, 64, 108, 124:
		return true
	}
	return false
}

// isoBrand returns the major brand of an ISO base media file, "" if it is none.
func isoBrand(b []byte) string {
	if len(b) < 12 || string(b[4:8]) != "ftyp" {
		return ""
	}
	return string(b[8:12])
}

// signature is how a kind of file begins.
type signature struct{ prefix, format, kind string }

func firstOf(table []signature, encoded []byte) signature {
	for _, s := range table {
		if bytes.HasPrefix(encoded, []byte(s.prefix)) {
			return s
		}
	}
	return signature{}
}

// otherImages are the images that are not read and begin with bytes of their own.
var otherImages = []signature{
	{prefix: "II+\x00", format: "bigtiff"}, {prefix: "MM\x00+", format: "bigtiff"},
	{prefix: "\xff\x0a", format: "jxl"}, {prefix: "\x00\x00\x00\x0cJXL \r\n\x87\n", format: "jxl"},
	{prefix: "\x00\x00\x00\x0cjP  \r\n\x87\n", format: "jp2"}, {prefix: "\xff\x4f\xff\x51", format: "jp2"},
	{prefix: "\xff\xd8", format: JPEG}, // cut short behind its first marker, or damaged there
	{prefix: "II\xbc", format: "jxr"},
	{prefix: "8BPS", format: "psd"},
	{prefix: "\x00\x00\x01\x00", format: "ico"}, {prefix: "\x00\x00\x02\x00", format: "cur"},
	{prefix: "qoif", format: "qoi"},
	{prefix: "v/1\x01", format: "exr"}, {prefix: "#?RADIANCE", format: "hdr"},
	{prefix: "DDS ", format: "dds"},
	{prefix: "gimp xcf", format: "xcf"},
	{prefix: "AT&TFORM", format: "djvu"},
	{prefix: "\x8aMNG\r\n\x1a\n", format: "mng"}, {prefix: "\x8bJNG\r\n\x1a\n", format: "jng"},
	{prefix: "FLIF", format: "flif"},
	{prefix: "P1\n", format: "pnm"}, {prefix: "P2\n", format: "pnm"}, {prefix: "P3\n", format: "pnm"},
	{prefix: "P4\n", format: "pnm"}, {prefix: "P5\n", format: "pnm"}, {prefix: "P6\n", format: "pnm"},
	{prefix: "P5 ", format: "pnm"}, {prefix: "P6 ", format: "pnm"}, {prefix: "P7\n", format: "pnm"},
	{prefix: "\xd7\xcd\xc6\x9a", format: "wmf"},
	{prefix: "\x01\x00\x00\x00\x6c\x00\x00\x00", format: "emf"}, {prefix: "\x01\x00\x00\x00\x58\x00\x00\x00", format: "emf"},
}

// imageBrands are the major brands of ISO base media files that hold images (ISO/IEC 23008-12, AV1
// Image File Format).
var imageBrands = map[string]string{
	"avif": "avif", "avis": "avif", "heic": "heic", "heix": "heic", "heim": "heic", "heis": "heic",
	"hevc": "heic", "hevx": "heic", "mif1": "heic", "msf1": "heic", "jxl ": "jxl", "jp2 ": "jp2", "crx ": "raw",
}
