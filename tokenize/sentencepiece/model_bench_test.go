package sentencepiece

import (
	"fmt"
	"testing"

	"github.com/pali3/pali3/random"
)

// largeProto returns a unigram model of 256,000 pieces, as many as Gemma has.
func largeProto() *Proto {
	r := random.New(256_000)
	letters := []string{"e", "a", "o", "n", "t", "i", "s", "r", "l", "d", "h", "c", "u", "m", "p", "é", "и", "о", "а", "の", "中", "국"}
	proto := &Proto{Pieces: []Piece{{"<unk>", 0, Unknown}}, Trainer: TrainerSpec{Type: Unigram}, Normalizer: DefaultNormalizerSpec()}
	known := map[string]bool{}
	for len(proto.Pieces) < 256_000 {
		text := ""
		if r.IntN(2) == 0 {
			text = spaceSymbol
		}
		for range 1 + r.IntN(9) {
			text += letters[min(r.IntN(len(letters)), r.IntN(len(letters)))]
		}
		if !known[text] {
			known[text] = true
			proto.Pieces = append(proto.Pieces, Piece{text, -float32(len(proto.Pieces)) / 1e4, Normal})
		}
	}
	return proto
}

// BenchmarkNew makes models of protos: what loading takes after the file is read.
func BenchmarkNew(b *testing.B) {
	protos := map[string]*Proto{"large": largeProto()}
	for _, name := range []string{"nmt_nfkc", "bpe_bytes"} {
		proto, err := ReadProto(fmt.Sprintf("testdata/%s.model", name))
		if err != nil {
			b.Fatal(err)
		}
		protos[name] = proto
	}
	for name, proto := range protos {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := New(proto); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
