package warc

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

const bodyText = "<html><p>a page of some length, so that it is worth encoding: gulls, gulls, gulls</p></html>"

// encoded encodes a text once.
func encoded(t testing.TB, coding, text string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	case "flate":
		w, _ = flate.NewWriter(&b, 6)
	case "br":
		w = brotli.NewWriter(&b)
	case "zstd":
		w, _ = zstd.NewWriter(&b)
	}
	io.WriteString(w, text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestParseResponse_DecodesBodies(t *testing.T) {
	e := func(coding, text string) string { return encoded(t, coding, text) }
	for name, c := range map[string]struct{ header, body, want string }{
		"none":               {"", bodyText, bodyText},
		"identity":           {"Content-Encoding: Identity", bodyText, bodyText},
		"gzip":               {"Content-Encoding: GZIP", e("gzip", bodyText), bodyText},
		"x-gzip":             {"content-encoding:x-gzip", e("gzip", bodyText), bodyText},
		"gzip, two members":  {"Content-Encoding: gzip", e("gzip", bodyText) + e("gzip", "x"), bodyText + "x"},
		"gzip, then garbage": {"Content-Encoding: gzip", e("gzip", bodyText) + "\x00\x00", bodyText},
		"zlib":               {"Content-Encoding: deflate", e("zlib", bodyText), bodyText},
		"flate":              {"Content-Encoding: deflate", e("flate", bodyText), bodyText},
		"br":                 {"Content-Encoding: br", e("br", bodyText), bodyText},
		"br, empty":          {"Content-Encoding: br", e("br", ""), ""},
		"br, long":           {"Content-Encoding: br", e("br", strings.Repeat(bodyText, 1000)), strings.Repeat(bodyText, 1000)},
		"zstd":               {"Content-Encoding: zstd", e("zstd", bodyText), bodyText},
		"zstd, two frames":   {"Content-Encoding: zstd", e("zstd", bodyText) + e("zstd", "x"), bodyText + "x"},
		"list":               {"Content-Encoding: gzip, br", e("br", e("gzip", bodyText)), bodyText},
		"two headers":        {"Content-Encoding: zstd\r\nContent-Encoding: gzip", e("gzip", e("zstd", bodyText)), bodyText},
		"quoted":             {`Content-Encoding: "gzip";q=1`, e("gzip", bodyText), bodyText},
		"charset":            {"Content-Encoding: UTF-8", bodyText, bodyText},
		"not gzip":           {"Content-Encoding: gzip", bodyText, bodyText},
		"not zlib":           {"Content-Encoding: deflate", bodyText, bodyText},
		"not br":             {"Content-Encoding: br", bodyText, bodyText},
		"not br, a JPEG":     {"Content-Encoding: br", "\xff\xd8\xff\xe0\x00\x10JFIF", "\xff\xd8\xff\xe0\x00\x10JFIF"},
		"not br, a PNG":      {"Content-Encoding: br", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"},
		"not zstd":           {"Content-Encoding: zstd", bodyText, bodyText},
		"chunked":            {"Transfer-Encoding: Chunked", "5\r\n<html\r\n4;x=y\r\n>abc\r\n0\r\n\r\n", "<html>abc"},
		"chunked, gzip":      {"Transfer-Encoding: chunked\r\nContent-Encoding: gzip", chunksOf(e("gzip", bodyText), 7), bodyText},
		"chunked, no end":    {"Transfer-Encoding: chunked", "5\r\n<html\r\n4\r\n>abc\r\n", "<html>abc"},
		"not chunked":        {"Transfer-Encoding: chunked", bodyText, bodyText},
		"gzip, chunked":      {"Transfer-Encoding: gzip, chunked", chunksOf(e("gzip", bodyText), 50), bodyText},
	} {
		block := "HTTP/1.1 200 OK\r\n" + strings.TrimSuffix(c.header+"\r\n", "\r\n\r\n") + "\r\n" + c.body
		if c.header == "" {
			block = "HTTP/1.1 200 OK\r\n\r\n" + c.body
		}
		response, err := ParseResponse(strings.NewReader(block))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := io.ReadAll(response.Body)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %.100q, %v", name, got, err)
		}
	}
}

func chunksOf(text string, size int) string {
	var b strings.Builder
	for len(text) > 0 {
		n := min(size, len(text))
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, text[:n])
		text = text[n:]
	}
	return b.String() + "0\r\n\r\n"
}

func TestParseResponse_NamesUnknownEncoding(t *testing.T) {
	for name, c := range map[string]struct {
		header, body string
		want         error
		kept         string
	}{
		"unknown":          {"Content-Encoding: exi", bodyText, ErrEncoding, ""},
		"unknown, in list": {"Content-Encoding: exi, gzip", encoded(t, "gzip", bodyText), ErrEncoding, ""},
		"cut short":        {"Content-Encoding: gzip", encoded(t, "gzip", bodyText)[:60], io.ErrUnexpectedEOF, "<html>"},
		"a chunk cut":      {"Transfer-Encoding: chunked", "5\r\n<html\r\n9\r\n>abc", io.ErrUnexpectedEOF, "<html>abc"},
		"a broken chunk":   {"Transfer-Encoding: chunked", "5\r\n<html\r\nxyz\r\n>abc", ErrFormat, "<html"},
	} {
		response, err := ParseResponse(strings.NewReader("HTTP/1.1 200 OK\r\n" + c.header + "\r\n\r\n" + c.body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := io.ReadAll(response.Body)
		if !errors.Is(err, c.want) || !strings.HasPrefix(string(got), c.kept) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestParseResponse_Header(t *testing.T) {
	response, err := ParseResponse(strings.NewReader("http/1.0 200\r\nContent-Type: text/html;\r\n\tcharset=koi8-r\r\nX: 1\r\nx: 2\r\n 3\r\n\r\n"))
	if err != nil || response.Header["content-type"] != "text/html; charset=koi8-r" || response.Header["x"] != "1" {
		t.Errorf("%+v, %v", response, err)
	}
}

// FuzzParseResponse looks for bodies that crash a decoder, or never end.
func FuzzParseResponse(f *testing.F) {
	for _, coding := range []string{"gzip", "zlib", "flate", "br", "zstd"} {
		f.Add("gzip, br", "chunked", []byte(encoded(f, coding, bodyText)))
		f.Add(coding, "", []byte(encoded(f, coding, bodyText)))
	}
	f.Add("deflate", "chunked", []byte(chunksOf(encoded(f, "flate", bodyText), 3)))
	f.Fuzz(func(t *testing.T, content, transfer string, body []byte) {
		block := append([]byte("HTTP/1.1 200 OK\r\nContent-Encoding: "+content+"\r\nTransfer-Encoding: "+transfer+"\r\n\r\n"), body...)
		response, err := ParseResponse(bytes.NewReader(block))
		if err != nil {
			return
		}
		io.Copy(io.Discard, io.LimitReader(response.Body, 1<<24))
	})
}
