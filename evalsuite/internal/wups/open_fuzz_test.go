package wups

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzOpen puts other content in place of one of the files.
func FuzzOpen(f *testing.F) {
	files, err := os.ReadDir(tables)
	if err != nil {
		f.Fatal(err)
	}
	contents := make([][]byte, len(files))
	for i, file := range files {
		if contents[i], err = os.ReadFile(filepath.Join(tables, file.Name())); err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), contents[i][:min(len(contents[i]), 4000)])
	}
	f.Fuzz(func(t *testing.T, number uint8, content []byte) {
		dir, replaced := t.TempDir(), int(number)%len(files)
		for i, file := range files {
			data := contents[i]
			if i == replaced {
				data = content
			}
			if err := os.WriteFile(filepath.Join(dir, file.Name()), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s, err := Open(dir)
		if err != nil {
			return
		}
		for _, rules := range []Rules{NLTK33, NLTK39} {
			if v := s.By(rules).Score("the men ran. mr. red dogs", []string{"a cat runs"}, 0.9); !(v >= 0 && v <= 1) {
				t.Errorf("%s: a score of %v", files[replaced].Name(), v)
			}
		}
	})
}
