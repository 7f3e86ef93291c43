package webdataset

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/shards"
)

// pngLike are bytes that begin as a PNG does.
func pngLike(name string) string { return "\x89PNG\r\n\x1a\n" + name }

// headersOf makes an archive of headers, with contents for those that have a size.
func headersOf(t *testing.T, members ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range members {
		h.Mode = 0o644
		content := h.PAXRecords["content"]
		h.PAXRecords, h.Size = nil, int64(len(content))
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(content))
	}
	w.Close()
	return b.Bytes()
}

func file(name, content string) tar.Header {
	return tar.Header{Name: name, PAXRecords: map[string]string{"content": content}}
}

// leftIn lists what records left out.
func leftIn(all []shards.Record) (left []string) {
	for _, r := range all {
		for _, l := range r.LeftOut {
			left = append(left, fmt.Sprintf("%s %s %d", l.Reason, l.Name, l.N))
		}
	}
	return left
}

// shown lists the records: key, texts, number of images; or reason.
func shown(all []shards.Record) (list []string) {
	for _, r := range all {
		switch {
		case r.IsAside():
			list = append(list, "aside")
		case r.Err != nil:
			list = append(list, r.Sample.Key+" "+r.Reason)
		default:
			line := r.Sample.Key
			for _, text := range r.Sample.Texts {
				line += " " + text.Value
			}
			list = append(list, fmt.Sprintf("%s +%d", line, len(r.Sample.Images)))
		}
	}
	return list
}

func TestRead_Members(t *testing.T) {
	for _, c := range []struct {
		name    string
		members []tar.Header
		want    []string // records
		left    []string
	}{
		{"texts of several names", []tar.Header{file("a.png", pngLike("a")), file("a.short.txt", "short"), file("a.long.txt", "long"), file("a.caption", "third"), file("a.txt", "short")},
			[]string{"a short long third +1"}, nil},
		{"lists of captions", []tar.Header{file("a.json", `{"captions":["one","two",null]}`), file("b.captions.json", `["x","y"]`), file("b.json", `{"caption":"z"}`), file("c.json", `["m","n"]`),
			file("d.json", `{"captions":[{"caption":"u","id":3},{"text":"v"}],"caption":["w"],"text":7}`)},
			[]string{"a one two +0", "b z x y +0", "c m n +0", "d w u v 7 +0"}, nil},
		{"another .json behind or before", []tar.Header{file("a.meta.json", `{"caption":"no"}`), file("a.json", `{"caption":"yes"}`), file("b.meta.json", `{"caption":"yes"}`), file("b.boxes.json", `{"n":1}`)},
			[]string{"a yes +0", "b yes +0"}, nil},
		{"a damaged further .json", []tar.Header{file("a.json", `{"caption":"yes"}`), file("a.meta.json", `{`)},
			[]string{"a yes +0"}, []string{"metadata .meta.json (damaged) 1"}},
		{"a name that comes twice", []tar.Header{file("a.txt", "one"), file("a.txt", "two"), file("a.png", pngLike("1")), file("./a.png", pngLike("2")), file("a.PNG", pngLike("3"))},
			[]string{"a two +2"}, []string{"member .txt (a member of that name comes twice) 1", "member .png (a member of that name comes twice) 1"}},
		{"empty texts", []tar.Header{file("a.png", pngLike("a")), file("a.txt", " \n"), file("a.json", "")},
			[]string{"a +1"}, []string{"metadata .json (empty) 1", "text .txt (empty) 1"}},
		{"UTF-16, byte order marks and Latin-1", []tar.Header{file("a.txt", "\xff\xfeh\x00i\x00"), file("b.txt", "\xfe\xff\xd8\x3d\xde\x00"), file("c.txt", "\xef\xbb\xbfmark"), file("d.txt", "caf\xe9"), file("e.json", "\xef\xbb\xbf{\"text\":\"m\"}")},
			[]string{"a hi +0", "b 😀 +0", "c mark +0", "d text", "e m +0"}, nil},
		{"endings of images", []tar.Header{file("a.JPE", pngLike("a")), file("b.jfif", pngLike("b")), file("c.image", pngLike("c")), file("d.bin", pngLike("d")), file("e.tiff", pngLike("a PNG by another name")), file("f.thumb", pngLike("f"))},
			[]string{"a +1", "b +1", "c +1", "d +1", "e +1", "f +1"}, nil},
		{"images beside others", []tar.Header{file("a.jpg", pngLike("a")), file("a.depth.tiff", "II*\x00"), file("a.thumb", pngLike("t")), file("b.tiff", "II*\x00")},
			[]string{"a +1", "b image"}, []string{"image .tiff (a TIFF image) 1", "image .thumb (a PNG image) 1"}},
		{"arrays and videos", []tar.Header{file("a.txt", "t"), file("a.npy", "\x93NUMPY"), file("a.x.npy", "\x93NUMPY"), file("a.mp4", "\x00\x00\x00\x18ftypisom"), file("b.mp4", "video")},
			[]string{"a t +0", "b empty"}, []string{"member .npy 2", "member .mp4 1", "member .mp4 1"}},
		{"names of no sample", []tar.Header{file(".DS_Store", "x"), file("README", "x"), file("__MACOSX/._a.png", "x"), file("a.txt", "t"), {Name: "sub/", Typeflag: tar.TypeDir}, file("._b.txt", "x")},
			[]string{"a t +0"}, []string{"member .DS_Store 1", "member README 1", "member __MACOSX/._a.png 1", "member ._b.txt 1"}},
		{"nothing but names of no sample", []tar.Header{file("README", "x")}, []string{"aside"}, []string{"member README 1"}},
		{"links", []tar.Header{
			file("d/a.png", pngLike("a")), {Name: "d/a.1.png", Typeflag: tar.TypeLink, Linkname: "./d/a.png"}, {Name: "d/b.png", Typeflag: tar.TypeLink, Linkname: "d/a.png"},
			{Name: "d/c.png", Typeflag: tar.TypeSymlink, Linkname: "a.png"}, file("d/c.txt", "c"),
			{Name: "e.png", Typeflag: tar.TypeSymlink, Linkname: "../../etc/passwd"}, file("e.txt", "e"),
			{Name: "f.npy", Typeflag: tar.TypeLink, Linkname: "nowhere"}},
			[]string{"d/a +2", "d/b +1", "d/c c +1", "e e +0", "aside"}, []string{"image .png (symbolic link) 1", "member .npy (hard link) 1"}},
		{"contiguous members", []tar.Header{{Name: "a.txt", Typeflag: tar.TypeCont, PAXRecords: map[string]string{"content": "seven"}}}, []string{"a seven +0"}, nil},
		{"long, absolute and rooted names", []tar.Header{file("./"+strings.Repeat("x", 300)+".txt", "long"), file("/abs.txt", "abs"), file("../../up.txt", "up"), file("./a/../b.txt", "b")},
			[]string{strings.Repeat("x", 300) + " long +0", "abs abs +0", "up up +0", "b b +0"}, nil},
		{"questions", []tar.Header{file("a.json", `{"question":"how many?","answer":2}`), file("b.json", `{"question":"who?","answers":["I","you"],"prompt":"P"}`)},
			[]string{"a +0", "b P +0"}, nil},
		{"no JSON", []tar.Header{file("a.png", pngLike("a")), file("a.json", "{'caption': 'x'}"), file("b.png", pngLike("b")), file("b.json", "{\"caption\":\"caf\xe9\"}")},
			[]string{"a metadata", "b metadata"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := records(headersOf(t, c.members...))
			if !slices.Equal(shown(got), c.want) {
				t.Errorf("records %q, want %q", shown(got), c.want)
			}
			if !slices.Equal(leftIn(got), c.left) {
				t.Errorf("left out %q, want %q", leftIn(got), c.left)
			}
			for _, r := range got {
				if r.Err != nil && (strings.Contains(r.Err.Error(), "unmarshal") || strings.Contains(r.Err.Error(), "Go ")) {
					t.Errorf("a message in Go's words: %v", r.Err)
				}
			}
		})
	}
}

func TestRead_ReadsArchivesBehindOneAnother(t *testing.T) {
	one, two := archiveOf(t, member{"a.txt", "one"}), archiveOf(t, member{"b.txt", "two"}, member{"b.npy", strings.Repeat("x", 2000)})
	padded := func(content []byte) []byte {
		return append(bytes.Clone(content), make([]byte, 10240-len(content)%10240)...)
	}
	headless := one[:len(one)-1024] // without its end
	for name, c := range map[string]struct {
		content    []byte
		want, left []string
	}{
		"cat":                {slices.Concat(padded(one), padded(two)), []string{"a one +0", "b two +0"}, []string{"member .npy 1"}},
		"the other way":      {slices.Concat(two, one), []string{"b two +0", "a one +0"}, []string{"member .npy 1"}},
		"one block of zeros": {slices.Concat(headless, make([]byte, 512), two), []string{"a one +0", "b two +0"}, []string{"member .npy 1"}},
		"three of them":      {slices.Concat(headless, make([]byte, 3*512), two), []string{"a one +0", "b two +0"}, []string{"member .npy 1"}},
		"no end":             {headless, []string{"a one +0"}, nil},
		"zeros first":        {slices.Concat(make([]byte, 1024), one), []string{"a one +0"}, nil},
		"bytes behind":       {slices.Concat(one, []byte(strings.Repeat("garbage", 100))), []string{"a one +0"}, []string{"member bytes behind the end of the archive 1"}},
		"a few bytes behind": {slices.Concat(one, []byte("garbage")), []string{"a one +0"}, []string{"member bytes behind the end of the archive 1"}},
		"no members":         {make([]byte, 10240), nil, nil},
	} {
		got := records(c.content)
		if !slices.Equal(shown(got), c.want) || !slices.Equal(leftIn(got), c.left) {
			t.Errorf("%s: %q, left out %q", name, shown(got), leftIn(got))
		}
	}
}

func TestRead_ReadsGzipOfSeveralMembers(t *testing.T) {
	content := archiveOf(t, member{"a.txt", "one"}, member{"b.txt", "two"})
	var zipped bytes.Buffer
	for _, part := range [][]byte{content[:700], content[700:]} {
		z := gzip.NewWriter(&zipped)
		z.Write(part)
		z.Close()
	}
	for behind, left := range map[string][]string{"": nil, "\x00\x00\x00": nil, "garbage": {"member bytes behind the end of the compressed data 1"}} {
		got := records(append(bytes.Clone(zipped.Bytes()), behind...))
		if !slices.Equal(shown(got), []string{"a one +0", "b two +0"}) || !slices.Equal(leftIn(got), left) {
			t.Errorf("%q behind: %q, left out %q", behind, shown(got), leftIn(got))
		}
	}
}

// Members called .gz are decompressed, as the Python library webdataset does.
func TestRead_GzippedMembers(t *testing.T) {
	zip := func(text string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write([]byte(text))
		w.Close()
		return b.String()
	}
	archive := headersOf(t, file("1.png.gz", zip(pngLike("1"))), file("1.txt.gz", zip("one")), file("1.npy.gz", zip("x")),
		file("2.json.gz", zip(`{"caption":"two"}`)), file("3.png", pngLike("3")), file("3.txt.gz", "no gzip"),
		file("4.txt.gz", zip(strings.Repeat("x", maxTextMember+1))), file("5.txt", "five"))
	var all []shards.Record
	for r := range Read(bytes.NewReader(archive), "a.tar") {
		all = append(all, r)
	}
	got := strings.Join(append(shown(all), leftIn(all)...), "; ")
	if want := "1 one +1; 2 two +0; 3 archive; 4 archive; 5 five +0; member .gz 1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
