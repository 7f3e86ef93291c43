package tfrecord

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/mapping"
)

// TestRead_SequenceExample reads what the Python package tfrecord wrote, plain and with zlib:
// parity/columns.py.
func TestRead_SequenceExample(t *testing.T) {
	content, err := os.ReadFile("testdata/sequence.tfrecord")
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	w.Write(content)
	w.Close()
	for _, b := range [][]byte{content, packed.Bytes()} {
		all := read(b)
		if len(all) != 3 {
			t.Fatalf("%d records: %+v", len(all), all)
		}
		for i, r := range all {
			s := r.Sample
			if r.Err != nil || s.Key != fmt.Sprint("a.tfrecord-", i) || len(s.Images) != 2 || len(s.Texts) != 1 || s.Texts[0].Value != fmt.Sprint("légende ", i) {
				t.Fatalf("record %d: %+v", i, r)
			}
			for frame, image := range s.Images {
				if got, err := shards.NewImage(image.Bytes); err != nil || got.Width != int32(3+i+frame) {
					t.Errorf("record %d, frame %d: width %d, %v", i, frame, got.Width, err)
				}
			}
			want := map[string]string{"clip/id": fmt.Sprint("clip", i), "fps": "12.5", "image/timestamp": fmt.Sprintf("[%d,%d]", 10*i, 10*i+1)}
			if diff := cmp.Diff(want, s.Metadata); diff != "" {
				t.Errorf("record %d: metadata (-want +got):\n%s", i, diff)
			}
			if diff := cmp.Diff([]shards.LeftOut{{Reason: "column", Name: "rgb", N: 1}}, r.LeftOut); diff != "" {
				t.Errorf("record %d: left out (-want +got):\n%s", i, diff)
			}
		}
	}
	named := mapping.Mapping{Text: []string{"clip/id"}, Keep: []string{"caption/string"}}
	for r := range ReadMapped(bytes.NewReader(content), "a", named) {
		if s := r.Sample; len(s.Texts) != 1 || s.Texts[0].Value[:4] != "clip" || s.Metadata["caption/string"] == "" || len(s.Metadata) != 1 {
			t.Errorf("named: %+v", r)
		}
	}
}
