package train

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// golden is the model that the C++ trainer makes with some options.
type golden struct {
	options map[string]any
	pieces  []sentencepiece.Piece
}

var kinds = map[string]sentencepiece.Kind{
	"normal": sentencepiece.Normal, "unknown": sentencepiece.Unknown, "control": sentencepiece.Control,
	"user_defined": sentencepiece.UserDefined, "byte": sentencepiece.Byte,
}

func readGolden(t *testing.T, path string) golden {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	lines.Scan()
	if err := json.Unmarshal(lines.Bytes(), &g.options); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		var p sentencepiece.Piece
		if err := json.Unmarshal([]byte(fields[0]), &p.Text); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		score, err := strconv.ParseFloat(fields[1], 32)
		if err != nil {
			t.Fatal(err)
		}
		p.Score, p.Kind = float32(score), kinds[fields[2]]
		g.pieces = append(g.pieces, p)
	}
	return g
}

// optionsOf converts the options of spm_train.
func optionsOf(t *testing.T, from map[string]any) Options {
	t.Helper()
	o := Defaults()
	o.ShuffleInput = false
	fields := map[string]any{
		"vocab_size": &o.VocabSize, "hard_vocab_limit": &o.HardVocabLimit, "use_all_vocab": &o.UseAllVocab,
		"character_coverage": &o.CharacterCoverage, "required_chars": &o.RequiredChars, "byte_fallback": &o.ByteFallback,
		"control_symbols": &o.ControlSymbols, "user_defined_symbols": &o.UserDefinedSymbols,
		"unk_id": &o.UnkID, "bos_id": &o.BosID, "eos_id": &o.EosID, "pad_id": &o.PadID, "eos_piece": &o.EosPiece, "unk_surface": &o.UnkSurface,
		"max_sentencepiece_length": &o.MaxPieceLength, "split_by_whitespace": &o.SplitByWhitespace, "split_by_unicode_script": &o.SplitByUnicodeScript,
		"split_by_number": &o.SplitByNumber, "split_digits": &o.SplitDigits, "treat_whitespace_as_suffix": &o.TreatWhitespaceAsSuffix,
		"allow_whitespace_only_pieces": &o.AllowWhitespaceOnly, "pretokenization_delimiter": &o.PretokenizationDelimiter,
		"normalization_rule_name": &o.Normalization, "add_dummy_prefix": &o.AddDummyPrefix, "remove_extra_whitespaces": &o.RemoveExtraWhitespaces,
		"input_sentence_size": &o.InputSentenceSize, "seed_sentencepiece_size": &o.SeedSize, "shrinking_factor": &o.ShrinkingFactor, "num_sub_iterations": &o.SubIterations,
	}
	for name, value := range from {
		text, _ := value.(string)
		switch name {
		case "model_type":
			var err error
			if o.Type, err = ParseType(text); err != nil {
				t.Fatal(err)
			}
		case "normalization_rule_tsv":
			data, err := os.ReadFile(filepath.Join("testdata", text))
			if err != nil {
				t.Fatal(err)
			}
			o.NormalizationRules = bytes.NewReader(data)
		case "seed_sentencepieces_file":
			for s, err := range WeightedFiles(1000, filepath.Join("testdata", text)) {
				if err != nil {
					t.Fatal(err)
				}
				o.Seeds = append(o.Seeds, SeedPiece(s))
			}
		case "input", "input_format":
		default:
			encoded, _ := json.Marshal(value)
			if fields[name] == nil {
				t.Fatalf("option %s is unknown here", name)
			}
			if err := json.Unmarshal(encoded, fields[name]); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	return o
}

func trainGolden(t *testing.T, g golden, threads int) *Model {
	t.Helper()
	o := optionsOf(t, g.options)
	o.Threads = threads
	sentences := Files(o.MaxSentenceLength, filepath.Join("testdata", "text.txt"))
	if input, ok := g.options["input"].(string); ok {
		sentences = WeightedFiles(o.MaxSentenceLength, filepath.Join("testdata", input))
	}
	m, err := Train(context.Background(), sentences, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func goldenNames(t *testing.T) []string {
	paths, err := filepath.Glob("testdata/*.golden")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d goldens, %v", len(paths), err)
	}
	var names []string
	for _, path := range paths {
		names = append(names, strings.TrimSuffix(filepath.Base(path), ".golden"))
	}
	return names
}

// TestTrain_MatchesReference compares pieces, their order, kinds and scores with models that the
// C++ library trained.
func TestTrain_MatchesReference(t *testing.T) {
	for _, name := range goldenNames(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := readGolden(t, filepath.Join("testdata", name+".golden"))
			got := trainGolden(t, g, 2).Pieces()
			wrong, inexact := 0, 0
			for i, want := range g.pieces {
				if i >= len(got) {
					break
				}
				p := got[i]
				if p.Text != want.Text || p.Kind != want.Kind || math.Abs(float64(p.Score-want.Score)) > 1e-6*math.Abs(float64(want.Score)) {
					if wrong++; wrong <= 5 {
						t.Errorf("piece %d is %+v, want %+v", i, p, want)
					}
				} else if p.Score != want.Score {
					inexact++
				}
			}
			if wrong > 0 || len(got) != len(g.pieces) {
				t.Errorf("%d pieces, want %d; %d differ", len(got), len(g.pieces), wrong)
			}
			if inexact > 0 {
				t.Logf("%d of %d scores differ in the last bit", inexact, len(got))
			}
		})
	}
}
