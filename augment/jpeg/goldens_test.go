package jpeg

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// golden is a line of the index that parity/jpeg_goldens.py writes.
type golden struct {
	Name   string          `json:"name"`
	File   [2]int          `json:"file"`   // offset and length
	Pixels json.RawMessage `json:"pixels"` // a reference for each scale, or null
	file   []byte
	images [4]*reference
}

// reference is what libjpeg-turbo made of a file.
type reference struct {
	width, height int
	digest        string
}

// readGoldens reads the goldens of testdata, or of the folder that PALI3_PARITY_JPEG names.
func readGoldens(t testing.TB) (all []golden) {
	t.Helper()
	dir := os.Getenv("PALI3_PARITY_JPEG")
	if dir == "" {
		dir = "testdata"
	}
	files := unpack(t, filepath.Join(dir, "files.bin.gz"))
	lines := bufio.NewScanner(bytes.NewReader(unpack(t, filepath.Join(dir, "index.jsonl.gz"))))
	for lines.Scan() {
		g := readGolden(t, lines.Bytes())
		g.file = files[g.File[0]:][:g.File[1]:g.File[1]]
		all = append(all, g)
	}
	if len(all) < 300 {
		t.Fatalf("%d files in %s, want at least 300", len(all), dir)
	}
	return all
}

// readGolden reads a line of an index.
func readGolden(t testing.TB, line []byte) (g golden) {
	t.Helper()
	if err := json.Unmarshal(line, &g); err != nil {
		t.Fatal(err)
	}
	var rows [4][]any
	if err := json.Unmarshal(g.Pixels, &rows); err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		if row != nil {
			g.images[i] = &reference{int(row[0].(float64)), int(row[1].(float64)), row[2].(string)}
		}
	}
	return g
}

func unpack(t testing.TB, path string) []byte {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestDecode_EqualsLibjpeg compares every file at every scale with libjpeg-turbo, bit for bit.
// Lenient options decode what libjpeg decodes; others may refuse a file, and otherwise give the
// same pixels.
func TestDecode_EqualsLibjpeg(t *testing.T) {
	var d Decoder
	outcomes, complaints := map[string]int{}, map[string]int{}
	for _, g := range readGoldens(t) {
		for i, want := range g.images {
			for _, lenient := range []bool{true, false} {
				outcome, complaint := compare(&d, &g, want, Options{Scale: 1 << i, Lenient: lenient})
				outcomes[fmt.Sprint(strings.Fields(g.Name)[0], ", lenient ", lenient, ": ", outcome)]++
				if complaint == "" {
					continue
				}
				kind := strings.Join(strings.Fields(g.Name)[:2], " ")
				if complaints[kind]++; complaints[kind] <= 5 {
					t.Errorf("%s, scale 1/%d, lenient %v: %s", g.Name, 1<<i, lenient, complaint)
				}
			}
		}
	}
	for what, n := range outcomes {
		t.Log(what, n)
	}
	for kind, n := range complaints {
		t.Logf("complaints about %s: %d", kind, n)
	}
}

func compare(d *Decoder, g *golden, want *reference, o Options) (outcome, complaint string) {
	m, err := d.Decode(g.file, o)
	switch {
	case err != nil && want == nil:
		return "both refuse", ""
	case err != nil && !o.Lenient:
		return "refused", ""
	case err != nil:
		return "refused", err.Error()
	case want == nil:
		return "only this decoder reads", ""
	case m.Width != want.width || m.Height != want.height:
		return "another size", fmt.Sprintf("%dx%d, want %dx%d", m.Width, m.Height, want.width, want.height)
	}
	rgb := make([]byte, 3*m.Width*m.Height)
	m.RGB(rgb)
	sum := sha256.Sum256(rgb)
	if hex.EncodeToString(sum[:8]) != want.digest {
		return "other pixels", "other pixels than libjpeg's"
	}
	return "equal", ""
}

// TestDecode_FastDCTEqualsTensorFlow compares the files of up to three components with
// tf.io.decode_jpeg(dct_method="INTEGER_FAST"), bit for bit, at every scale
// (parity/jpeg_fast_goldens.py).
func TestDecode_FastDCTEqualsTensorFlow(t *testing.T) {
	index := filepath.Join("testdata", "fast.jsonl.gz")
	wanted := map[string][4]*reference{}
	lines := bufio.NewScanner(bytes.NewReader(unpack(t, index)))
	for lines.Scan() {
		g := readGolden(t, lines.Bytes())
		wanted[g.Name] = g.images
	}
	var d Decoder
	equal, accurate := 0, 0
	for _, g := range readGoldens(t) {
		for i, want := range wanted[g.Name] {
			outcome, complaint := compare(&d, &g, want, Options{Scale: 1 << i, FastDCT: true})
			if complaint != "" {
				t.Errorf("%s, scale 1/%d: %s", g.Name, 1<<i, complaint)
			}
			if outcome != "equal" {
				continue
			}
			equal++
			if outcome, _ := compare(&d, &g, want, Options{Scale: 1 << i}); outcome == "equal" {
				accurate++
			}
		}
	}
	t.Logf("%d images are equal, %d of them also by the accurate transform", equal, accurate)
	if equal < 300 || accurate > equal*3/4 {
		t.Errorf("%d images are equal, and %d by the accurate transform: what was compared?", equal, accurate)
	}
}
