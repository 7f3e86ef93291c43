package imagefile

import (
	"bytes"
	"fmt"
)

// Kind names what a file is by its bytes, with an article, for messages to a person: "a JPEG
// image", "an AVIF image", "an HTML page", "gzip data", "plain text", "no bytes at all". It never
// returns "".
func Kind(encoded []byte) string {
	if len(encoded) == 0 {
		return "no bytes at all"
	}
	if format := Format(encoded); format != "" {
		return kindOf[format]
	}
	if s := firstOf(otherFiles, encoded); s.kind != "" {
		return s.kind
	}
	switch {
	case len(encoded) >= 262 && string(encoded[257:262]) == "ustar":
		return "a tar archive"
	case len(encoded) >= 12 && string(encoded[:4]) == "RIFF":
		return fmt.Sprintf("a RIFF file of type %q", encoded[8:12])
	case isoBrand(encoded) != "":
		return "a video or audio file of the MP4 family"
	case isText(encoded):
		return textKind(encoded)
	case len(bytes.Trim(encoded[:min(len(encoded), 512)], "\x00")) == 0:
		return "zero bytes"
	}
	return fmt.Sprintf("data of an unknown kind (first bytes %x)", encoded[:min(len(encoded), 8)])
}

// Unread returns the message for a file that is not an image of a supported format: "this is an
// AVIF image, which is not read (jpeg, png, gif, webp, bmp, tiff are)", or "there are no bytes".
func Unread(encoded []byte) string {
	if Format(encoded) == TIFF {
		if _, err := ReadTIFF(encoded); err != nil {
			return fmt.Sprintf("this is a TIFF image that cannot be read: %v", err)
		}
	}
	if len(encoded) == 0 {
		return "there are no bytes"
	}
	return fmt.Sprintf("this is %s, which is not read (%s are)", Kind(encoded), Formats)
}

// kindOf names the image formats for messages.
var kindOf = map[string]string{
	JPEG: "a JPEG image", PNG: "a PNG image", GIF: "a GIF image", WebP: "a WebP image", BMP: "a BMP image",
	TIFF: "a TIFF image", "bigtiff": "a BigTIFF image", "avif": "an AVIF image", "heic": "a HEIC image",
	"jxl": "a JPEG XL image", "jp2": "a JPEG 2000 image", "jxr": "a JPEG XR image", "psd": "a Photoshop (PSD) image",
	"ico": "an ICO icon", "cur": "a CUR cursor", "qoi": "a QOI image", "exr": "an OpenEXR image",
	"hdr": "a Radiance HDR image", "dds": "a DDS texture", "xcf": "a GIMP (XCF) image", "djvu": "a DjVu document",
	"mng": "an MNG animation", "jng": "a JNG image", "flif": "a FLIF image", "pnm": "a PNM image", "wmf": "a WMF image",
	"emf": "an EMF image", "svg": "an SVG drawing", "raw": "a camera's raw image",
}

// otherFiles are the signatures of files that are not images.
var otherFiles = []signature{
	{prefix: "%PDF-", kind: "a PDF document"},
	{prefix: "%!PS", kind: "a PostScript file"}, {prefix: "\xc5\xd0\xd3\xc6", kind: "a PostScript (EPS) file"},
	{prefix: "\x1f\x8b", kind: "gzip data"},
	{prefix: "\x28\xb5\x2f\xfd", kind: "zstd data"},
	{prefix: "BZh", kind: "bzip2 data"},
	{prefix: "\xfd7zXZ\x00", kind: "xz data"},
	{prefix: "\x04\x22\x4d\x18", kind: "LZ4 data"},
	{prefix: "PK\x03\x04", kind: "a zip archive"}, {prefix: "PK\x05\x06", kind: "an empty zip archive"},
	{prefix: "7z\xbc\xaf\x27\x1c", kind: "a 7z archive"}, {prefix: "Rar!\x1a\x07", kind: "a RAR archive"},
	{prefix: "PAR1", kind: "a Parquet file"}, {prefix: "ARROW1", kind: "an Arrow file"},
	{prefix: "ORC", kind: "an ORC file"}, {prefix: "Obj\x01", kind: "an Avro file"},
	{prefix: "\x89HDF\r\n\x1a\n", kind: "an HDF5 file"},
	{prefix: "\x93NUMPY", kind: "a NumPy array"},
	{prefix: "SQLite format 3\x00", kind: "an SQLite database"},
	{prefix: "\x80\x02}", kind: "a Python pickle"}, {prefix: "\x80\x04\x95", kind: "a Python pickle"}, {prefix: "\x80\x05\x95", kind: "a Python pickle"},
	{prefix: "WARC/", kind: "a WARC archive"},
	{prefix: "\x1a\x45\xdf\xa3", kind: "a Matroska or WebM video"},
	{prefix: "OggS", kind: "an Ogg file"}, {prefix: "fLaC", kind: "a FLAC file"}, {prefix: "ID3", kind: "an MP3 file"},
	{prefix: "FLV\x01", kind: "a Flash video"}, {prefix: "CWS", kind: "a Flash file"}, {prefix: "FWS", kind: "a Flash file"},
	{prefix: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", kind: "a Microsoft Office document"},
	{prefix: "{\\rtf", kind: "an RTF document"},
	{prefix: "version https://git-lfs", kind: "a Git LFS pointer, not the file that it points to"},
	{prefix: "\x7fELF", kind: "a program"}, {prefix: "MZ", kind: "a program"},
	{prefix: "-----BEGIN ", kind: "a PEM file"},
}
