package ingest_test

import (
	"testing"

	"github.com/pali3/pali3/ingest"
)

func TestCursor_SkipsOnce(t *testing.T) {
	from := ingest.After(3)
	if first, second := from.Skip(), from.Skip(); first != 3 || second != 0 {
		t.Errorf("Skip returned %d, then %d, want 3, then 0", first, second)
	}
	var zero ingest.Cursor
	if zero.Skip() != 0 || zero.Known("a") {
		t.Error("the zero cursor passes over records")
	}
	known := zero.WithKnown(func(key string) bool { return key == "a" })
	if !known.Known("a") || known.Known("b") {
		t.Error("Known does not ask the function")
	}
}
