package bucket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob"

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
	server := &s3Server{objects: map[string][]byte{}, parts: map[string]map[int][]byte{}}
	endpoint := httptest.NewServer(server)
	defer endpoint.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	dir := dataset(t)
	for name, url := range map[string]string{
		"s3":   "s3://bucket?region=us-east-1&use_path_style=true&endpoint=" + endpoint.URL,
		"file": "file://" + t.TempDir() + "?no_tmp_dir=true",
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			b, err := blob.OpenBucket(ctx, url)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if _, err := Open(ctx, b, "some/where", url); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("before it is there: %v", err)
			}
			if err := Upload(ctx, dir, b, "some/where"); err != nil {
				t.Fatal(err)
			}
			check(t, ctx, b, dir)
		})
	}
	if server.multiparts == 0 || server.ranged == 0 || server.cut == 0 || server.refused == 0 {
		t.Errorf("%d multipart uploads, %d ranged reads, %d connections cut, %d requests refused: each should be tried",
			server.multiparts, server.ranged, server.cut, server.refused)
	}
}

// check compares the dataset in the bucket with the one in dir.
func check(t *testing.T, ctx context.Context, b *blob.Bucket, dir string) {
	t.Helper()
	local, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	d, err := Open(ctx, b, "some/where", "bucket")
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
