package imagefile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
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

// Kind names what the bytes are, with an article, for a message to a person: "a JPEG image", "an
// AVIF image", "an HTML page", "gzip data", "plain text", "no bytes at all". It always names
// something.
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

// Unread says of bytes that are no image of a format that is read what they are: "this is an AVIF
// image, which is not read (jpeg, png, gif, webp, bmp, tiff are)".
func Unread(encoded []byte) string {
	if Format(encoded) == TIFF {
		if _, err := ReadTIFF(encoded); err != nil {
			return fmt.Sprintf("this is a TIFF image that cannot be read: %v", err)
		}
	}
	return fmt.Sprintf("this is %s, which is not read (%s are)", Kind(encoded), Formats)
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

var kindOf = map[string]string{
	JPEG: "a JPEG image", PNG: "a PNG image", GIF: "a GIF image", WebP: "a WebP image", BMP: "a BMP image",
	TIFF: "a TIFF image", "bigtiff": "a BigTIFF image", "avif": "an AVIF image", "heic": "a HEIC image",
	"jxl": "a JPEG XL image", "jp2": "a JPEG 2000 image", "jxr": "a JPEG XR image", "psd": "a Photoshop (PSD) image",
	"ico": "an ICO icon", "cur": "a CUR cursor", "qoi": "a QOI image", "exr": "an OpenEXR image",
	"hdr": "a Radiance HDR image", "dds": "a DDS texture", "xcf": "a GIMP (XCF) image", "djvu": "a DjVu document",
	"mng": "an MNG animation", "jng": "a JNG image", "flif": "a FLIF image", "pnm": "a PNM image", "wmf": "a WMF image",
	"emf": "an EMF image", "svg": "an SVG drawing", "raw": "a camera's raw image",
}

// otherFiles are files that hold no image of their own.
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

// textLength is how many bytes are looked at to tell text from other data.
const textLength = 1024

// isText reports whether the beginning is UTF-8, or UTF-16 with a byte order mark, without control
// characters.
func isText(b []byte) bool {
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return len(b) >= 4 && !bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00"))
	}
	b = b[:min(len(b), textLength)]
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size <= 1 {
			return !utf8.FullRune(b) && len(b) < utf8.UTFMax // cut in the middle of a character
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' && r != 0x1b {
			return false
		}
		b = b[size:]
	}
	return true
}

// textKind tells the kinds of text apart.
func textKind(encoded []byte) string {
	name := markup(encoded)
	for prefix, kind := range map[string]string{"html": "an HTML page", "!doctype html": "an HTML page", "head": "an HTML page",
		"body": "an HTML page", "?xml": "an XML document", "rss": "an XML document", "error": "an XML document"} {
		if strings.HasPrefix(name, prefix) {
			return kind
		}
	}
	text := bytes.TrimSpace(encoded[:min(len(encoded), textLength)])
	switch {
	case len(text) == 0:
		return "blank text"
	case bytes.HasPrefix(text, []byte("data:image/")):
		return "a data URL in place of an image's own bytes"
	case bytes.HasPrefix(text, []byte("http://")), bytes.HasPrefix(text, []byte("https://")):
		return "a URL in place of a file"
	case text[0] == '{', text[0] == '[':
		return "JSON or text like it"
	case bytes.HasPrefix(text, []byte("/9j/")), bytes.HasPrefix(text, []byte("iVBORw0KGgo")):
		return "an image in base64"
	}
	return "plain text"
}

// markup returns the beginning of a text in lower case from its first tag's name on: "html", "svg",
// "!doctype html", "?xml". It is "" for a text that does not begin with a tag. An XML declaration,
// comments and a document type before svg are passed over.
func markup(encoded []byte) string {
	text := bytes.ToLower(encoded[:min(len(encoded), textLength)])
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	text = bytes.TrimLeft(text, " \t\r\n\f")
	if len(text) == 0 || text[0] != '<' {
		return ""
	}
	first := string(text[1:])
	for rest := text; len(rest) > 0; {
		switch {
		case bytes.HasPrefix(rest, []byte("<svg")):
			return "svg"
		case bytes.HasPrefix(rest, []byte("<!--")):
			_, after, _ := bytes.Cut(rest, []byte("-->"))
			if rest = bytes.TrimLeft(after, " \t\r\n\f"); len(rest) > 1 && rest[0] == '<' && first[0] == '!' {
				first = string(rest[1:])
			}
		case bytes.HasPrefix(rest, []byte("<?")), bytes.HasPrefix(rest, []byte("<!doctype svg")):
			_, after, _ := bytes.Cut(rest, []byte(">"))
			rest = bytes.TrimLeft(after, " \t\r\n\f")
		default:
			if bytes.HasPrefix(rest, []byte("<html")) || bytes.HasPrefix(rest, []byte("<!doctype html")) {
				return "html"
			}
			return first
		}
	}
	return first
}
