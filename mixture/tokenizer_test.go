package mixture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
	"github.com/pali3/pali3/tokenize/sentencepiece"
	"github.com/pali3/pali3/tokenize/sentencepiece/train"
)

// written makes a dataset of samples.
func written(t testing.TB, samples ...shards.Sample) *shards.Dataset {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	_, err := shards.Write(dir, func(yield func(shards.Sample, error) bool) {
		for i, s := range samples {
			s.Key = fmt.Sprint(i)
			if !yield(s, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// manyCaptions are samples of train in four languages, one of them without spaces.
func manyCaptions(n int) (samples []shards.Sample) {
	random := random.New(7)
	words := map[string][]string{
		"en": strings.Fields("a the red blue green cat dog house tree runs sits in on under garden street"),
		"ta": strings.Fields("சிவப்பு பூனை நாய் வீடு மரம் தோட்டம் தெரு"),
		"km": strings.Fields("ឆ្មា ឆ្កែ ផ្ទះ ដើមឈើ សួនច្បារ"),
		"zh": strings.Split("红,蓝,猫,狗,房子,树,花园,街道,在,跑,坐", ","),
	}
	for range n {
		s := shards.Sample{Split: "train"}
		for _, language := range []string{"en", "ta", "km", "zh"} {
			var parts []string
			for range 3 + random.IntN(4) {
				parts = append(parts, words[language][random.IntN(len(words[language]))])
			}
			separator := " "
			if language == "zh" || language == "km" {
				separator = ""
			}
			s.Texts = append(s.Texts, shards.Text{Kind: shards.Caption, Language: language, Value: strings.Join(parts, separator)})
		}
		samples = append(samples, s)
	}
	return samples
}

func TestTrainTokenizer_WritesEveryTextBack(t *testing.T) {
	d := written(t, manyCaptions(60)...)
	var report TokenizerReport
	o := TokenizerOptions{VocabSize: 400, Report: &report}
	trained, err := TrainTokenizer(t.Context(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	again, err := TrainTokenizer(t.Context(), d, o)
	if err != nil || !bytes.Equal(trained.Bytes(), again.Bytes()) {
		t.Errorf("trained again, the model differs: %v", err)
	}
	model, err := sentencepiece.Parse(trained.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	vocabulary, err := tokenize.New(model, tokenize.Config{Sentinels: 64, ModeTokens: true})
	if err != nil {
		t.Fatal(err)
	}
	for s, err := range d.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range s.Texts {
			if got := vocabulary.DecodeToEOS(append(vocabulary.Encode(text.Value), tokenize.EOS)); got != text.Value {
				t.Errorf("%q comes back as %q", text.Value, got)
			}
		}
	}
	if got := vocabulary.Decode(vocabulary.Encode("🦜 perroquet")); got != "🦜 perroquet" {
		t.Errorf("characters that are no pieces come back as %q", got)
	}
	if report.Texts != 240 || report.Languages["km"] != 60 || report.Pieces != 400 || report.VocabSize != 400 {
		t.Errorf("report %+v", report)
	}
	if ids := vocabulary.Encode("Generate"); len(ids) != 1 {
		t.Errorf("a word of the prompts takes %d ids", len(ids))
	}
}

func TestTrainTokenizer_LessTextThanAsked(t *testing.T) {
	var report TokenizerReport
	model, err := TrainTokenizer(t.Context(), written(t, manyCaptions(2)...), TokenizerOptions{VocabSize: 4096, Report: &report})
	if err != nil {
		t.Fatal(err)
	}
	if report.Pieces != model.Len() || report.Pieces >= 4096 || len(report.Notes) != 1 || !strings.Contains(report.Notes[0], fmt.Sprintf("the texts give %d pieces, not 4096", report.Pieces)) {
		t.Errorf("report %+v", report)
	}
}

// TestTrainTokenizer_RareCharacters: characters take at most a third of the pieces that are not
// special.
func TestTrainTokenizer_RareCharacters(t *testing.T) {
	samples := manyCaptions(60)
	random := random.New(5)
	for i := range samples {
		value := "rare "
		for range 20 { // words of which pieces can be made
			for range 2 + random.IntN(3) {
				value += []string{"ka", "lo", "mi", "ren", "ta", "vo", "shi", "pur", "den", "gal"}[random.IntN(10)]
			}
			value += " "
		}
		for j := range 20 {
			value += string(rune(0x5000 + 20*i + j))
		}
		samples[i].Texts = append(samples[i].Texts, shards.Text{Language: "zh", Value: value})
	}
	var report TokenizerReport
	model, err := TrainTokenizer(t.Context(), written(t, samples...), TokenizerOptions{VocabSize: 480, Report: &report})
	if err != nil {
		t.Fatal(err)
	}
	characters, rare := 0, 0
	for _, p := range model.Pieces() {
		if p.Kind == sentencepiece.Normal && len([]rune(p.Text)) == 1 {
			characters++
			if p.Text >= string(rune(0x5000)) && p.Text < string(rune(0x5000+1200)) {
				rare++
			}
		}
	}
	if limit := (480 - 259) / 3; characters > limit || rare > 0 {
		t.Errorf("%d characters are pieces, %d rare ones; the limit is %d", characters, rare, limit)
	}
	if len(report.Notes) == 0 || !strings.Contains(report.Notes[0], "characters are pieces; the others, rare ones, are spelt in bytes") {
		t.Errorf("notes %q", report.Notes)
	}
}

func TestTrainTokenizer_Refuses(t *testing.T) {
	samples := manyCaptions(3)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name    string
		ctx     context.Context
		samples []shards.Sample
		o       TokenizerOptions
		want    string
	}{
		{"another split", t.Context(), samples, TokenizerOptions{Split: "val"}, `no captions, questions or answers in the split "val"; it has "train" with 3 samples`},
		{"no texts", t.Context(), []shards.Sample{{Split: "train"}}, TokenizerOptions{}, `no captions, questions or answers in the split "train"`},
		{"empty texts", t.Context(), []shards.Sample{{Split: "train", Texts: []shards.Text{{Value: ""}}}}, TokenizerOptions{}, "no captions"},
		{"too small", t.Context(), samples, TokenizerOptions{VocabSize: 200}, "a vocabulary of 200 pieces: 259 are taken by bytes and special pieces; want at least 320"},
		{"cancelled", cancelled, samples, TokenizerOptions{}, "context canceled"},
	} {
		if _, err := TrainTokenizer(c.ctx, written(t, c.samples...), c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
	failing := func(yield func(train.Sentence, error) bool) { yield(train.Sentence{}, errors.New("the disk is gone")) }
	if _, err := TrainTokenizerOfLines(t.Context(), failing, TokenizerOptions{}); err == nil || !strings.Contains(err.Error(), "the disk is gone") {
		t.Errorf("lines that fail: %v", err)
	}
}

// TestCandidates compares the substrings found with those of a table of all.
func TestCandidates(t *testing.T) {
	random := random.New(3)
	letters := []rune("abcé红猫்,.!▁\"")
	counts := &wordCounts{words: map[string]int64{"alt_text": 4, "0:": 3, "...": 2, "!": 1}, characters: map[rune]int64{}}
	for range 400 {
		word := make([]rune, 1+random.IntN(24))
		for i := range word {
			word[i] = letters[random.IntN(len(letters)-random.IntN(len(letters)))]
		}
		counts.words[string(word)] += int64(1 + random.IntN(3))
	}
	for word, count := range counts.words {
		for _, r := range word {
			counts.characters[r] += count
		}
	}
	for _, limit := range []int{0, 9} {
		kept := counts.alphabet(limit)
		runs, whole, _ := counts.runs(kept, maxWordBytes)
		want := maps.Clone(whole)
		for _, r := range runs {
			text := []rune(r.text)
			for begin := range text {
				for end := begin + 2; end <= min(len(text), begin+longestPiece); end++ {
					want[string(text[begin:end])] += r.count
				}
			}
		}
		maps.DeleteFunc(want, func(_ string, count int64) bool { return count < 2 })
		seeds := counts.candidates(kept, maxCandidates, &TokenizerReport{})
		got := map[string]int64{}
		for _, s := range seeds {
			got[s.Text] = s.Count
		}
		if len(got) != len(seeds) || !maps.Equal(got, want) {
			t.Errorf("limit %d: %d candidates, %d different, want %d", limit, len(seeds), len(got), len(want))
		}
		few := counts.candidates(kept, 50, &TokenizerReport{})
		slices.SortFunc(seeds, func(a, b train.SeedPiece) int {
			return int(b.Count*int64(len([]rune(b.Text))) - a.Count*int64(len([]rune(a.Text))))
		})
		for _, s := range few {
			if last := seeds[len(few)-1]; s.Count*int64(len([]rune(s.Text))) < last.Count*int64(len([]rune(last.Text))) {
				t.Errorf("limit %d: %q, %d times, is among the best %d", limit, s.Text, s.Count, len(few))
			}
		}
	}
}

func TestCutWord(t *testing.T) {
	for word, want := range map[string]string{
		"cat":         "▁cat",
		"\"cat\",":    "cat|\",",
		"alt_text's":  "▁alt_text",
		"சிவப்பு.":    "▁சிவப்பு",
		"ផ្ទះ":        "▁ផ្ទះ",
		"कि।":         "▁कि।",
		"e\u0301té":   "▁e\u0301té",
		"ქართული":     "▁ქართული",
		"قطّة":        "▁قط",
		"红猫、狗":        "▁红猫",
		"...":         "...",
		"क्\u200dष":   "▁क्\u200dष",
		"rar\u5000e-": "▁rar", // U+5000 is no piece
	} {
		kept := map[rune]bool{}
		for _, r := range word {
			kept[r] = r != 0x5000
		}
		var parts []string
		for _, part := range cutWord([]rune("▁"+word), kept) {
			parts = append(parts, string(part))
		}
		if got := strings.Join(parts, "|"); got != want {
			t.Errorf("%q is cut into %q, want %q", word, got, want)
		}
	}
}

func TestRuns_LeavesOutRareWords(t *testing.T) {
	counts := &wordCounts{words: map[string]int64{"often": 9, "seldom": 2, "once": 1, "never": 1}}
	runs, _, leftOut := counts.runs(map[rune]bool{}, len("often")+len("seldom")+1)
	if len(runs) != 0 || leftOut != 2 {
		t.Errorf("%v, %d left out", runs, leftOut)
	}
	if _, _, leftOut := counts.runs(map[rune]bool{}, 100); leftOut != 0 {
		t.Errorf("%d left out", leftOut)
	}
}

func TestSuggestVocabulary(t *testing.T) {
	for _, c := range []struct {
		what string
		s    TextStats
		want int
	}{
		{"nothing", TextStats{}, 512},
		{"77,000 questions of 33 words", TextStats{Characters: 1_282_305, DistinctWords: 33, CommonAlphabet: 23}, 512},
		{"401 captions", TextStats{Characters: 21_391, DistinctWords: 1050, CommonAlphabet: 55}, 1024},
		{"1,000 descriptions", TextStats{Characters: 169_319, DistinctWords: 7757, CommonAlphabet: 85}, 2048},
		{"62,000 captions in 76 languages", TextStats{Characters: 1_185_995, DistinctWords: 65_536, CommonAlphabet: 2847}, 7168},
		{"a million captions", TextStats{Characters: 50_000_000, DistinctWords: 65_536, CommonAlphabet: 90}, 25_600},
		{"a thousand million", TextStats{Characters: 50_000_000_000, DistinctWords: 65_536, CommonAlphabet: 9000}, 32_000},
	} {
		if got := SuggestVocabulary(c.s); got != c.want {
			t.Errorf("%s: %d pieces, want %d", c.what, got, c.want)
		}
	}
}

func TestMeasureTexts(t *testing.T) {
	d := written(t,
		shards.Sample{Split: "train", Texts: []shards.Text{{Language: "en", Value: "a cat"}, {Language: "en", Value: ""}}},
		shards.Sample{Split: "train", Questions: []shards.Question{{Text: "which cat?", Answers: []shards.Answer{{Text: "a"}, {Text: "b"}}}}},
		shards.Sample{Split: "val", Texts: []shards.Text{{Language: "fr", Value: "un chat"}}},
	)
	s, err := MeasureTexts(t.Context(), d, "")
	if err != nil || s.Texts != 4 || s.Words != 6 || s.DistinctWords != 5 || s.Characters != 17 || !maps.Equal(s.Languages, map[string]int{"en": 1, "": 3}) {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err = MeasureTexts(t.Context(), d, "all"); err != nil || s.Texts != 5 || s.Languages["fr"] != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestTextSource_DrawsAndCuts(t *testing.T) {
	long := strings.Repeat("猫", 3000) + " " + strings.Repeat("word ", 1000)
	lines := func(yield func(train.Sentence, error) bool) {
		for i := range 1000 {
			if !yield(train.Sentence{Text: fmt.Sprint("line ", i), Count: 1}, nil) {
				return
			}
		}
		yield(train.Sentence{Text: long, Count: 1}, nil)
	}
	from := textsOfLines(t.Context(), lines)
	joined, n := "", 0
	for s, err := range from.sentences() {
		if err != nil || len(s.Text) > longestText {
			t.Fatal(len(s.Text), err)
		}
		if n++; n > 2000 && !strings.HasPrefix(s.Text, "Generate") {
			joined += s.Text
		}
	}
	if joined != long {
		t.Error("the parts of a long text are not the text")
	}
	drawn := map[string]bool{}
	for s, err := range from.drawn(0.25) {
		if err != nil {
			t.Fatal(err)
		}
		drawn[s.text] = true
	}
	if len(drawn) < 200 || len(drawn) > 300 {
		t.Errorf("%d of 1000 lines are drawn, want about 250", len(drawn))
	}
}

func TestTokenizerFit(t *testing.T) {
	model, err := sentencepiece.Open("../tokenize/sentencepiece/testdata/nmt_nfkc.model")
	if err != nil {
		t.Fatal(err)
	}
	asked := shards.Sample{Split: "val", Questions: []shards.Question{{Language: "en", Text: "which cat?"}}}
	d := written(t, shards.Sample{Split: "train", Texts: []shards.Text{{Language: "fr", Value: "un chat"}, {Value: "a cat"}, {Language: "fr", Value: "deux"}}}, asked)
	fits, err := TokenizerFit(model, d, "")
	if err != nil || len(fits) != 2 || fits[0].Language != "fr" || fits[0].Texts != 2 || fits[0].Words != 3 || fits[1].Language != "und" {
		t.Errorf("%+v, %v", fits, err)
	}
	if fits, err = TokenizerFit(model, d, "val"); err != nil || len(fits) != 1 || fits[0].Words != 2 {
		t.Errorf("questions: %+v, %v", fits, err)
	}
	if fits, err = TokenizerFit(model, d, "test"); err != nil || len(fits) != 0 {
		t.Errorf("no split: %+v, %v", fits, err)
	}
}

func ExampleTrainTokenizerOf() {
	samples := slices.Values([]shards.Sample{
		{Key: "1", Split: "train", Texts: []shards.Text{{Language: "en", Value: "a cat on a mat"}, {Language: "de", Value: "eine Katze auf einer Matte"}}},
		{Key: "2", Split: "train", Texts: []shards.Text{{Language: "en", Value: "a cat in a garden"}, {Language: "de", Value: "eine Katze in einem Garten"}}},
	})
	each := func(yield func(shards.Sample, error) bool) {
		for s := range samples {
			if !yield(s, nil) {
				return
			}
		}
	}
	var report TokenizerReport
	model, err := TrainTokenizerOf(context.Background(), each, TokenizerOptions{VocabSize: 320, Report: &report})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Texts, report.Languages, model.Len(), model.Pieces()[0].Text, model.Pieces()[1].Text)
	// Output:
	// 4 map[de:2 en:2] 300 <pad> </s>
}
