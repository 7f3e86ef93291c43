package shards

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// adder is a [Writer] or a [Session].
type adder interface {
	Append(Sample) error
	Reject(Reject)
	Duplicate()
	Commit(command string, sources ...string) error
}

// feed adds rows, rejects and duplicates in a fixed order, as a command would.
func feed(t *testing.T, w adder, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		switch i % 5 {
		case 3:
			w.Reject(Reject{Origin: "a", Key: sample(i).Key, Reason: "bad", Detail: "\xff"})
		case 4:
			w.Duplicate()
		default:
			if err := w.Append(sample(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// killed begins a dataset, gives it records, and stops as SIGKILL would: no Abort, no Commit.
func killed(t *testing.T, dir, label string, from, to int) {
	t.Helper()
	w, err := OpenSession(dir, Limits{GroupBytes: 4000})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Spool(label, nil); err != nil {
		t.Fatal(err)
	}
	feed(t, w, from, to)
	w.spool.file.Close()
}

func TestSpoolGivesBackWhatAKilledWriterHad(t *testing.T) {
	whole := t.TempDir()
	plain, err := Create(whole, Limits{GroupBytes: 4000})
	if err != nil {
		t.Fatal(err)
	}
	feed(t, plain, 0, 60)
	if err := plain.Commit("test"); err != nil {
		t.Fatal(err)
	}

	dir := t.TempDir()
	killed(t, dir, "0", 0, 20)
	for _, name := range []string{ManifestName, RejectsName, partName(0)} { // written when it was killed
		if err := os.WriteFile(filepath.Join(dir, ".tmp-"+name+"-123"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var w *Session
	for from := 20; from < 60; from += 10 { // killed again and again
		w, err = OpenSession(dir, Limits{GroupBytes: 4000})
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		if err := w.Spool("0", func(s Spooled) error {
			if s.Kind == SpooledRow {
				if diff := cmp.Diff(sample(seen).Key, s.Sample.Key); diff != "" {
					t.Error(diff)
				}
			}
			seen++
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if seen != from {
			t.Fatalf("%d records came back, want %d", seen, from)
		}
		feed(t, w, from, from+10)
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{ManifestName, RejectsName, partName(0)} {
		a, _ := os.ReadFile(filepath.Join(whole, name))
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s of the resumed run differs from the undisturbed run's (%v)", name, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %s", left)
	}
}

func TestSpoolStopsAtTheFrameCutShort(t *testing.T) {
	for _, spoil := range []func(path string, size int64) error{
		func(path string, size int64) error { return os.Truncate(path, size-1) },
		func(path string, size int64) error { return flip(path, size-3) },
	} {
		dir := t.TempDir()
		killed(t, dir, "x", 0, 3)
		path := filepath.Join(dir, SpoolName)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := spoil(path, info.Size()); err != nil {
			t.Fatal(err)
		}
		w, err := OpenSession(dir, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Spool("x", nil); err != nil {
			t.Fatal(err)
		}
		if w.Stat().Rows != 2 {
			t.Errorf("%d rows came back, want 2", w.Stat().Rows)
		}
		w.Abort()
	}
}

func flip(path string, at int64) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	content[at] ^= 1
	return os.WriteFile(path, content, 0o644)
}

func TestSpoolOfAnotherLabelIsDropped(t *testing.T) {
	dir := t.TempDir()
	killed(t, dir, "before", 0, 3)
	w, err := OpenSession(dir, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Spool("after", nil); err != nil {
		t.Fatal(err)
	}
	if w.Stat().Rows != 0 {
		t.Errorf("%d rows of another state came back", w.Stat().Rows)
	}
	w.Abort()
}

func FuzzSpooled(f *testing.F) {
	for i := range 6 {
		s := sample(i)
		f.Add(appendSample([]byte{SpooledRow}, &s))
	}
	f.Add(appendReject([]byte{SpooledReject}, Reject{Origin: "a", Detail: "\xff"}))
	f.Fuzz(func(t *testing.T, payload []byte) {
		s, err := decodeSpooled(payload)
		if err != nil || s.Kind != SpooledRow {
			return
		}
		again, err := decodeSpooled(appendSample([]byte{SpooledRow}, &s.Sample))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(appendSample(nil, &s.Sample), appendSample(nil, &again.Sample)); diff != "" {
			t.Error(diff)
		}
	})
}
