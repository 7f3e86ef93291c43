package tokenize

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// writeModel writes a model with the given number of pieces, of which controls are the first.
func writeModel(t *testing.T, pieces int, controls ...sentencepiece.Piece) string {
	t.Helper()
	p := &sentencepiece.Proto{Pieces: controls, Normalizer: sentencepiece.DefaultNormalizerSpec()}
	p.Trainer.Type = sentencepiece.Unigram
	for i := len(controls); i < pieces; i++ {
		p.Pieces = append(p.Pieces, sentencepiece.Piece{Text: fmt.Sprintf("piece%d", i), Score: float32(-i), Kind: sentencepiece.Normal})
	}
	path := filepath.Join(t.TempDir(), "some.model")
	if err := os.WriteFile(path, p.Marshal(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var (
	pad = sentencepiece.Piece{Text: "<pad>", Kind: sentencepiece.Control}
	eos = sentencepiece.Piece{Text: "</s>", Kind: sentencepiece.Control}
	bos = sentencepiece.Piece{Text: "<bos>", Kind: sentencepiece.Control}
	unk = sentencepiece.Piece{Text: "<unk>", Kind: sentencepiece.Unknown}
)

// TestPresets: the sizes are those of the published models' embeddings, and <extra_id_0> has the
// last id.
func TestPresets(t *testing.T) {
	for _, c := range []struct {
		name         string
		pieces, size int
		first        int32 // <extra_id_0>, or <loc0000>
		controls     []sentencepiece.Piece
	}{
		{"c4_en", 32000, 32000, -1, []sentencepiece.Piece{pad, eos, unk}},
		{"t5", 32000, 32128, 32099, []sentencepiece.Piece{pad, eos, unk}},
		{"ul2", 32000, 32128, 32099, []sentencepiece.Piece{pad, eos, unk}},
		{"mc4", 250000, 250112, 250099, []sentencepiece.Piece{pad, eos, unk}},
		{"mt5", 250000, 250112, 250099, []sentencepiece.Piece{pad, eos, unk}},
		{"umt5", 256000, 256384, 256299, []sentencepiece.Piece{pad, eos, unk}},
		{"gemma", 256000, 257152, 256000, []sentencepiece.Piece{pad, eos, bos, unk}},
	} {
		cfg, err := Preset(c.name)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Model = writeModel(t, c.pieces, c.controls...)
		v := open(t, cfg)
		if v.Size() != c.size {
			t.Errorf("%s: %d rows, want %d", c.name, v.Size(), c.size)
		}
		switch {
		case c.name == "gemma":
			ids := v.Encode("<loc0000><loc1023><seg127>")
			if !slices.Equal(ids[len(ids)-3:], []int32{256000, 257023, 257151}) {
				t.Errorf("%s: %v", c.name, ids)
			}
			if got := v.Decode(ids[len(ids)-3:]); got != "<loc0000><loc1023><seg127>" {
				t.Errorf("%s: decoded %q", c.name, got)
			}
		case c.first >= 0:
			if id, err := v.Sentinel(0); err != nil || id != c.first {
				t.Errorf("%s: <extra_id_0> is %d, %v, want %d", c.name, id, err, c.first)
			}
		}
	}
	if !slices.Contains(Presets(), "mt5") {
		t.Error(Presets())
	}
	if _, err := Preset("t6"); err == nil || !strings.Contains(err.Error(), "want one of c4_en, gemma") {
		t.Error(err)
	}
}
