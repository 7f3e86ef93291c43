package mapfile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// content is longer than two pieces and ends within an element.
func content() []byte {
	all := make([]byte, 2*piece+4099)
	for i := range all {
		all[i] = byte(i * 7 >> 3)
	}
	return all
}

func open(t *testing.T, content []byte, mapping bool) *File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if !mapping {
		unmap(f.mapped)
		f.mapped = nil
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestEach_PassesTheBytesMappedOrNot(t *testing.T) {
	all := content()
	for _, mapping := range []bool{true, false} {
		f := open(t, all, mapping)
		for _, at := range [][2]int{{0, len(all)}, {0, 0}, {5, 17}, {len(all), 0}, {piece - 1, piece + 3}} {
			var got []byte
			err := f.Each(int64(at[0]), int64(at[1]), func(part []byte) error {
				got = append(got, part...)
				return nil
			})
			if err != nil || !bytes.Equal(got, all[at[0]:at[0]+at[1]]) {
				t.Errorf("mapping %v, %d bytes from %d: %d bytes, %v", mapping, at[1], at[0], len(got), err)
			}
		}
		for _, at := range [][2]int64{{-1, 2}, {0, -1}, {int64(len(all)), 1}, {1 << 62, 1 << 62}} {
			if err := f.Each(at[0], at[1], func([]byte) error { return nil }); err == nil {
				t.Errorf("mapping %v: bytes %v were passed", mapping, at)
			}
		}
		stop := errors.New("enough")
		if err := f.Each(0, 10, func([]byte) error { return stop }); err != stop {
			t.Errorf("mapping %v: visit's error came back as %v", mapping, err)
		}
	}
}

func TestEach_FileCutWhileOpenIsAnError(t *testing.T) {
	all := content()
	for _, mapping := range []bool{true, false} {
		f := open(t, all, mapping)
		if err := os.Truncate(f.Path(), 100); err != nil {
			t.Fatal(err)
		}
		err := f.Each(0, int64(len(all)), func([]byte) error { return nil })
		if err == nil || !strings.Contains(err.Error(), "100 of its") {
			t.Errorf("mapping %v, cut before the read: %v", mapping, err)
		}

		f = open(t, all, mapping)
		sum := 0
		err = f.Each(0, int64(len(all)), func(part []byte) error {
			os.Truncate(f.Path(), 100)
			for _, b := range part {
				sum += int(b)
			}
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), "100 of its") {
			t.Errorf("mapping %v, cut during the read: %v", mapping, err)
		}
	}
}

func TestEach_PassesOtherPanicsOn(t *testing.T) {
	f := open(t, content(), true)
	defer func() {
		if recover() != "mine" {
			t.Error("visit's panic did not come back")
		}
	}()
	f.Each(0, 10, func([]byte) error { panic("mine") })
}

func TestOpen_RejectsFolders(t *testing.T) {
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder was opened")
	}
}
