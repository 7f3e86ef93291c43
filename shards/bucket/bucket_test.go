package bucket

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"

	"gocloud.dev/blob"

	"github.com/pali3/pali3/internal/s3test"
	"github.com/pali3/pali3/shards"
)

// dataset writes a dataset of two parts, the first of over 16 MiB.
func dataset(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	w, err := shards.Create(dir, shards.Limits{PartBytes: 20 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.AppendAll(func(yield func(shards.Sample, error) bool) {
		for i := range 30 {
			picture := make([]byte, 1<<20)
			picture[i] = byte(i)
			if !yield(shards.Sample{Key: fmt.Sprint(i), Images: []shards.Image{{Bytes: picture}}, Texts: []shards.Text{{Value: fmt.Sprint("text ", i)}}}, nil) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	w.Reject(shards.Reject{Origin: "a", Reason: "bad"})
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestStores(t *testing.T) {
	dir := dataset(t)
	server := s3test.New(t)
	server.Refuse, server.Cut = 7, 5
	for name, url := range map[string]string{"s3": server.URL("bucket/some/where"), "file": "file://" + t.TempDir() + "/new"} {
		t.Run(name, func(t *testing.T) {
			if _, err := Stores().Open(t.Context(), url); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("before it is there: %v", err)
			}
			copied, err := Stores().Copy(t.Context(), dir, url, shards.CopyOptions{})
			if err != nil || copied.Files != 3 || copied.There != 0 {
				t.Fatal(copied, err)
			}
			check(t, url, dir)
			if problems, err := Stores().Verify(t.Context(), url, true); err != nil || slices.ContainsFunc(problems, func(p shards.Problem) bool { return p.Kind != shards.BadImage }) {
				t.Error(problems, err)
			}
			if copied, err := Stores().Copy(t.Context(), dir, url, shards.CopyOptions{}); err != nil || copied.Files != 0 || copied.There != 3 {
				t.Error("copied again:", copied, err)
			}
			back := filepath.Join(t.TempDir(), "back")
			if copied, err := Stores().Copy(t.Context(), url, back, shards.CopyOptions{}); err != nil || copied.Files != 3 {
				t.Error("copied back:", copied, err)
			}
			check(t, back, dir)
		})
	}
	if c := server.Counts(); c.Multiparts == 0 || c.Ranged == 0 || c.Cut == 0 || c.Refused == 0 {
		t.Errorf("%+v: each should be tried", c)
	}
}

func TestOpenOfABucket(t *testing.T) {
	dir, server := dataset(t), s3test.New(t)
	if _, err := Stores().Copy(t.Context(), dir, server.URL("bucket/a"), shards.CopyOptions{}); err != nil {
		t.Fatal(err)
	}
	b, err := blob.OpenBucket(t.Context(), server.URL("bucket"))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	d, err := Open(t.Context(), b, "a", "mine")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if s, err := d.Row(17); err != nil || s.Images[0].Bytes[17] != 17 {
		t.Error(err)
	}
}

// check compares the dataset at the URL with the one in dir.
func check(t *testing.T, url, dir string) {
	t.Helper()
	local, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	d, err := Stores().Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	i := 0
	for s, err := range d.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		want, err := local.Row(i)
		if err != nil {
			t.Fatal(err)
		}
		if s.Key != want.Key || string(s.Images[0].Bytes) != string(want.Images[0].Bytes) || s.Texts[0].Value != want.Texts[0].Value {
			t.Errorf("row %d differs", i)
		}
		i++
	}
	if i != 30 {
		t.Errorf("%d rows", i)
	}
	if s, err := d.Row(17); err != nil || s.Images[0].Bytes[17] != 17 {
		t.Errorf("row 17: %v", err)
	}
	rejects := 0
	for _, err := range d.Rejects() {
		if err != nil {
			t.Fatal(err)
		}
		rejects++
	}
	if rejects != 1 {
		t.Errorf("%d rejects", rejects)
	}
}
