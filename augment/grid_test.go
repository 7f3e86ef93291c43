package augment

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/internal/imagefile"
)

// gridFile is a line of the index that parity/images.py writes.
type gridFile struct {
	Name      string `json:"name"`
	File      [2]int `json:"file"` // offset and length
	Size      [2]int `json:"size"` // width and height; zeros if Pillow refuses the file
	Pixels    int    `json:"pixels"`
	Tolerance int    `json:"tolerance"`
	Also      bool   `json:"also"`
	Refused   string `json:"refused"`
}

// grid is what parity/images.py writes; the one in testdata is packed with gzip.
type grid struct {
	index         []gridFile
	files, pixels []byte
}

func openGrid(t *testing.T, dir string) (g grid) {
	t.Helper()
	read := func(name string) []byte {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			return content
		}
		packed, err := gzip.NewReader(bytes.NewReader(readFile(t, filepath.Join(dir, name+".gz"))))
		if err != nil {
			t.Fatal(err)
		}
		content, err = io.ReadAll(packed)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	g.files, g.pixels = read("files.bin"), read("pixels.bin")
	lines := bufio.NewScanner(bytes.NewReader(read("index.jsonl")))
	for lines.Scan() {
		var f gridFile
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			t.Fatal(err)
		}
		g.index = append(g.index, f)
	}
	return g
}

// TestGridAgainstPillow compares every file of a grid with what Pillow reads from it: the small
// grid of testdata, or the one that PALI3_PARITY_IMAGES names (`make parity`).
func TestGridAgainstPillow(t *testing.T) {
	dir := os.Getenv("PALI3_PARITY_IMAGES")
	least := 30_000
	if dir == "" {
		dir, least = "testdata/grid", 1_000
	}
	g := openGrid(t, dir)
	if len(g.index) < least {
		t.Fatalf("%d files, want at least %d", len(g.index), least)
	}
	outcomes, complaints := map[string]int{}, map[string]int{}
	for _, f := range g.index {
		outcome, complaint := g.compare(f)
		outcomes[strings.Fields(f.Name)[0]+": "+outcome]++
		if complaint == "" {
			continue
		}
		kind := strings.Join(strings.Fields(f.Name)[:3], " ")
		if complaints[kind]++; complaints[kind] <= 3 {
			t.Errorf("%s: %s", f.Name, complaint)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(outcomes)) {
		t.Logf("%s %d", kind, outcomes[kind])
	}
	for _, kind := range slices.Sorted(maps.Keys(complaints)) {
		t.Logf("complaints about %s: %d", kind, complaints[kind])
	}
}

// compare returns what came of a file, and what is wrong with that, if anything is.
func (g *grid) compare(f gridFile) (outcome, complaint string) {
	encoded := g.files[f.File[0]:][:f.File[1]:f.File[1]]
	info, inspected := imagefile.Inspect(encoded)
	m, err := Decode(encoded)
	if inspected != nil && err == nil {
		return "headers disagree", fmt.Sprintf("Inspect refuses it: %v", inspected)
	}
	if inspected == nil && err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrTruncated) {
		return "headers disagree", fmt.Sprintf("Inspect accepts it, Decode does not: %v", err)
	}
	if w, h := info.Upright(); err == nil && (w != m.Width || h != m.Height) {
		return "headers disagree", fmt.Sprintf("Inspect says %dx%d, Decode %dx%d", w, h, m.Width, m.Height)
	}
	switch pillow := f.Size != [2]int{}; {
	case err != nil && !pillow:
		return "both refuse", ""
	case err != nil && f.Also:
		return "only Pillow reads", ""
	case err != nil:
		return "refused", err.Error()
	case !pillow && f.Also:
		return "only pali3 reads", ""
	case !pillow:
		return "read", "Pillow refuses it: " + f.Refused
	}
	if m.Width != f.Size[0] || m.Height != f.Size[1] {
		return "another size", fmt.Sprintf("%dx%d, want %dx%d", m.Width, m.Height, f.Size[0], f.Size[1])
	}
	worst, _ := difference(m.Pix, g.pixels[f.Pixels:][:3*m.Width*m.Height])
	if worst > f.Tolerance {
		return "other pixels", fmt.Sprintf("differs by %d levels, at most %d allowed", worst, f.Tolerance)
	}
	if worst == 0 {
		return "equal", ""
	}
	return fmt.Sprintf("within %d levels", f.Tolerance), ""
}
