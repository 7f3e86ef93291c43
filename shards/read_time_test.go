package shards

import (
	"testing"
	"time"
)

// TestTimes writes rows with and without a time, in a row group of one kind and of both. No time
// stays none.
func TestTimes(t *testing.T) {
	some := time.Date(2024, 2, 3, 4, 5, 6, 7_000_000, time.UTC)
	for name, times := range map[string][]time.Time{
		"none": {{}}, "none twice": {{}, {}}, "both": {{}, some, {}}, "one": {some, some},
		"long ago": {time.UnixMilli(-1).UTC(), time.Date(1066, 10, 14, 0, 0, 0, 0, time.UTC)},
	} {
		dir := t.TempDir()
		writeTimes(t, dir, times)
		d, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		n := 0
		for s, err := range d.Samples() {
			if err != nil || s.Provenance.FetchedAt != times[n] {
				t.Errorf("%s: sample %d has %v, want %v, %v", name, n, s.Provenance.FetchedAt, times[n], err)
			}
			if s, err = d.Row(n); err != nil || s.Provenance.FetchedAt != times[n] {
				t.Errorf("%s: row %d has %v, want %v, %v", name, n, s.Provenance.FetchedAt, times[n], err)
			}
			spooled, err := decodeSpooled(appendSample([]byte{SpooledRow}, &s))
			if err != nil || spooled.Sample.Provenance.FetchedAt != times[n] {
				t.Errorf("%s: spooled sample %d has %v, want %v, %v", name, n, spooled.Sample.Provenance.FetchedAt, times[n], err)
			}
			n++
		}
	}
}

func writeTimes(t *testing.T, dir string, times []time.Time) {
	t.Helper()
	w, err := Create(dir, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range times {
		if err := w.Append(Sample{Key: string(rune('a' + i)), Provenance: Provenance{FetchedAt: at}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
}
