package sentencepiece

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// goldenModels are the models under testdata; parity/sentencepiece_goldens.py makes them and what
// the C++ library does with the texts of texts.golden.
var goldenModels = []string{
	"nmt_nfkc", "identity", "suffix", "plain", "odd",
	"bpe_bytes", "bpe_suffix", "bpe_joined", "bpe_unused", "word", "char",
}

func openGolden(t testing.TB, name string) *Model {
	t.Helper()
	m, err := Open(filepath.Join("testdata", name+".model"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func goldenLines(t testing.TB, name string) []string {
	t.Helper()
	return strings.Split(strings.TrimSuffix(readGolden(t, name+".golden"), "\n"), "\n")
}

func readGolden(t testing.TB, file string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// goldenTexts returns the texts that every golden file answers, in its order.
func goldenTexts(t testing.TB) []string {
	t.Helper()
	var texts []string
	for i, line := range goldenLines(t, "texts") {
		text, err := strconv.Unquote(line)
		if err != nil {
			t.Fatalf("texts.golden:%d: %v", i+1, err)
		}
		texts = append(texts, text)
	}
	return texts
}

func TestGoldens(t *testing.T) {
	texts := goldenTexts(t)
	for _, name := range goldenModels {
		t.Run(name, func(t *testing.T) {
			m := openGolden(t, name)
			lines := goldenLines(t, name)
			if len(lines) != len(texts) {
				t.Fatalf("%d lines for %d texts", len(lines), len(texts))
			}
			for i, line := range lines {
				compareGolden(t, m, texts[i], line)
			}
		})
	}
}

func compareGolden(t *testing.T, m *Model, text, line string) {
	t.Helper()
	fields := strings.Split(line, "\t")
	ids := m.Encode(text)
	if got := strings.Trim(fmt.Sprint(ids), "[]"); got != fields[0] {
		t.Errorf("Encode(%q)\n got %s\nwant %s", text, got, fields[0])
		return
	}
	decoded := text
	if fields[1] != "=" {
		decoded, _ = strconv.Unquote(fields[1])
	}
	if got := m.Decode(ids); got != decoded {
		t.Errorf("Decode of %q\n got %q\nwant %q", text, got, decoded)
	}
	if got := spans(m.Tokens(text)); got != fields[2] {
		t.Errorf("places of Tokens(%q)\n got %s\nwant %s", text, got, fields[2])
	}
}

// spans writes places as the golden files do.
func spans(tokens []Token) string {
	var out []string
	last := 0
	for _, token := range tokens {
		if token.Begin == last {
			out = append(out, strconv.Itoa(token.End))
		} else {
			out = append(out, fmt.Sprintf("%d:%d", token.Begin, token.End))
		}
		last = token.End
	}
	return strings.Join(out, " ")
}

// TestPublishedModels compares the ids that well-known models give with the C++ library's, by the
// digests of published.golden. The models are not part of the repository: they are looked for in
// shared/data/spm beside it.
func TestPublishedModels(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "data", "spm")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("NOT TESTED: the published models are not at %s", dir)
	}
	texts := goldenTexts(t)
	for _, line := range goldenLines(t, "published") {
		name, want, _ := strings.Cut(line, "\t")
		t.Run(name, func(t *testing.T) {
			m, err := Open(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			digest := sha256.New()
			for _, text := range texts {
				fmt.Fprintln(digest, strings.Trim(fmt.Sprint(m.Encode(text)), "[]"))
			}
			if got := hex.EncodeToString(digest.Sum(nil)); got != want {
				t.Errorf("ids of the %d texts have digest %s, want %s", len(texts), got, want)
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	texts := goldenTexts(b)
	for _, name := range goldenModels {
		b.Run(name, func(b *testing.B) {
			m := openGolden(b, name)
			size, ids := 0, []int32(nil)
			for _, text := range texts {
				size += len(text)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				for _, text := range texts {
					ids = m.AppendIDs(ids[:0], text)
				}
			}
		})
	}
}
