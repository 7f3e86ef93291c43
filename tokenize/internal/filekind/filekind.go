// Package filekind names the kind of a file by its content, for error messages about files that are
// not what they were taken for.
package filekind

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Names that callers test for.
const (
	TokenizerJSON = "a tokenizer.json"
	JSON          = "JSON"
	Binary        = "a binary file of an unknown kind"
)

// signatures are the first bytes of files that people mistake for models.
var signatures = []struct{ begin, what string }{
	{"\x1f\x8b", "a gzip file"}, {"BZh", "a bzip2 file"}, {"\xfd7zXZ\x00", "an xz file"}, {"\x28\xb5\x2f\xfd", "a zstd file"}, {"PK\x03\x04", "a zip file"},
	{"7z\xbc\xaf\x27\x1c", "a 7-zip file"}, {"\x89PNG\r\n\x1a\n", "a PNG image"}, {"\xff\xd8\xff", "a JPEG image"}, {"GIF8", "a GIF image"},
	{"II*\x00", "a TIFF image"}, {"MM\x00*", "a TIFF image"}, {"%PDF-", "a PDF document"}, {"PAR1", "a Parquet file"}, {"ARROW1", "an Arrow file"},
	{"\x89HDF\r\n\x1a\n", "an HDF5 file"}, {"\x93NUMPY", "a NumPy file"}, {"GGUF", "a GGUF file"}, {"SQLite format 3\x00", "an SQLite database"},
	{"\x7fELF", "a program"}, {"MZ", "a program"}, {"version https://git-lfs", "a Git LFS pointer, not the file itself (run `git lfs pull`)"},
	{"\x80\x02", "a Python pickle"}, {"\x80\x03", "a Python pickle"}, {"\x80\x04", "a Python pickle"}, {"\x80\x05", "a Python pickle"},
}

// Of names the kind of a file by its content, with an article: "an HTML page", "a gzip file", "an
// empty file".
func Of(data []byte) string {
	if len(data) == 0 {
		return "an empty file"
	}
	for _, s := range signatures {
		if bytes.HasPrefix(data, []byte(s.begin)) {
			return s.what
		}
	}
	switch {
	case len(data) > 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		return "a WebP image"
	case len(data) > 12 && string(data[4:8]) == "ftyp" && (string(data[8:12]) == "avif" || string(data[8:12]) == "avis"):
		return "an AVIF image"
	case len(data) > 12 && string(data[4:8]) == "ftyp":
		return "an MP4 or HEIF file"
	case len(data) > 262 && string(data[257:262]) == "ustar":
		return "a tar archive"
	case len(data) > 10 && data[8] == '{' && bytes.Contains(data[:min(len(data), 1<<12)], []byte(`"dtype"`)):
		return "a safetensors file"
	}
	return ofText(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
}

// ofText names the kind of a file whose first bytes are no known signature.
func ofText(data []byte) string {
	head := data[:min(len(data), 1<<10)]
	for cut := 0; cut < utf8.UTFMax && !utf8.Valid(head); cut++ {
		head = head[:len(head)-1]
	}
	if !utf8.Valid(head) || bytes.IndexByte(head, 0) >= 0 || hasControls(head) {
		return Binary
	}
	text := strings.TrimLeft(string(head), " \t\r\n")
	lower := strings.ToLower(text)
	switch {
	case text == "":
		return "a file of white space"
	case strings.HasPrefix(lower, "<!doctype html"), strings.HasPrefix(lower, "<html"), strings.HasPrefix(lower, "<head"), strings.HasPrefix(lower, "<body"):
		return "an HTML page"
	case strings.HasPrefix(lower, "<?xml"), strings.HasPrefix(lower, "<svg"):
		return "an XML file"
	case isObject(text) && bytes.Contains(data, []byte(`"model"`)) && bytes.Contains(data, []byte(`"vocab"`)):
		return TokenizerJSON
	case isObject(text) || isList(text):
		return JSON
	case strings.HasPrefix(text, "#version:"):
		return "the merges.txt of a byte-level BPE"
	}
	line, _, _ := strings.Cut(strings.TrimRight(text, "\r\n"), "\n")
	if len(line) > 40 {
		line = strings.ToValidUTF8(line[:40], "") + "..."
	}
	return fmt.Sprintf("a text file that begins %q", strings.TrimRight(line, "\r"))
}

// hasControls reports whether text has control characters that text files do not contain.
func hasControls(text []byte) bool {
	return bytes.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' && r != 0x1b })
}

// isObject reports whether text begins like a JSON object.
func isObject(text string) bool {
	rest := strings.TrimLeft(strings.TrimPrefix(text, "{"), " \t\r\n")
	return text[0] == '{' && (rest == "" || rest[0] == '"' || rest[0] == '}')
}

// isList reports whether text begins like a JSON list.
func isList(text string) bool {
	rest := strings.TrimLeft(strings.TrimPrefix(text, "["), " \t\r\n")
	return text[0] == '[' && (rest == "" || strings.IndexByte(`{["]-0123456789`, rest[0]) >= 0 || strings.HasPrefix(rest, "null"))
}
