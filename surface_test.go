package pali3

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mostPublic bounds the packages that others can import: each is a promise to keep.
const mostPublic = 53

// sources lists the Go files of the module.
func sources(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || path == "build"):
			return filepath.SkipDir
		case strings.HasSuffix(name, ".go"):
			files = append(files, filepath.ToSlash(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestPublicPackages_AreFewAndExplained counts the packages that can be imported from outside; each
// has a package comment and an example.
func TestPublicPackages_AreFewAndExplained(t *testing.T) {
	packages := map[string][]*ast.File{}
	examples := map[string]bool{}
	for _, path := range sources(t) {
		folder := filepath.ToSlash(filepath.Dir(path))
		if folder == "." || strings.Contains("/"+folder+"/", "/internal/") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case file.Name.Name == "main":
		case strings.HasSuffix(path, "_test.go"):
			examples[folder] = examples[folder] || len(doc.Examples(file)) > 0
		default:
			packages[folder] = append(packages[folder], file)
		}
	}
	var names []string
	for folder, files := range packages {
		names = append(names, folder)
		if !slices.ContainsFunc(files, func(f *ast.File) bool { return f.Doc.Text() != "" }) {
			t.Errorf("package %s has no package comment", folder)
		}
		if !examples[folder] {
			t.Errorf("package %s has no example", folder)
		}
	}
	slices.Sort(names)
	if len(names) > mostPublic {
		t.Errorf("%d packages can be imported, more than %d: %s", len(names), mostPublic, strings.Join(names, " "))
	}
}

// TestComments_WrapAt100Columns counts a tab as four. Code in comments and what an
// example prints are left alone.
func TestComments_WrapAt100Columns(t *testing.T) {
	for _, path := range sources(t) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		output := false
		for i, line := range strings.Split(string(content), "\n") {
			comment, is := strings.CutPrefix(strings.TrimLeft(line, "\t"), "// ")
			line = strings.ReplaceAll(line, "\t", "    ")
			output = is && (output || strings.HasPrefix(strings.ToLower(comment), "output:"))
			if is && !output && len([]rune(line)) > 100 {
				t.Errorf("%s:%d: a comment of %d columns", path, i+1, len([]rune(line)))
			}
		}
	}
}
