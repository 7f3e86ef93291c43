package folderlock

import (
	"errors"
	"path/filepath"
	"runtime"
	"testing"
)

func TestTake(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "plan9" {
		t.Skip("NOT TESTED: this system has no file locks, so that two processes can write to one folder")
	}
	dir := filepath.Join(t.TempDir(), "new")
	first, err := Take(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Take(dir); !errors.Is(err, ErrTaken) {
		t.Errorf("a second lock: %v", err)
	}
	if err := errors.Join(first.Unlock(), first.Unlock()); err != nil {
		t.Fatal(err)
	}
	again, err := Take(dir)
	if err != nil {
		t.Fatal(err)
	}
	again.Unlock()
}
