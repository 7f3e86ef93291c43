package webdataset

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/shards"
)

type member struct{ name, content string }

func archiveOf(t testing.TB, members ...member) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		if err := w.WriteHeader(&tar.Header{Name: m.name, Size: int64(len(m.content)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(m.content))
	}
	w.Close()
	return b.Bytes()
}

func records(content []byte) (all []shards.Record) {
	for r := range Read(bytes.NewReader(content), "a.tar") {
		all = append(all, r)
	}
	return all
}

func TestRead(t *testing.T) {
	content := archiveOf(t,
		member{"dir/a.png", "one"},
		member{"dir/a.json", `{"split":"train","texts":[{"kind":"caption","language":"en","value":"hi"}],"images":[{"sha256":"ab"}],"caption":"hi","width":7,"status":"success"}`},
		member{"dir/a.cls", "3"},
		member{"b.0.jpg", "first"}, member{"b.1.JPG", "second"}, member{"b.txt", " two pictures\n"},
		member{"c.json", `{"caption": 3`},
		member{"d.txt", "\xff"},
		member{"e.cls", "1"},
		member{"../../f.txt", "escape"},
		member{"g.json", `{"url":"u","caption":null,"texts":[{"kind":"alt","value":"v"}]}`},
	)
	got := records(content)
	if len(got) != 7 {
		t.Fatalf("%d records: %+v", len(got), got)
	}
	a := got[0].Sample
	if a.Key != "dir/a" || a.Split != "train" || len(a.Texts) != 1 || a.Images[0].SHA256 != "ab" || a.Metadata["width"] != "7" || a.Metadata["status"] != "success" {
		t.Errorf("record a: %+v", a)
	}
	b := got[1].Sample
	if b.Key != "b" || len(b.Images) != 2 || string(b.Images[1].Bytes) != "second" || b.Texts[0].Value != "two pictures" {
		t.Errorf("record b: %+v", b)
	}
	for i, reason := range map[int]string{2: shards.BadMetadata, 3: shards.BadText, 4: shards.NoContent} {
		if got[i].Reason != reason || got[i].Err == nil || !strings.HasPrefix(got[i].Origin, "a.tar#") {
			t.Errorf("record %d: %+v, want reason %s", i, got[i], reason)
		}
	}
	if f := got[5].Sample; f.Key != "f" {
		t.Errorf("record f has key %q", f.Key)
	}
	if g := got[6].Sample; g.Provenance.URL != "u" || len(g.Texts) != 1 {
		t.Errorf("record g: %+v", g)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(content)
	z.Close()
	if n := len(records(zipped.Bytes())); n != 7 {
		t.Errorf("%d records in the gzipped archive", n)
	}
}

func TestCutArchiveEndsInOneBadRecord(t *testing.T) {
	content := archiveOf(t, member{"a.txt", "one"}, member{"b.txt", strings.Repeat("two", 1000)}, member{"c.txt", "three"})
	got := records(content[:1800])
	if len(got) != 2 || got[0].Err != nil || got[1].Reason != shards.BadArchive || got[1].Sample.Key != "b" {
		t.Errorf("records %+v", got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(archiveOf(f, member{"a.json", `{"texts":[{"value":"x"}],"n":{"a":1}}`}, member{"a.png", "x"}))
	f.Add(append(archiveOf(f, member{"a.png", "\x89PNG\r\n\x1a\n"}), archiveOf(f, member{"b.txt", "x"}, member{"b.npy", "y"})...))
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x1f\x8b"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if one, two := records(b), records(b); !slices.Equal(shown(one), shown(two)) || !slices.Equal(leftIn(one), leftIn(two)) {
			t.Errorf("read twice: %q %q, %q %q", shown(one), leftIn(one), shown(two), leftIn(two))
		}
	})
}
