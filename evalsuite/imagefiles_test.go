package evalsuite

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// aGIF is an image of one pixel.
const aGIF = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// imageFolder makes a folder of files and makes it the current one.
func imageFolder(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range map[string]string{
		"a.gif": aGIF, "b.PNG": "no image", "notes.txt": "text", "deep/er/c.gif": aGIF, "deep/plain": aGIF, "deep/README": "text",
		"@at.gif": aGIF, "odd[1].gif": aGIF, "empty.png": "", "none/x.txt": "text",
		"list":  "a.gif\r\n\ndeep\nnot-there.png\n*.PNG\n",
		"inner": "@list\n",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFindImages(t *testing.T) {
	imageFolder(t)
	if err := os.Symlink("deep", "link"); err != nil {
		t.Skipf("links to folders are not tested: %v", err)
	}
	for _, c := range []struct {
		name    string
		words   []string
		list    string
		want    string // paths
		missing string
		leftOut int
	}{
		{name: "files as they are named", words: []string{"b.PNG", "a.gif", "notes.txt", "gone.png"}, want: "b.PNG a.gif notes.txt gone.png"},
		{name: "a folder and those below", words: []string{"deep"}, want: "deep/er/c.gif deep/plain", leftOut: 1},
		{name: "a folder that is a link", words: []string{"link"}, want: "link/er/c.gif link/plain", leftOut: 1},
		{name: "a pattern", words: []string{"*.gif"}, want: "@at.gif a.gif odd[1].gif"},
		{name: "a pattern that matches a folder", words: []string{"d*p"}, want: "deep/er/c.gif deep/plain", leftOut: 1},
		{name: "a file whose name looks like a pattern", words: []string{"odd[1].gif"}, want: "odd[1].gif"},
		{name: "a file that begins with @", words: []string{"@at.gif"}, want: "@at.gif"},
		{name: "a list by @", words: []string{"@list", "a.gif"}, want: "a.gif deep/er/c.gif deep/plain not-there.png b.PNG a.gif", leftOut: 1},
		{name: "a list by flag", words: []string{"b.PNG"}, list: "list", want: "b.PNG a.gif deep/er/c.gif deep/plain not-there.png b.PNG", leftOut: 1},
		{name: "lists name no lists", list: "inner", want: "@list"},
		{name: "no match", words: []string{"*.bmp", "a.gif"}, want: "a.gif", missing: "*.bmp: no file matches"},
		{name: "no images", words: []string{"none"}, missing: "none: no images in this folder", leftOut: 1},
		{name: "a bad pattern", words: []string{"x[", "a.gif"}, want: "a.gif", missing: "x[: syntax error in pattern"},
	} {
		found, err := FindImages(t.Context(), nil, c.words, c.list)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		missing := ""
		for _, err := range found.Missing {
			missing += err.Error()
		}
		for i := range found.Paths {
			found.Paths[i] = filepath.ToSlash(found.Paths[i])
		}
		if !slices.Equal(found.Paths, strings.Fields(c.want)) || missing != c.missing || found.LeftOut != c.leftOut {
			t.Errorf("%s: found %q, missing %q, left out %d", c.name, found.Paths, missing, found.LeftOut)
		}
	}
	if _, err := FindImages(t.Context(), nil, []string{"@gone"}, ""); err == nil || !strings.Contains(err.Error(), "the list of images: open gone") {
		t.Errorf("a list that is not there: %v", err)
	}
}

func TestReadImageFile(t *testing.T) {
	imageFolder(t)
	if image, err := ReadImageFile("a.gif"); err != nil || image.Width != 1 || image.SHA256 == "" {
		t.Errorf("%+v, %v", image, err)
	}
	for path, want := range map[string]string{
		"b.PNG": "b.PNG: ", "deep": "deep is a folder", "empty.png": "empty.png: the file is empty", "gone.png": "no such file",
	} {
		if _, err := ReadImageFile(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", path, err, want)
		}
	}
}
