package train

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

func plain(t Type, size int) Options {
	o := Defaults()
	o.Type, o.VocabSize, o.HardVocabLimit, o.Normalization = t, size, false, "identity"
	return o
}

func texts(lines ...string) iter.Seq2[Sentence, error] { return Texts(slices.Values(lines)) }

// TestTrain_IndependentOfThreads trains with one, three and seven threads.
func TestTrain_IndependentOfThreads(t *testing.T) {
	for _, name := range []string{"unigram_phrases", "bpe_phrases"} {
		g := readGolden(t, filepath.Join("testdata", name+".golden"))
		want := trainGolden(t, g, 1).Bytes()
		for _, threads := range []int{3, 7} {
			if got := trainGolden(t, g, threads).Bytes(); !bytes.Equal(got, want) {
				t.Errorf("%s: another model with %d threads", name, threads)
			}
		}
	}
}

func TestTrain_RejectsBadOptions(t *testing.T) {
	for _, c := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Type = 7 }, "Type(7) is not a type of model"},
		{func(o *Options) { o.VocabSize = 0 }, "VocabSize is 0"},
		{func(o *Options) { o.CharacterCoverage = 0.5 }, "CharacterCoverage is 0.5; want 0.98 to 1"},
		{func(o *Options) { o.CharacterCoverage = math.NaN() }, "CharacterCoverage is NaN"},
		{func(o *Options) { o.MaxPieceLength = 513 }, "MaxPieceLength is 513"},
		{func(o *Options) { o.ShrinkingFactor = 1 }, "ShrinkingFactor is 1"},
		{func(o *Options) { o.InputSentenceSize = 50 }, "InputSentenceSize is 50"},
		{func(o *Options) { o.UseAllVocab = true }, "UseAllVocab is for word and character models"},
		{func(o *Options) { o.UnkID = -1 }, "needs its unknown piece"},
		{func(o *Options) { o.BosID = 0 }, `BosID is 0, which is the id of "<unk>"`},
		{func(o *Options) { o.EosID = 5000 }, "EosID is 5000; ids end at VocabSize-1 = 49"},
		{func(o *Options) { o.ControlSymbols = []string{"<x>", "<x>"} }, `control symbol "<x>": named twice`},
		{func(o *Options) { o.UserDefinedSymbols = []string{"<unk>"} }, `user-defined symbol "<unk>": is the unknown piece`},
		{func(o *Options) { o.UserDefinedSymbols = []string{"a\x00"} }, "a NUL character in it"},
		{func(o *Options) { o.ByteFallback = true }, "no id left below VocabSize = 50"},
		{func(o *Options) { o.Normalization = "nfd" }, `"nfd": unknown name`},
		{func(o *Options) { o.NormalizationRules = strings.NewReader("zz\t61") }, `normalization rules, line 1: "zz" is not`},
		{func(o *Options) { o.PadID = 49 }, `special piece "<pad>" has the id 49, but the text gives only`},
		{func(o *Options) { o.VocabSize = 4 }, "VocabSize is 4, but 5 characters and 3 special pieces must be in it; raise it to 8"},
		{func(o *Options) { o.HardVocabLimit = true }, "VocabSize is 50, but the text gives only"},
		{func(o *Options) { o.Seeds = []SeedPiece{{"ab", 0}} }, `seed 0, "ab": its count is 0`},
	} {
		o := plain(Unigram, 50)
		c.change(&o)
		_, err := Train(context.Background(), texts("abc abd", "abc"), o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

func TestTrain_RejectsTextWithoutWords(t *testing.T) {
	for _, lines := range [][]string{nil, {""}, {" ", "   "}, {"\u2585 left out"}, {strings.Repeat("long", 2000)}} {
		for _, kind := range []Type{Unigram, BPE, Word, Character} {
			if _, err := Train(context.Background(), texts(lines...), plain(kind, 100)); err == nil || !strings.Contains(err.Error(), "no text to train on") {
				t.Errorf("%v of %q: %v", kind, lines, err)
			}
		}
	}
}

func TestTrain_ReturnsErrorsOfTheText(t *testing.T) {
	broken := errors.New("broken")
	_, err := Train(context.Background(), func(yield func(Sentence, error) bool) {
		_ = yield(Sentence{"a", 1}, nil) && yield(Sentence{}, broken)
	}, plain(BPE, 100))
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	_, err = Train(context.Background(), func(yield func(Sentence, error) bool) { yield(Sentence{"a", -1}, nil) }, plain(BPE, 100))
	if err == nil || !strings.Contains(err.Error(), `sentence "a": its count is -1`) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(broken)
	for _, kind := range []Type{Unigram, BPE} {
		if _, err := Train(ctx, texts("some text", "more text"), plain(kind, 100)); !errors.Is(err, broken) {
			t.Errorf("%v: %v", kind, err)
		}
	}
}

// TestChosen_SamplesSentences checks that a sample has the requested size, depends only on its
// seed, and comes from the whole text.
func TestChosen_SamplesSentences(t *testing.T) {
	var lines []string
	for i := range 1000 {
		lines = append(lines, strings.Repeat("x", 1+i))
	}
	draw := func(seed uint64, shuffle bool) (all []string) {
		o := plain(Word, 5000)
		o.InputSentenceSize, o.Seed, o.ShuffleInput = 150, seed, shuffle
		for s, err := range chosen(texts(lines...), &o) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, s.Text)
		}
		return all
	}
	first := draw(1, true)
	if len(first) != 150 || !slices.Equal(first, draw(1, true)) || slices.Equal(first, draw(2, true)) {
		t.Error("a draw is not a function of its seed")
	}
	sum := 0
	for _, text := range first {
		sum += len(text)
	}
	if mean := sum / len(first); mean < 400 || mean > 600 {
		t.Errorf("the mean place of drawn sentences is %d, want about 500", mean)
	}
	if got := draw(1, false); !slices.Equal(got, lines[:150]) {
		t.Errorf("%d first sentences", len(got))
	}
}

func TestFiles_TruncatesLongLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("x", 3<<20)+"\nshort\n\nlast"), 0o644); err != nil {
		t.Fatal(err)
	}
	var lengths []int
	for s, err := range Files(100, path) {
		if err != nil {
			t.Fatal(err)
		}
		lengths = append(lengths, len(s.Text))
	}
	if want := []int{101, 5, 4}; !slices.Equal(lengths, want) {
		t.Errorf("lines of %v bytes, want %v", lengths, want)
	}
	for _, err := range WeightedFiles(100, path) {
		if err != nil && !strings.Contains(err.Error(), `line 2, "short": want a text, a tab and a count`) {
			t.Error(err)
		}
	}
}

// TestTrain_RepetitiveTextIsNotSlow trains on text of one character, the worst case for suffix
// trees.
func TestTrain_RepetitiveTextIsNotSlow(t *testing.T) {
	line := strings.Repeat("a", 4000)
	lines := make([]string, 40)
	for i := range lines {
		lines[i] = line[:4000-i]
	}
	for _, kind := range []Type{Unigram, BPE} {
		if _, err := Train(context.Background(), texts(lines...), plain(kind, 30)); err != nil {
			t.Errorf("%v: %v", kind, err)
		}
	}
}

func TestSoftplusAndExp(t *testing.T) {
	for i := range 51_000 {
		x := -float64(i) / 1000.5
		if got, want := softplus(x), math.Log1p(math.Exp(x)); math.Abs(got-want) > 3e-16 {
			t.Fatalf("softplus(%v) = %v, want %v", x, got, want)
		}
	}
	for _, x := range []float64{0, 1e-7, -1e-7, -0.01, -0.5, -3.3, -17.77, -100.1, -699.99, -700, -745, -800, 2} {
		if got, want := exp(x), math.Exp(x); math.Abs(got-want) > 1e-15*want {
			t.Errorf("exp(%v) = %v, want %v", x, got, want)
		}
	}
}

// FuzzTrain trains every type of model on fuzzed lines and reads the models back.
func FuzzTrain(f *testing.F) {
	f.Add("the cat sat on the mat\nthe dog\n", uint16(0), uint8(30))
	f.Add("a\x00b \xff\xfe \u2581\u2581 \ufffd\ufffd \x1f<unk><s>\n\u0e01\u0e33\u65e5\u672c", uint16(0xffff), uint8(200))
	f.Add("aaaa bbbb aaaa\t12\n  spaces   and  more ", uint16(0x5a5a), uint8(9))
	f.Add("\x1f", uint16(0), uint8('N')) // a text that has nothing but what is left out of pieces
	f.Fuzz(func(t *testing.T, text string, flags uint16, size uint8) {
		flag := func(i int) bool { return flags>>i&1 == 1 }
		o := plain(Type(1+flags>>14), int(size)+1)
		o.SplitByWhitespace, o.TreatWhitespaceAsSuffix, o.AllowWhitespaceOnly = flag(0), flag(1), flag(2)
		o.SplitByUnicodeScript, o.SplitByNumber, o.SplitDigits = flag(3), flag(4), flag(5)
		o.AddDummyPrefix, o.RemoveExtraWhitespaces, o.UseAllVocab = flag(6), flag(7), flag(8) && o.Type > BPE
		if flag(9) {
			o.CharacterCoverage = 0.98
		}
		if flag(10) && o.Type <= BPE {
			o.PretokenizationDelimiter = "a"
		}
		if flag(11) {
			o.UserDefinedSymbols = []string{"<x>", "b"}
		}
		var lines []Sentence
		for i, line := range strings.Split(text, "\n") {
			lines = append(lines, Sentence{line, int64(i%3 + 1)})
		}
		m, err := Train(context.Background(), func(yield func(Sentence, error) bool) {
			for _, s := range lines {
				if !yield(s, nil) {
					return
				}
			}
		}, o)
		if err != nil {
			return
		}
		read, err := sentencepiece.Parse(m.Bytes())
		if err != nil {
			t.Fatalf("the reader refuses a model: %v", err)
		}
		if read.Len() != m.Len() {
			t.Fatalf("%d pieces written, %d read", m.Len(), read.Len())
		}
		for _, s := range lines {
			read.Encode(s.Text)
		}
	})
}
