package pali3

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPages_NameFilesThatExist follows the links of the pages for readers and the paths that they
// write as code.
func TestPages_NameFilesThatExist(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"docs/*.md", "docs/design/*.md"} {
		more, err := filepath.Glob(pattern)
		if err != nil || len(more) == 0 {
			t.Fatalf("%s: %d pages: %v", pattern, len(more), err)
		}
		pages = append(pages, more...)
	}
	link := regexp.MustCompile(`\]\(([^)#]+)(?:#[^)]*)?\)`)
	code := regexp.MustCompile("`([a-z][a-z0-9_]*(?:/[a-z0-9_.]+)*(?:/|\\.go))`")
	for _, page := range pages {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(string(content), -1) {
			if target := found[1]; !strings.Contains(target, "://") {
				if _, err := os.Stat(filepath.Join(filepath.Dir(page), target)); err != nil {
					t.Errorf("%s links to %s, which is not there", page, target)
				}
			}
		}
		if strings.HasPrefix(page, "docs/") && !strings.HasPrefix(page, "docs/design/") {
			continue // these write paths of a user's own files
		}
		for _, found := range code.FindAllStringSubmatch(string(content), -1) {
			if path := found[1]; strings.Contains(path, "/") && !strings.HasPrefix(path, "quickstart-run/") {
				if _, err := os.Stat(path); err != nil {
					t.Errorf("%s names %s, which is not there", page, path)
				}
			}
		}
	}
}
