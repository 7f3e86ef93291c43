package warc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// texts are the records of the archives below.
func texts() []string {
	var all []string
	for i, version := range []string{"WARC/0.17", "WARC/1.0", "WARC/1.1"} {
		body := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello %d", i)
		all = append(all, fmt.Sprintf("%s\r\nWARC-Type: response\r\nWARC-Target-URI: <http://example.org/%d>\r\nWARC-Date: 2020-01-0%dT00:00:00Z\r\n"+
			"Content-Type: application/http;\r\n\tmsgtype=response\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", version, i, i+1, len(body), body))
	}
	return all
}

func gzipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

func zstandard(t testing.TB, text string, options ...zstd.EOption) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil, options...)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll([]byte(text), nil)
}

// packings pack records in every way.
func packings(t testing.TB) map[string][]byte {
	all := texts()
	made := map[string][]byte{"plain": []byte(strings.Join(all, "")), "one gzip member": gzipped(strings.Join(all, "")), "one frame": zstandard(t, strings.Join(all, ""))}
	history := bytes.Repeat([]byte(texts()[0]), 3)
	dictionary, err := zstd.BuildDict(zstd.BuildDictOptions{ID: 7, Contents: [][]byte{[]byte(all[0]), []byte(all[1])}, History: history, Offsets: [3]int{1, 4, 8}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"dictionary": dictionary, "packed dictionary": zstandard(t, string(dictionary))} {
		made[name] = append(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, dictionaryMagic), uint32(len(content))), content...)
	}
	for _, text := range all {
		made["gzip"] = append(made["gzip"], gzipped(text)...)
		made["frames"] = append(made["frames"], zstandard(t, text, zstd.WithEncoderCRC(true))...)
		made["dictionary"] = append(made["dictionary"], zstandard(t, text, zstd.WithEncoderDict(dictionary))...)
		made["packed dictionary"] = append(made["packed dictionary"], zstandard(t, text, zstd.WithEncoderDict(dictionary))...)
	}
	return made
}

func TestReader_ReadsEveryPacking(t *testing.T) {
	for name, archive := range packings(t) {
		r, err := NewReader(bytes.NewReader(archive))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range 3 {
			record, err := r.Next()
			if err != nil {
				t.Fatalf("%s: record %d: %v", name, i, err)
			}
			check(t, fmt.Sprintf("%s, record %d", name, i), record, i, i != 1) // the block of the second stays unread
			if alone := i == 0 || !strings.HasPrefix(name, "one"); record.Alone != alone {
				t.Errorf("%s, record %d: alone %v", name, i, record.Alone)
			}
			if !record.Alone {
				continue
			}
			again, err := OpenAt(bytes.NewReader(archive), record.Offset)
			if err != nil {
				t.Fatalf("%s: record %d at %d: %v", name, i, record.Offset, err)
			}
			check(t, fmt.Sprintf("%s, record %d again", name, i), again, i, true)
		}
		if _, err := r.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: after the last: %v", name, err)
		}
	}
}

func check(t *testing.T, what string, record *Record, i int, read bool) {
	t.Helper()
	date := time.Date(2020, 1, i+1, 0, 0, 0, 0, time.UTC)
	if record.Type != "response" || record.URI != fmt.Sprintf("http://example.org/%d", i) || !record.Date.Equal(date) ||
		record.Kind != "application/http; msgtype=response" {
		t.Errorf("%s: %+v", what, record)
	}
	if !read {
		return
	}
	response, err := ParseResponse(record)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != fmt.Sprintf("hello %d", i) {
		t.Errorf("%s: %q, %v", what, body, err)
	}
}

func TestReader_ReadsARC(t *testing.T) {
	first := "1 0 InternetArchive\nURL IP-address Archive-date Content-type Archive-length\n"
	body := "HTTP/1.0 200 OK\nContent-Type: image/gif\n\nGIF"
	archive := fmt.Sprintf("filedesc://a.arc 0.0.0.0 19960923142103 text/plain %d\n%s\n", len(first), first) +
		fmt.Sprintf("http://example.org/a b.gif 1.2.3.4 19961104142103 image/gif %d\n%s\n", len(body), body) +
		fmt.Sprintf("http://example.org/2 1.2.3.4 19961104142104 text/html 200 - - 99 a.arc %d\n%s\n", len(body), body)
	for name, content := range map[string][]byte{"plain": []byte(archive), "gzip": gzipped(archive)} {
		r, err := NewReader(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		var uris []string
		for {
			record, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			uris = append(uris, record.URI)
			if record.Type == "response" {
				response, err := ParseResponse(record)
				if err != nil || response.Header["content-type"] != "image/gif" || record.Date.Year() != 1996 {
					t.Errorf("%s: %+v, %v", name, record, err)
				}
				if record.Alone {
					if again, err := OpenAt(bytes.NewReader(content), record.Offset); err != nil || again.URI != record.URI {
						t.Errorf("%s: %v", name, err)
					}
				}
			}
		}
		if strings.Join(uris, ",") != "filedesc://a.arc,http://example.org/a b.gif,http://example.org/2" {
			t.Errorf("%s: %q", name, uris)
		}
	}
}

func TestReader_DamagedArchives(t *testing.T) {
	text := strings.Join(texts(), "")
	for name, content := range map[string]string{
		"no archive":       "GIF89a\x01\x00\x01",
		"cut header":       text[:60],
		"cut block":        text[:len(text)-20],
		"no length":        "WARC/1.0\r\nWARC-Type: response\r\n\r\n",
		"negative length":  "WARC/1.0\r\nContent-Length: -5\r\n\r\n",
		"huge length":      "WARC/1.0\r\nContent-Length: 9999999999999\r\n\r\nx",
		"endless line":     "WARC/1.0\r\n" + strings.Repeat("x", 1<<20),
		"endless header":   "WARC/1.0\r\n" + strings.Repeat("a: "+strings.Repeat("x", 1000)+"\r\n", 2000),
		"wrong length":     strings.Replace(text, "Content-Length: 52", "Content-Length: 12", 1),
		"cut gzip":         string(gzipped(text)[:100]),
		"flipped gzip":     strings.Replace(string(gzipped(text)), string(gzipped(text)[60:64]), "\x00\x01\x02\x03", 1),
		"cut dictionary":   "\x5d\x2a\x4d\x18\xff\x00\x00\x00ab",
		"big dictionary":   "\x5d\x2a\x4d\x18\xff\xff\xff\xffab",
		"cut frame":        string(zstandard(t, text)[:40]),
		"garbage behind":   string(gzipped(text)) + "garbage",
		"arc without size": "filedesc://a 0 0 0 x\n",
	} {
		r, err := NewReader(strings.NewReader(content))
		for n := 0; err == nil && n < 10; n++ {
			var record *Record
			if record, err = r.Next(); err == nil {
				_, err = io.Copy(io.Discard, record)
			}
		}
		if err == nil || errors.Is(err, io.EOF) && name != "wrong length" && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseResponse(t *testing.T) {
	for name, c := range map[string]struct{ head, body, want string }{
		"plain":              {"", "hello", "hello"},
		"chunked":            {"Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n", "hello"},
		"dechunked already":  {"Transfer-Encoding: chunked\r\n", "hello", "hello"},
		"gzip":               {"Content-Encoding: gzip\r\n", string(gzipped("hello")), "hello"},
		"unzipped already":   {"content-encoding:GZIP\r\n", "hello", "hello"},
		"chunked gzip":       {"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(gzipped("hello")), gzipped("hello")), "hello"},
		"bare line feeds":    {"X: y\n", "hello", "hello"},
		"lines without name": {"nonsense\r\n", "hello", "hello"},
	} {
		response, err := ParseResponse(strings.NewReader("HTTP/1.1 200 OK\r\n" + c.head + "\r\n" + c.body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if body, err := io.ReadAll(response.Body); err != nil || string(body) != c.want {
			t.Errorf("%s: %q, %v", name, body, err)
		}
	}
	for _, bad := range []string{"", "nonsense", "HTTP/1.1", "HTTP/1.1 abc"} {
		if _, err := ParseResponse(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, archive := range packings(f) {
		f.Add(archive)
	}
	f.Add([]byte("filedesc://a.arc 0.0.0.0 19960923142103 text/plain 3\nabc\nhttp://a 1.2.3.4 19961104142103 image/gif 1\nx"))
	f.Fuzz(func(t *testing.T, content []byte) {
		r, err := NewReader(bytes.NewReader(content))
		for n := 0; err == nil && n < 1000; n++ {
			var record *Record
			if record, err = r.Next(); err != nil {
				break
			}
			if record.Alone {
				OpenAt(bytes.NewReader(content), record.Offset)
			}
			if response, err := ParseResponse(record); err == nil {
				io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
			}
		}
	})
}

func TestReader_FindsRecordAfterWrongLength(t *testing.T) {
	record := func(uri string, length int, block string) string {
		return fmt.Sprintf("WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: %s\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", uri, length, block)
	}
	block := strings.Repeat("\x89\x00", 100<<10) // of lines longer than any
	for name, c := range map[string]struct {
		texts []string
		want  string
	}{
		"too short":     {[]string{record("a", 1, "x"), record("b", 5, block), record("c", 1, "x")}, "a b lost c"},
		"too long":      {[]string{record("a", 1, "x"), record("b", 20, "x"), record("c", 1, "x"), record("d", 1, "x")}, "a b lost d"},
		"negative":      {[]string{record("a", 1, "x"), record("b", -1, "x"), record("c", 1, "x")}, "a lost c"},
		"at the end":    {[]string{record("a", 1, "x"), record("b", 1, "xyz")}, "a b lost"},
		"not the first": {[]string{record("a", -1, "x"), record("b", 1, "x")}, "bad"},
	} {
		for _, packed := range []bool{false, true} {
			content, want := []byte(strings.Join(c.texts, "")), c.want
			if packed {
				content = nil
				for _, text := range c.texts {
					content = append(content, gzipped(text)...)
				}
				want = strings.Replace(want, "a b lost d", "a b lost c d", 1) // a member ends where it ends
			}
			r, err := NewReader(bytes.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for range 10 {
				record, err := r.Next()
				if errors.Is(err, ErrLost) {
					got = append(got, "lost")
					continue
				}
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					got = append(got, "bad")
					break
				}
				got = append(got, record.URI)
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s, packed %v: %s, want %s", name, packed, strings.Join(got, " "), want)
			}
		}
	}
}
