package tokenizerjson

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// TestImport_RandomMerges: of small BPEs with any merges in any order, those that are accepted
// segment every text as the merges do.
func TestImport_RandomMerges(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	accepted, letters := 0, []string{"a", "b", space}
	for n := range 1500 {
		vocab, pieces := map[string]int32{"<unk>": 0}, []string{}
		add := func(piece string) {
			if _, ok := vocab[piece]; !ok {
				vocab[piece] = int32(len(vocab))
				pieces = append(pieces, piece)
			}
		}
		for _, letter := range letters {
			add(letter)
		}
		for range 1 + rng.IntN(5) {
			add(pieces[rng.IntN(len(pieces))] + pieces[rng.IntN(len(pieces))])
		}
		var merges [][2]string
		for _, piece := range pieces { // all ways to cut each, in the order of the pieces or any
			var cuts [][2]string
			for at := range piece {
				if _, ok := vocab[piece[:at]]; ok && at > 0 && slices.Contains(pieces, piece[at:]) {
					cuts = append(cuts, [2]string{piece[:at], piece[at:]})
				}
			}
			if rng.IntN(2) == 0 {
				slices.Reverse(cuts)
			}
			merges = append(merges, cuts...)
		}
		if rng.IntN(4) == 0 {
			rng.Shuffle(len(merges), func(i, j int) { merges[i], merges[j] = merges[j], merges[i] })
		}
		v, _ := json.Marshal(vocab)
		m, _ := json.Marshal(merges)
		split := rng.IntN(2) == 0
		data := fmt.Sprintf(`{"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": %v},
			"model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "vocab": %s, "merges": %s}}`, split, v, m)
		imported, err := parseImported([]byte(data))
		if err != nil {
			continue
		}
		accepted++
		f, err := parse([]byte(data), "")
		if err != nil {
			t.Fatal(err)
		}
		p, err := f.compile()
		if err != nil {
			t.Fatal(err)
		}
		model, err := sentencepiece.New(imported.Proto)
		if err != nil {
			t.Fatal(err)
		}
		for range 40 {
			var text strings.Builder
			for range rng.IntN(14) {
				text.WriteString([]string{"a", "b", " ", "c"}[rng.IntN(4)])
			}
			if got, want := model.Encode(text.String()), p.AppendIDs(nil, text.String()); !slices.Equal(got, want) {
				t.Errorf("%d: %q is %v, want %v, of %s", n, text.String(), got, want, data)
				break
			}
		}
	}
	if accepted < 250 {
		t.Errorf("%d are accepted, too few", accepted)
	}
}
