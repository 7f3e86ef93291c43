package decompress

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func zipped(content string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(content))
	z.Close()
	return b.String()
}

func zstandard(content string, options ...zstd.EOption) string {
	encoder, err := zstd.NewWriter(nil, options...)
	if err != nil {
		panic(err)
	}
	return string(encoder.EncodeAll([]byte(content), nil))
}

// bzipped is "hello\n" as bzip2 writes it.
func bzipped(t *testing.T) string {
	content, err := base64.StdEncoding.DecodeString("QlpoOTFBWSZTWcHAgOIAAAFBAAAQAkSgADDNAMNGKZcXckU4UJDBwIDi")
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestOpen_DetectsFormatFromBytes(t *testing.T) {
	skipped := "\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
	for name, c := range map[string]struct{ file, want string }{
		"plain": {"hello", "hello"}, "empty": {"", ""}, "gzip": {zipped("hello"), "hello"}, "gzip of members": {zipped("hel") + zipped("lo"), "hello"},
		"gzip and zeros": {zipped("hello") + strings.Repeat("\x00", 100_000), "hello"}, "zstd": {zstandard("hello"), "hello"},
		"zstd of frames": {zstandard("hel") + zstandard("lo"), "hello"}, "zstd behind a frame to skip": {skipped + zstandard("hello"), "hello"},
		"a text that begins as bzip2": {"BZh9 is a name", "BZh9 is a name"}, "another": {"BZhello", "BZhello"}, "bzip2": {bzipped(t), "hello\n"},
	} {
		content, err := Open(strings.NewReader(c.file), 4096)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, err := io.ReadAll(content); string(got) != c.want || err != nil {
			t.Errorf("%s: %q %v, want %q", name, got, err, c.want)
		}
	}
}

func TestOpen_RefusesDamagedFiles(t *testing.T) {
	gz, zst := zipped("hello"), zstandard("hello")
	for name, file := range map[string]string{"gzip cut": gz[:len(gz)-3], "gzip's head": "\x1f\x8b\x08", "zstd cut": zst[:len(zst)-3], "gzip and a text": gz + "text",
		"gzip, zeros and a text": gz + strings.Repeat("\x00", 5000) + "text", "gzip and half a member": gz + gz[:12], "xz": "\xfd7zXZ\x00\x00\x04"} {
		content, err := Open(strings.NewReader(file), 4096)
		if err == nil {
			_, err = io.ReadAll(content)
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if strings.HasSuffix(name, "and a text") != errors.Is(err, ErrTrailing) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpen_LimitsTheWindow(t *testing.T) {
	const frame = "\x28\xb5\x2f\xfd\x00\xa8" // a window of 1<<31 bytes
	content, err := Open(strings.NewReader(frame+"\x01\x00\x00"), 4096)
	if err == nil {
		_, err = io.ReadAll(content)
	}
	if !errors.Is(err, zstd.ErrWindowSizeExceeded) {
		t.Errorf("%v", err)
	}
}

func TestTrimEnding(t *testing.T) {
	for name, want := range map[string]string{"a.csv.gz": "a.csv", "a.ZST": "a", "a.csv": "a.csv", "gz": "gz", "a.tar.bz2": "a.tar"} {
		if got := TrimEnding(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// FuzzOpen checks that no file panics and that an uncompressed file is unchanged.
func FuzzOpen(f *testing.F) {
	for _, seed := range []string{"a", zipped("a"), zipped("a") + "\x00\x00b", zstandard("a"), "BZh91AY&SY", "\x50\x2a\x4d\x18"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		content, err := Open(bytes.NewReader(file), 4096)
		if err != nil {
			return
		}
		got, err := io.ReadAll(io.LimitReader(content, 1<<20))
		if Of(file) == None && (err != nil || !bytes.Equal(got, file[:min(len(file), 1<<20)])) {
			t.Errorf("%q is read as %q, %v", file, got, err)
		}
	})
}
