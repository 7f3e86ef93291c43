package tokenize

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/tokenize/sentencepiece"
	"github.com/pali3/pali3/tokenize/sentencepiece/train"
)

// trained writes a model of a few lines.
func trained(t testing.TB, adjust func(o *train.Options)) string {
	t.Helper()
	o := train.Defaults()
	o.VocabSize, o.HardVocabLimit = 400, false
	adjust(&o)
	lines := []string{"a cat on a mat", "two cats and a dog in the garden", "ein Hund liegt im Garten", "un chat dort sur le canapé", "the dog sat on the cats"}
	model, err := train.Train(t.Context(), train.Texts(slices.Values(lines)), o)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "t.model")
	if err := os.WriteFile(path, model.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var layoutTexts = []string{"", "a cat and a dog", "Der Hund sieht die Katze.", "xyz 猫 <pad> </s> <unk> <s>", "  two   spaces  ", "été <loc0001>", "the [MASK] sat"}

// checkMoved compares a vocabulary with the model in its file: the same pieces in ids that FileID
// maps back, and the same text.
func checkMoved(t *testing.T, path string, cfg Config) *Vocabulary {
	t.Helper()
	cfg.Model = path
	v := open(t, cfg)
	file, err := sentencepiece.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range layoutTexts {
		if cfg.Locations > 0 && strings.Contains(text, "<loc") {
			continue
		}
		ids := v.Encode(text)
		back := make([]int32, len(ids))
		for i, id := range ids {
			back[i] = v.FileID(id)
		}
		if want := file.Encode(text); !slices.Equal(back, want) {
			t.Errorf("%s: %q has the ids %v, in the file %v; want %v", path, text, ids, back, want)
		}
		if got, want := v.Decode(ids), file.Decode(back); got != want {
			t.Errorf("%s: %q decodes to %q, want %q", path, text, got, want)
		}
	}
	seen := map[int32]bool{}
	for id := range int32(v.Size()) {
		if from := v.FileID(id); from >= 0 {
			if seen[from] {
				t.Errorf("%s: id %d of the file comes twice", path, from)
			}
			seen[from] = true
			if got, want := v.Model().Piece(id).Text, file.Piece(from).Text; got != want {
				t.Errorf("%s: id %d is %q, %d in the file %q", path, id, got, from, want)
			}
		}
	}
	if len(seen) != file.Len() {
		t.Errorf("%s: %d of %d pieces have ids", path, len(seen), file.Len())
	}
	return v
}

func TestOpen_MovesSpecialPieces(t *testing.T) {
	for _, c := range []struct {
		name   string
		adjust func(o *train.Options)
		first  []string // pieces of ids 0 to 3
		moved  string
	}{
		{"spm_train's defaults", func(o *train.Options) {}, []string{"<pad>", "</s>", "<unk>", "<s>"}, "<pad> was added, </s> was at 2, <unk> was at 0"},
		{"Llama's", func(o *train.Options) { o.Type, o.ByteFallback = train.BPE, true }, []string{"<pad>", "</s>", "<unk>", "<s>"}, "<pad> was added"},
		{"ALBERT's", func(o *train.Options) {
			o.PadID, o.UnkID, o.BosID, o.EosID, o.BosPiece, o.EosPiece = 0, 1, 2, 3, "[CLS]", "[SEP]"
			o.UserDefinedSymbols = []string{"[MASK]"}
		}, []string{"<pad>", "[SEP]", "<unk>", "[CLS]"}, "<pad> was at 0, [SEP] was at 3, <unk> was at 1"},
		{"no end of sentence", func(o *train.Options) { o.BosID, o.EosID = -1, -1 }, []string{"<pad>", "</s>", "<unk>"}, "<pad> was added, </s> was added, <unk> was at 0"},
		{"no unknown piece", func(o *train.Options) {
			o.UnkID, o.BosID, o.EosID, o.ByteFallback = -1, -1, 0, true
		}, []string{"<pad>", "</s>", "<unk>", "<0x00>"}, "<pad> was added, </s> was at 0, <unk> was added"},
		{"a text piece called <pad>", func(o *train.Options) { o.UserDefinedSymbols = []string{"<pad>"} },
			[]string{"<pali3:pad>", "</s>", "<unk>", "<s>"}, "<pali3:pad> was added"},
		{"T5's", func(o *train.Options) { o.PadID, o.EosID, o.UnkID, o.BosID = 0, 1, 2, -1 }, []string{"<pad>", "</s>", "<unk>"}, ""},
		{"Gemma's", func(o *train.Options) { o.PadID, o.EosID, o.BosID, o.UnkID = 0, 1, 2, 3 }, []string{"<pad>", "</s>", "<s>", "<unk>"}, ""},
	} {
		path := trained(t, c.adjust)
		for _, cfg := range []Config{{Sentinels: 8, ModeTokens: true}, {Sentinels: 8, Locations: 4}} {
			v := checkMoved(t, path, cfg)
			for id, want := range c.first {
				if got := v.Model().Piece(int32(id)).Text; got != want {
					t.Errorf("%s: piece %d is %q, want %q", c.name, id, got, want)
				}
			}
			if moved := v.Moved(); (c.moved == "") != (moved == "") || !strings.Contains(moved, c.moved) {
				t.Errorf("%s: moved %q, want %q", c.name, moved, c.moved)
			}
			ids := append(v.Encode("a cat <extra_id_0>"), EOS, Pad, Pad)
			if first, err := v.Sentinel(0); err != nil || first != ids[len(ids)-4] {
				t.Errorf("%s: the sentinel is %d, %v, in %v", c.name, first, err, ids)
			}
			if got := v.DecodeToEOS(ids); got != "a cat <extra_id_0>" {
				t.Errorf("%s: decoded %q", c.name, got)
			}
			if got := v.Decode([]int32{EOS, Pad}); got != "" {
				t.Errorf("%s: padding and end decode to %q", c.name, got)
			}
			if cfg.Locations > 0 {
				if ids := v.Encode("<loc0003>"); v.FileID(ids[len(ids)-1]) != -1 || v.Decode(ids) != "<loc0003>" {
					t.Errorf("%s: a location has the ids %v", c.name, ids)
				}
			}
		}
	}
}

// TestNew_ExplainsLayout: a model at hand cannot be moved; the error says what to do.
func TestNew_ExplainsLayout(t *testing.T) {
	model, err := sentencepiece.Open(trained(t, func(*train.Options) {}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(model, Config{})
	for _, want := range []string{`"<unk>", "<s>" and "</s>"`, "--pad-id 0 --eos-id 1 --unk-id 2 --bos-id -1", "--preset pali"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// TestOpen_PublishedModels opens the models of shared/data/spm, which are not part of the
// repository.
func TestOpen_PublishedModels(t *testing.T) {
	paths, _ := filepath.Glob("../../shared/data/spm/*.[ms]*")
	if len(paths) == 0 {
		t.Skip("NOT TESTED: there are no published models in ../../shared/data/spm")
	}
	moved := 0
	for _, path := range paths {
		v := checkMoved(t, path, Config{})
		if v.Moved() != "" {
			moved++
		}
		t.Logf("%s: %d pieces; %s", filepath.Base(path), v.Model().Len(), v.Moved())
	}
	if len(paths) != 17 || moved != 9 {
		t.Errorf("%d of %d models were moved", moved, len(paths))
	}
}
