package imagefile

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// The supported formats, as [Format] names them.
const (
	JPEG = "jpeg"
	PNG  = "png"
	GIF  = "gif"
	WebP = "webp"
	BMP  = "bmp"
	TIFF = "tiff"
)

// Formats lists the supported formats, for messages.
const Formats = "jpeg, png, gif, webp, bmp, tiff"

// Readable reports whether a format, as [Format] names it, is supported.
func Readable(format string) bool {
	switch format {
	case JPEG, PNG, GIF, WebP, BMP, TIFF:
		return true
	}
	return false
}

// Reads reports whether an image can be decoded, as far as its header shows. Every image of a
// supported format can, except for some TIFFs: these also hold scans in fax codes and depths in
// floating point.
func Reads(encoded []byte) bool {
	format := Format(encoded)
	if format == TIFF {
		_, err := ReadTIFF(encoded)
		return err == nil
	}
	return Readable(format)
}

// Format returns the image format that the first bytes show, in lower case: a supported one, or
// another such as avif, heic, jxl, jp2, ico, psd or svg. It returns "" for a file that is not an
// image. File names do not matter.
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
		if isAVIF(encoded) {
			return "avif"
		}
		return imageBrands[brand]
	}
	return firstOf(otherImages, encoded).format
}

// isBMP checks for the letters BM and for the size of a BMP information header, because a text may
// begin with the letters too. It ignores the file size and the reserved fields in between, which
// are wrong in some files that viewers show.
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

// isoBrand returns the major brand of an ISO base media file, or "" for other files.
func isoBrand(b []byte) string {
	if len(b) < 12 || string(b[4:8]) != "ftyp" {
		return ""
	}
	return string(b[8:12])
}

// isAVIF reports whether one of the brands of an ISO base media file is that of AVIF.
func isAVIF(b []byte) bool {
	brands := b[8:min(len(b), max(16, int(min(binary.BigEndian.Uint32(b), 4096))))]
	for i := 0; i+4 <= len(brands); i += 4 {
		if brand := string(brands[i : i+4]); i != 4 && (brand == "avif" || brand == "avis") { // 4 is the version
			return true
		}
	}
	return false
}

// signature tells a kind of file by its first bytes.
type signature struct{ prefix, format, kind string }

func firstOf(table []signature, encoded []byte) signature {
	for _, s := range table {
		if bytes.HasPrefix(encoded, []byte(s.prefix)) {
			return s
		}
	}
	return signature{}
}

// otherImages are the signatures of image formats that are not supported.
var otherImages = []signature{
	{prefix: "II+\x00", format: "bigtiff"}, {prefix: "MM\x00+", format: "bigtiff"},
	{prefix: "\xff\x0a", format: "jxl"}, {prefix: "\x00\x00\x00\x0cJXL \r\n\x87\n", format: "jxl"},
	{prefix: "\x00\x00\x00\x0cjP  \r\n\x87\n", format: "jp2"}, {prefix: "\xff\x4f\xff\x51", format: "jp2"},
	{prefix: "\xff\xd8", format: JPEG}, // truncated behind its first marker, or damaged there
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

// imageBrands are the formats of ISO base media files that hold images, by major brand (ISO/IEC
// 23008-12, AV1 Image File Format).
var imageBrands = map[string]string{
	"heic": "heic", "heix": "heic", "heim": "heic", "heis": "heic",
	"hevc": "heic", "hevx": "heic", "mif1": "heic", "msf1": "heic", "jxl ": "jxl", "jp2 ": "jp2", "crx ": "raw",
}
