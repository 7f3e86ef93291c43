package imagefile

import (
	"strings"
	"testing"
)

func TestKind(t *testing.T) {
	for encoded, want := range map[string]string{
		"":                                 "no bytes at all",
		"\xff\xd8\xff\xe0\x00\x10JFIF\x00": "a JPEG image",
		"\x89PNG\r\n\x1a\n\x00\x00":        "a PNG image",
		"GIF89a\x01\x00":                   "a GIF image",
		"RIFF\x10\x00\x00\x00WEBPVP8L":     "a WebP image",
		"RIFF\x10\x00\x00\x00WAVEfmt ":     `a RIFF file of type "WAVE"`,
		"BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00": "a BMP image",
		"BMW 320i, blue, of 1998":                                "plain text",
		"II*\x00\x08\x00\x00\x00":                                "a TIFF image",
		"MM\x00*\x00\x00\x00\x08":                                "a TIFF image",
		"\x00\x00\x00\x1cftypavif\x00\x00":                       "an AVIF image",
		"\x00\x00\x00\x18ftypheic\x00\x00":                       "a HEIC image",
		"\x00\x00\x00\x18ftypmp42\x00\x00":                       "a video or audio file of the MP4 family",
		"\x00\x00\x00\x0cJXL \r\n\x87\n":                         "a JPEG XL image",
		"\xff\x0a\x00\x10":                                       "a JPEG XL image",
		"\x00\x00\x00\x0cjP  \r\n\x87\n":                         "a JPEG 2000 image",
		"\x00\x00\x01\x00\x01\x00\x10\x10":                       "an ICO icon",
		"8BPS\x00\x01":                                           "a Photoshop (PSD) image",
		"<svg xmlns=\"http://www.w3.org/2000/svg\">":             "an SVG drawing",
		"<?xml version=\"1.0\"?>\n<!-- drawn by hand -->\n<svg>": "an SVG drawing",
		"<?xml version=\"1.0\"?><Error><Code>AccessDenied":       "an XML document",
		"<!DOCTYPE html><html>":                                  "an HTML page",
		"\n <HTML><body>404":                                     "an HTML page",
		"<!-- cached --><html>":                                  "an HTML page",
		"%PDF-1.7":                                               "a PDF document",
		"\x1f\x8b\x08\x00":                                       "gzip data",
		"PK\x03\x04\x14\x00":                                     "a zip archive",
		"{\"error\": 404}":                                       "JSON or text like it",
		"not found":                                              "plain text",
		"grün":                                                   "plain text",
		"https://example.com/a.jpg":                              "a URL in place of a file",
		"data:image/png;base64,iVBORw0":                          "a data URL in place of an image's own bytes",
		"/9j/4AAQSkZJRgABAQ":                                     "an image in base64",
		"\x00\x00\x00\x00\x00":                                   "zero bytes",
		"\x07\x01\x02\x03":                                       "data of an unknown kind (first bytes 07010203)",
		strings.Repeat("\x01", 257) + "ustar":                    "a tar archive",
	} {
		if got := Kind([]byte(encoded)); got != want {
			t.Errorf("Kind(%.20q) = %q, want %q", encoded, got, want)
		}
	}
}

func TestUnread_ListsFormats(t *testing.T) {
	want := "this is an AVIF image, which is not read (jpeg, png, gif, webp, bmp, tiff are)"
	if got := Unread([]byte("\x00\x00\x00\x1cftypavif")); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestFormat_EveryFormatHasAName(t *testing.T) {
	for _, s := range otherImages {
		if kindOf[s.format] == "" {
			t.Errorf("%s has no name for people", s.format)
		}
	}
	for brand, format := range imageBrands {
		if kindOf[format] == "" {
			t.Errorf("%s of brand %s has no name for people", format, brand)
		}
	}
}

func FuzzKind(f *testing.F) {
	f.Add([]byte("<!-- a --><svg"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if Kind(b) == "" {
			t.Error("a kind without a name")
		}
	})
}
