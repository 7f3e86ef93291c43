package main

import (
	"bytes"
	"crypto/sha256"
	"image/png"
	"os"
	"regexp"
	"sync"
	"testing"

	"github.com/pali3/pali3/shards"
)

const committed = "../data/"

// readCommitted returns the records of the committed archive, decoded once.
var readCommitted = sync.OnceValues(func() ([]shards.Sample, error) {
	content, err := os.ReadFile(committed + "emoji.tar")
	if err != nil {
		return nil, err
	}
	return decodeArchive(bytes.NewReader(content))
})

func committedRecords(t *testing.T) []shards.Sample {
	t.Helper()
	records, err := readCommitted()
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func TestTheArchiveIsSmallAndWhole(t *testing.T) {
	info, err := os.Stat(committed + "emoji.tar")
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 12_000_000 {
		t.Errorf("emoji.tar has %d bytes, more than 12 MB", info.Size())
	}
	readable := regexp.MustCompile(`^[a-z0-9-]+$`)
	keys, ids, pictures := map[string]bool{}, map[string]bool{}, map[[32]byte]string{}
	for _, r := range committedRecords(t) {
		if keys[r.Key] || !readable.MatchString(r.Key) {
			t.Errorf("the key %q is not readable, or names two records", r.Key)
		}
		keys[r.Key] = true
		for _, q := range r.Questions {
			if ids[q.ID] {
				t.Errorf("%s: the question id %s is there twice", r.Key, q.ID)
			}
			ids[q.ID] = true
		}
		img, err := png.Decode(bytes.NewReader(r.Images[0].Bytes))
		if err != nil {
			t.Errorf("%s: %v", r.Key, err)
			continue
		}
		side := cellSize
		if r.Metadata["family"] == "sheet" {
			side = sheetSize
		}
		if b := img.Bounds(); b.Dx() != side || b.Dy() != side {
			t.Errorf("%s has %v pixels, not %d squared", r.Key, b.Size(), side)
		}
		sum := sha256.Sum256(r.Images[0].Bytes)
		if twin := pictures[sum]; twin != "" {
			t.Errorf("%s and %s have the same picture", r.Key, twin)
		}
		pictures[sum] = r.Key
	}
	if len(keys) < 1500 {
		t.Errorf("only %d records", len(keys))
	}
}

func TestTheReadmeStatesTheArchive(t *testing.T) {
	info, err := os.Stat(committed + "emoji.tar")
	if err != nil {
		t.Fatal(err)
	}
	want, err := renderReadme(committedRecords(t), int(info.Size()))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(committed + "README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("README.md is not what the archive says: run make data")
	}
}

func TestDecodeIsTheInverseOfEncode(t *testing.T) {
	records := committedRecords(t)[:20]
	encoded, err := encodeArchive(records)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := decodeArchive(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	again, err := encodeArchive(decoded)
	if err != nil {
		t.Fatal(err)
	}
	if len(decoded) != len(records) || !bytes.Equal(encoded, again) {
		t.Error("records change when written and read")
	}
	if _, err := decodeArchive(bytes.NewReader(encoded[:len(encoded)/2])); err == nil {
		t.Error("half an archive is read without an error")
	}
}
