package imagefile

import (
	"os"
	"path/filepath"
	"testing"
)

func TestKindOfFile(t *testing.T) {
	dir := t.TempDir()
	page, empty := filepath.Join(dir, "page"), filepath.Join(dir, "empty")
	for path, content := range map[string]string{page: "<!DOCTYPE html><html></html>", empty: ""} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		page: "an HTML page", empty: "no bytes at all", dir: "a folder", filepath.Join(dir, "none"): "a file that cannot be read",
	} {
		if got := KindOfFile(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
