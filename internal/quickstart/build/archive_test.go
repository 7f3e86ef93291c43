package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image/png"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pali3/pali3/internal/quickstart"
	"github.com/pali3/pali3/shards"
)

const committed = "../data/"

// readCommitted returns the records of the committed archive, decoded once.
var readCommitted = sync.OnceValues(func() ([]shards.Sample, error) {
	content, err := quickstart.Archive()
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
	info, err := os.Stat(committed + "emoji.tar.zst")
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 7_000_000 {
		t.Errorf("emoji.tar.zst has %d bytes, more than 7 MB", info.Size())
	}
	readable := regexp.MustCompile(`^[a-z0-9-]+$`)
	keys, ids := map[string]bool{}, map[string]bool{}
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
	}
	if len(keys) < 1500 {
		t.Errorf("only %d records", len(keys))
	}
}

// TestOnlyTheDoublesShareAPicture: each has another's image to the byte, a caption of its own, and
// no question.
func TestOnlyTheDoublesShareAPicture(t *testing.T) {
	records := committedRecords(t)
	owners := map[[sha256.Size]byte][]shards.Sample{}
	for _, r := range records {
		sum := sha256.Sum256(r.Images[0].Bytes)
		owners[sum] = append(owners[sum], r)
	}
	doubles := 0
	for _, shared := range owners {
		if len(shared) == 1 {
			continue
		}
		doubles += len(shared)
		for _, r := range shared {
			name := "flag: " + strings.TrimPrefix(r.Metadata["object"], "flag of ")
			if !slices.Contains(doubleNames, name) || r.Split != train || len(r.Questions) > 0 || len(r.Texts) == 0 || r.Texts[0].Value != name {
				t.Errorf("%s shares its image with %d others and is not a duplicate, held out, asked of, or not named %q", r.Key, len(shared)-1, name)
			}
		}
	}
	if left := len(withoutDoubles(records)); doubles != len(doubleNames) || left != len(records)-doubles {
		t.Errorf("%d doubles and %d others of %d records", doubles, left, len(records))
	}
}

// TestScatterKeepsBothOrders: what stays after curation is in the order that it had without the
// doubles.
func TestScatterKeepsBothOrders(t *testing.T) {
	var among, records []shards.Sample
	for i := range 50 {
		among = append(among, shards.Sample{Key: fmt.Sprint("a", i)})
	}
	for i := range 9 {
		records = append(records, shards.Sample{Key: fmt.Sprint("b", i)})
	}
	apart := map[byte][]shards.Sample{}
	all := scatter(among, records)
	for _, r := range all {
		apart[r.Key[0]] = append(apart[r.Key[0]], r)
	}
	same := func(a, b shards.Sample) bool { return a.Key == b.Key }
	if !slices.EqualFunc(apart['a'], among, same) || !slices.EqualFunc(apart['b'], records, same) || len(all) != 59 {
		t.Errorf("%v", all)
	}
	if all[len(all)-1].Key == "b8" && all[len(all)-9].Key == "b0" {
		t.Error("the doubles are all at the end")
	}
	if got := scatter(nil, records); len(got) != len(records) {
		t.Errorf("%d records among none", len(got))
	}
}

func TestTheReadmeStatesTheArchive(t *testing.T) {
	archive, err := quickstart.Archive()
	if err != nil {
		t.Fatal(err)
	}
	want, err := renderReadme(committedRecords(t), len(archive))
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
