package shards

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestStat_KeepsFirstNamesOfWhatWasLeftOut(t *testing.T) {
	var s Stat
	for i := range 9 {
		s.leave([]LeftOut{{Reason: LeftFile, Name: fmt.Sprintf("%d.txt", i)}, {Reason: LeftColumn, Name: "same", N: 2}})
	}
	s.leave([]LeftOut{{LeftText, strings.Repeat("ä", 300), 0}, {LeftBox, "", 3}})
	want := map[string]int64{LeftFile: 9, LeftColumn: 18, LeftText: 1, LeftBox: 3}
	if !reflect.DeepEqual(s.LeftOut, want) {
		t.Errorf("counts %v, want %v", s.LeftOut, want)
	}
	names := map[string][]string{
		LeftFile: {"0.txt", "1.txt", "2.txt", "3.txt", "4.txt"}, LeftColumn: {"same"}, LeftText: {strings.Repeat("ä", 100) + "..."},
	}
	for reason, want := range names {
		if got := s.LeftOutFirst[reason]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: names %q, want %q", reason, got, want)
		}
	}
}

// A writer killed between what was left out of a record and the record itself must count neither:
// the source gives both again.
func TestSpool_LeftOutCountsWithItsRecord(t *testing.T) {
	dir := t.TempDir()
	w, err := OpenSession(dir, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Spool("begin", nil); err != nil {
		t.Fatal(err)
	}
	w.Leave(LeftOut{LeftMember, "a.npy", 1})
	if err := w.Append(Sample{Key: "a"}); err != nil {
		t.Fatal(err)
	}
	w.Leave(LeftOut{LeftFile, "notes.doc", 1})
	w.Aside()
	w.Leave(LeftOut{LeftBox, "c", 2})
	w.Reject(Reject{Key: "c"})
	want := map[string]int64{LeftMember: 1, LeftFile: 1, LeftBox: 2}
	if got := w.Stat().LeftOut; !reflect.DeepEqual(got, want) {
		t.Fatalf("counts %v, want %v", got, want)
	}
	spooled, err := os.ReadFile(filepath.Join(dir, SpoolName))
	if err != nil {
		t.Fatal(err)
	}
	w.Leave(LeftOut{LeftMember, "b.npy", 1}) // and is killed here
	w.Abort()

	for size := len(spooled); size >= 0; size-- { // and at every byte before
		if err := os.WriteFile(filepath.Join(dir, SpoolName), spooled[:size], 0o644); err != nil {
			t.Fatal(err)
		}
		w, err := OpenSession(dir, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		kinds := ""
		if err := w.Spool("begin", func(s Spooled) error { kinds += string(s.Kind); return nil }); err != nil {
			t.Fatal(err)
		}
		counts := map[string]map[string]int64{
			"": nil, "r": {LeftMember: 1}, "ra": {LeftMember: 1, LeftFile: 1}, "rax": want,
		}
		if got := w.Stat().LeftOut; !reflect.DeepEqual(got, counts[kinds]) {
			t.Fatalf("%d bytes: after %q counts %v, want %v", size, kinds, got, counts[kinds])
		}
		w.Abort()
	}
}
