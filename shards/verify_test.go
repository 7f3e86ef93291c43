package shards

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

func pngOf(t *testing.T, side int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, side, side))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pictures(t *testing.T, keys ...string) string {
	dir := t.TempDir()
	w, err := Create(dir, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		s := Sample{Key: key, Images: []Image{{Bytes: pngOf(t, 5), Format: "png", Width: 5, Height: 5}}}
		if key == "liar" {
			s.Images[0].Width = 6
		}
		if key == "flipped" {
			s.Images[0].SHA256 = "00"
		}
		if err := w.Append(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestVerifyFindsEachKind(t *testing.T) {
	part := func(dir string) string { return filepath.Join(dir, "part-00000.parquet") }
	for _, c := range []struct {
		kind  string
		keys  []string
		spoil func(dir string)
	}{
		{"", []string{"a", "b"}, func(string) {}},
		{Missing, []string{"a"}, func(dir string) { os.Remove(part(dir)) }},
		{WrongSize, []string{"a"}, func(dir string) { os.Truncate(part(dir), 50) }},
		{Checksum, []string{"a"}, func(dir string) {
			b, _ := os.ReadFile(part(dir))
			b[len(b)-1-20] ^= 1 // in the footer
			os.WriteFile(part(dir), b, 0o644)
		}},
		{OtherVersion, []string{"a"}, func(dir string) {
			os.WriteFile(filepath.Join(dir, ManifestName), []byte(`{"schema_version":2,"new":1}`), 0o644)
		}},
		{RowCount, []string{"a", "b"}, func(dir string) {
			b, _ := os.ReadFile(filepath.Join(dir, ManifestName))
			b = bytes.ReplaceAll(b, []byte(`"rows": 2`), []byte(`"rows": 3`))
			b = bytes.Replace(b, []byte("\"row_groups\": [\n        2"), []byte("\"row_groups\": [\n        3"), 1)
			os.WriteFile(filepath.Join(dir, ManifestName), b, 0o644)
		}},
		{Extra, []string{"a"}, func(dir string) { os.WriteFile(filepath.Join(dir, "part-00007.parquet"), nil, 0o644) }},
		{BadJournal, []string{"a"}, func(dir string) { os.WriteFile(filepath.Join(dir, JournalName), nil, 0o644) }},
		{TwiceKey, []string{"a", "a"}, func(string) {}},
		{BadImage, []string{"a", "liar"}, func(string) {}},
		{ImageHash, []string{"flipped"}, func(string) {}},
	} {
		dir := pictures(t, c.keys...)
		c.spoil(dir)
		problems, err := Verify(dir, true)
		if err != nil {
			t.Errorf("%s: %v", c.kind, err)
			continue
		}
		if c.kind == "" && len(problems) == 0 {
			continue
		}
		if len(problems) == 0 || problems[0].Kind != c.kind || len(problems) > 1 && c.kind != Checksum {
			t.Errorf("want one problem %q, got %v", c.kind, problems)
		}
	}
}

// TestVerifySaysInWhichRow flips a bit of an image: its row is named.
func TestVerifySaysInWhichRow(t *testing.T) {
	d := writeGroups(t, 200, 5<<20)
	path := filepath.Join(d.dir, partName(0))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	part := d.mustPart(t)
	pages, err := part.locations(&part.groups[1].chunks[columnOf("images.bytes")])
	if err != nil {
		t.Fatal(err)
	}
	b[pages[2].At+40_000] ^= 4
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	problems, err := Verify(d.dir, true)
	if err != nil {
		t.Fatal(err)
	}
	want := int64(d.groups[1].first) + int64(pages[2].First)
	found := false
	for _, p := range problems {
		found = found || p.Kind == Unreadable && p.Row == want
	}
	if !found || problems[0].Kind != Checksum {
		t.Errorf("row %d: %v", want, problems[0])
	}
}

func (d *Dataset) mustPart(t *testing.T) *part {
	t.Helper()
	p, err := openedPartOf(d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
