package sentencepiece

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// build serializes a model, as a caller of protobuf would; spec is appended as it is.
func build(pieces []Piece, trainer []byte, normalizer []byte) []byte {
	var out []byte
	for _, p := range pieces {
		var m []byte
		m = protowire.AppendTag(m, 1, protowire.BytesType)
		m = protowire.AppendString(m, p.Text)
		m = protowire.AppendTag(m, 2, protowire.Fixed32Type)
		m = protowire.AppendFixed32(m, math.Float32bits(p.Score))
		m = protowire.AppendTag(m, 3, protowire.VarintType)
		m = protowire.AppendVarint(m, uint64(p.Kind))
		out = protowire.AppendTag(out, 1, protowire.BytesType)
		out = protowire.AppendBytes(out, m)
	}
	out = protowire.AppendTag(out, 2, protowire.BytesType)
	out = protowire.AppendBytes(out, trainer)
	out = protowire.AppendTag(out, 3, protowire.BytesType)
	return protowire.AppendBytes(out, normalizer)
}

func varintField(number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), v)
}

func bytesField(number protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), v)
}

// charsmapBlob is a precompiled_charsmap that says its trie has size bytes.
func charsmapBlob(size uint32, rest string) []byte {
	return bytesField(2, append(binary.LittleEndian.AppendUint32(nil, size), rest...))
}

// charsmapTrie is a precompiled_charsmap of one block with the given units, and one empty
// replacement.
func charsmapTrie(units map[int]uint32) []byte {
	block := make([]byte, 1024)
	for i, unit := range units {
		binary.LittleEndian.PutUint32(block[4*i:], unit)
	}
	return charsmapBlob(1024, string(block)+"\x00")
}

func TestParseRefuses(t *testing.T) {
	unk, a := Piece{"<unk>", 0, Unknown}, Piece{"a", -1, Normal}
	good := []Piece{unk, a}
	for _, c := range []struct {
		name string
		data []byte
		want string // part of the error
	}{
		{"nothing", nil, "no pieces"},
		{"text", []byte("a file that is no model"), "not a SentencePiece model"},
		{"cut short", build(good, nil, nil)[:9], "field 1 at byte 0"},
		{"a long piece", build([]Piece{unk, {strings.Repeat("a", 8000), 0, Normal}}, nil, nil), "8000 bytes long"},
		{"BPE with a piece spelled like a control piece", build(append(good, Piece{"a", 0, Control}), varintField(3, 2), nil), "pieces 2 and 1"},
		{"unheard-of type", build(good, varintField(3, 9), nil), "model_type 9"},
		{"no unknown piece", build([]Piece{a}, nil, nil), "no unknown piece"},
		{"two unknown pieces", build([]Piece{unk, a, {"<x>", 0, Unknown}}, nil, nil), "pieces 0 and 2"},
		{"only the unknown piece", build([]Piece{unk}, nil, nil), "no piece that can occur in text"},
		{"empty piece", build([]Piece{unk, {"", 0, Normal}}, nil, nil), "piece 1, \"\": no text"},
		{"NUL in a piece", build([]Piece{unk, {"a\x00", 0, Normal}}, nil, nil), "NUL"},
		{"score that is no number", build([]Piece{unk, {"a", float32(math.NaN()), Normal}}, nil, nil), "score NaN"},
		{"piece twice", build([]Piece{unk, a, a}, nil, nil), `pieces 1 and 2 are both "a"`},
		{"control piece twice", build([]Piece{unk, a, {"<s>", 0, Control}, {"<s>", 0, Control}}, nil, nil), "pieces 2 and 3"},
		{"piece of broken UTF-8", build([]Piece{unk, {"\xff", 0, Normal}}, nil, nil), `piece 1, "\xff": not UTF-8`},
		{"byte without fallback", build([]Piece{unk, a, {"<0x41>", 0, Byte}}, nil, nil), "no byte fallback"},
		{"fallback without bytes", build(good, varintField(35, 1), nil), "no byte piece <0x00>"},
		{"wrong wire type", build(good, bytesField(3, nil), nil), "trainer_spec: field 3"},
		{"short charsmap", build(good, nil, bytesField(2, []byte("ab"))), "2 bytes long"},
		{"charsmap with a trie beyond its end", build(good, nil, charsmapBlob(1<<31, "\x00\x00\x00\x00\x00")), "but only 5 follow"},
		{"charsmap with half a block", build(good, nil, charsmapBlob(4, "\x00\x00\x00\x00\x00")), "a multiple of 1024"},
		{"charsmap without an end", build(good, nil, charsmapBlob(1024, strings.Repeat("\x00", 1024)+"a")), "end with a NUL"},
		{"charsmap without a root", build(good, nil, charsmapBlob(1024, strings.Repeat("\x00", 1025))), "root of its trie"},
		{"charsmap that leads out", build(good, nil, charsmapTrie(map[int]uint32{0: 1 << 10, 1: 1<<30 | 7})), "unit 1 has children beyond the end"},
		{"charsmap with a leaf that is none", build(good, nil, charsmapTrie(map[int]uint32{0: 1 << 10, 1: 1<<8 | 2<<10})), "unit 1 has a value flag but no value"},
		{"charsmap with a value beyond its end", build(good, nil, charsmapTrie(map[int]uint32{0: 1 << 10, 1: 1<<31 | 1})), "unit 1 has the value 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(c.data)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestOpenNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broken.model")
	if err := os.WriteFile(path, []byte{0x0a, 0xff}, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v does not name %s", err, path)
	}
}

func TestPieces(t *testing.T) {
	m := openGolden(t, "suffix")
	if m.Len() != 1200 || m.UnknownID() != 2 {
		t.Fatalf("%d pieces, unknown piece %d", m.Len(), m.UnknownID())
	}
	for id := range int32(m.Len()) {
		if got := m.PieceID(m.Piece(id).Text); got != id {
			t.Errorf("PieceID(%q) = %d, want %d", m.Piece(id).Text, got, id)
		}
	}
	if got := m.PieceID("no such piece"); got != m.UnknownID() {
		t.Errorf("PieceID of what is no piece = %d", got)
	}
}

// TestUserDefinedScores fixes what a user-defined piece scores: 0.1 for each of its bytes but the
// first. The expected segmentations are those of the C++ library, 0.2.3, for the same model.
func TestUserDefinedScores(t *testing.T) {
	for _, c := range []struct {
		text       string
		pair       float32 // score of the two normal pieces together that spell the text
		wantSymbol bool
	}{
		{"ab", 0.09, true}, {"ab", 0.11, false},
		{"éb", 0.19, true}, {"éb", 0.21, false},
		{"中b", 0.29, true}, {"中b", 0.31, false},
	} {
		_, size := utf8.DecodeRuneInString(c.text)
		pieces := []Piece{{"<unk>", 0, Unknown}, {c.text[:size], 0, Normal}, {c.text[size:], c.pair, Normal}, {c.text, -7, UserDefined}}
		m, err := Parse(build(pieces, nil, varintField(3, 0)))
		if err != nil {
			t.Fatal(err)
		}
		if ids := m.Encode(c.text); (len(ids) == 1) != c.wantSymbol {
			t.Errorf("%q with pieces scoring %v: %v", c.text, c.pair, ids)
		}
	}
}

// TestWordsAreWhole: a word model goes by the spaces of the text, whatever its pieces are.
func TestWordsAreWhole(t *testing.T) {
	m, err := Parse(build([]Piece{{"<unk>", 0, Unknown}, {spaceSymbol, -1, Normal}, {spaceSymbol + "a", -2, Normal}}, varintField(3, uint64(Word)), nil))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Encode("a b a"); !slices.Equal(got, []int32{2, 0, 2}) {
		t.Errorf("Encode = %v", got)
	}
}

func TestProtoKeepsWhatItDoesNotKnow(t *testing.T) {
	piece := append(bytesField(1, []byte("a")), bytesField(200, []byte("later"))...)
	data := append(build([]Piece{{"<unk>", 0, Unknown}, {"b", -1, Normal}}, varintField(4, 77), bytesField(6, []byte("rules.tsv"))), bytesField(1, piece)...)
	data = append(data, bytesField(201, []byte("extension"))...)
	proto, err := ParseProto(data)
	if err != nil {
		t.Fatal(err)
	}
	out := proto.Marshal()
	for _, want := range [][]byte{bytesField(200, []byte("later")), varintField(4, 77), bytesField(6, []byte("rules.tsv")), bytesField(201, []byte("extension"))} {
		if !bytes.Contains(out, want) {
			t.Errorf("%q is lost in %q", want, out)
		}
	}
	again, err := ParseProto(out)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again, proto) {
		t.Errorf("it comes back as %+v, was %+v", again, proto)
	}
}

func TestDecodeOfForeignIDs(t *testing.T) {
	m := openGolden(t, "nmt_nfkc")
	if got, want := m.Decode([]int32{-1, int32(m.Len()), 1 << 30}), strings.Repeat(DefaultUnkSurface, 3); got != want {
		t.Errorf("Decode = %q, want %q", got, want)
	}
}

func TestConcurrentUse(t *testing.T) {
	m, texts := openGolden(t, "nmt_nfkc"), goldenTexts(t)
	want := make([]string, len(texts))
	for i, text := range texts {
		want[i] = m.Decode(m.Encode(text))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i, text := range texts {
				if got := m.Decode(m.Encode(text)); got != want[i] {
					t.Errorf("%q decodes as %q when encoded concurrently, want %q", text, got, want[i])
				}
			}
		})
	}
	wg.Wait()
}
