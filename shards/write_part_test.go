package shards

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go/format"
)

// TestLayouts writes pictures with captions, whose values are read in place, and long texts, which
// are compressed: both are read as the Parquet library reads them.
func TestLayouts(t *testing.T) {
	for name, c := range map[string]struct {
		sample func(i int) Sample
		codec  format.CompressionCodec
	}{
		"pictures": {big, format.Uncompressed},
		"texts": {func(i int) Sample {
			s := sample(i)
			s.Images, s.Texts = nil, []Text{{Kind: Caption, Value: strings.Repeat(s.Key+" went on. ", 500)}}
			return s
		}, format.Zstd},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			w, err := Create(dir, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			for i := range 200 {
				if err := w.Append(c.sample(i)); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Commit("test"); err != nil {
				t.Fatal(err)
			}
			d, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if got := d.mustPart(t).groups[0].chunks[columnOf("texts.value")].codec; got != c.codec {
				t.Errorf("codec %v, want %v", got, c.codec)
			}
			i := 0
			for want, err := range readTable[Sample](filepath.Join(dir, partName(0))) {
				if err != nil {
					t.Fatal(err)
				}
				got, err := d.Row(i)
				if err != nil {
					t.Fatal(err)
				}
				if len(got.Images) > 0 && bytes.Equal(got.Images[0].Bytes, want.Images[0].Bytes) {
					got.Images[0].Bytes = want.Images[0].Bytes[:0] // comparing this many bytes is slow
					want.Images[0].Bytes = want.Images[0].Bytes[:0]
				}
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("row %d (-library +columns):\n%s", i, diff)
				}
				i++
			}
		})
	}
}
