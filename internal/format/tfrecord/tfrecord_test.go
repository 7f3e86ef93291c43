package tfrecord

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/pali3/pali3/shards"
)

func read(b []byte) (all []shards.Record) {
	for r := range Read(bytes.NewReader(b), "a.tfrecord") {
		all = append(all, r)
	}
	return all
}

// The file is written by the Python package tfrecord; see testdata/README.md.
func TestReadsWhatPythonWrote(t *testing.T) {
	content, err := os.ReadFile("testdata/three.tfrecord")
	if err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	w.Write(content)
	w.Close()
	for _, b := range [][]byte{content, zipped.Bytes()} {
		all := read(b)
		if len(all) != 3 {
			t.Fatalf("%d records: %+v", len(all), all)
		}
		for i, r := range all {
			s := r.Sample
			if r.Err != nil || s.Key != fmt.Sprint("k", i) || len(s.Images) != 1 || s.Texts[0].Value != fmt.Sprint("légende ", i) ||
				s.Metadata["image/width"] != fmt.Sprint(10+i) || s.Metadata["score"] != fmt.Sprintf("0.%d", 5+i) {
				t.Errorf("record %d: %+v", i, r)
			}
		}
	}
}

func TestDamage(t *testing.T) {
	content, err := os.ReadFile("testdata/three.tfrecord")
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(content); at += 3 {
		damaged := bytes.Clone(content)
		damaged[at] ^= 1
		all := read(damaged)
		var bad []int
		for i, r := range all {
			if r.Err != nil {
				bad = append(bad, i)
			}
		}
		if len(bad) != 1 || len(all) < 3 && bad[0] != len(all)-1 || len(all) > 3 {
			t.Errorf("byte %d flipped: %d records, bad are %v", at, len(all), bad)
		}
	}
	for _, n := range []int{1, 11, 12, 40, len(content) - 1} {
		all := read(content[:n])
		if last := all[len(all)-1]; last.Reason != shards.BadArchive {
			t.Errorf("cut to %d bytes: %v", n, last.Err)
		}
	}
	long := Append(nil, nil)
	long[7] = 0x7f
	for _, err := range Records(bytes.NewReader(long)) {
		if !errors.Is(err, ErrChecksum) || !strings.Contains(err.Error(), "record 0") {
			t.Errorf("another length: %v", err)
		}
	}
}

func FuzzRecords(f *testing.F) {
	content, err := os.ReadFile("testdata/three.tfrecord")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	sequence, err := os.ReadFile("testdata/sequence.tfrecord")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sequence)
	for data, err := range Records(bytes.NewReader(sequence)) {
		if err == nil {
			f.Add(bytes.Clone(data))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		read(b)
		read(Append(nil, b)) // past the checksums
	})
}
