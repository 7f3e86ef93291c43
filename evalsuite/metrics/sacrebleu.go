package metrics

import (
	"fmt"
	"math"
	"regexp"
	"strings"
)

// BLEUTokenizer splits texts into words for [CountSacreBLEU], as sacreBLEU's tokenizer of the same
// name does.
type BLEUTokenizer string

// The tokenizers of sacreBLEU that need no dictionary or model.
const (
	Tokenize13a           BLEUTokenizer = "13a"  // mteval-v13a.pl: European languages, sacreBLEU's default
	TokenizeInternational BLEUTokenizer = "intl" // mteval-v14.pl: punctuation and symbols of all languages
	TokenizeCharacters    BLEUTokenizer = "char"
	TokenizeChinese       BLEUTokenizer = "zh" // Chinese characters, and 13a between them
	TokenizeNone          BLEUTokenizer = "none"
)

// Tokenize returns the words of a text, separated by white space. An unknown tokenizer is an error.
func (t BLEUTokenizer) Tokenize(text string) (string, error) {
	switch text = strings.TrimRightFunc(text, isPythonSpace); t {
	case Tokenize13a:
		text = tokens13a.Replace(text)
		if strings.Contains(text, "&") {
			for _, entity := range [][2]string{{"&quot;", `"`}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}} {
				text = strings.ReplaceAll(text, entity[0], entity[1])
			}
		}
		text = mtevalMarks(" " + text + " ")
	case TokenizeInternational:
		text = markAfterNonDigit.ReplaceAllString(text, "$1 $2 ")
		text = markBeforeNonDigit.ReplaceAllString(text, " $1 $2")
		text = symbol.ReplaceAllString(text, " $1 ")
	case TokenizeCharacters:
		return strings.Join(strings.Split(text, ""), " "), nil
	case TokenizeChinese:
		var spaced strings.Builder
		for _, r := range pythonStrip(text) {
			if isChinese(r) {
				spaced.WriteString(" " + string(r) + " ")
			} else {
				spaced.WriteRune(r)
			}
		}
		text = mtevalMarks(spaced.String())
	case TokenizeNone:
		return text, nil
	default:
		return "", fmt.Errorf("unknown BLEU tokenizer %q; choose from 13a, intl, char, zh and none", string(t))
	}
	return strings.Join(pythonFields(text), " "), nil
}

// The steps of mteval-v13a.pl and mteval-v14.pl.
var (
	asciiMark          = regexp.MustCompile("([{-~\\[-` -&(-+:-@/])")
	pointAfterNonDigit = regexp.MustCompile(`([^0-9])([.,])`)
	pointBefore        = regexp.MustCompile(`([.,])([^0-9])`)
	dashAfterDigit     = regexp.MustCompile(`([0-9])(-)`)
	markAfterNonDigit  = regexp.MustCompile(`(\PN)(\pP)`)
	markBeforeNonDigit = regexp.MustCompile(`(\pP)(\PN)`)
	symbol             = regexp.MustCompile(`(\pS)`)
)

// tokens13a drops what mteval-v13a.pl drops, one after the other.
var tokens13a = replaceInTurn{{"<skipped>", ""}, {"-\n", ""}, {"\n", " "}}

type replaceInTurn [][2]string

func (r replaceInTurn) Replace(text string) string {
	for _, pair := range r {
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	return text
}

func mtevalMarks(text string) string {
	text = asciiMark.ReplaceAllString(text, " $1 ")
	text = pointAfterNonDigit.ReplaceAllString(text, "$1 $2 ")
	text = pointBefore.ReplaceAllString(text, " $1 $2")
	return dashAfterDigit.ReplaceAllString(text, "$1 $2 ")
}

// isChinese is true for the ranges of sacreBLEU's tokenizer_zh.py. Two of its ranges are written
// with five hexadecimal digits after \u, of which Python reads four: U+20000 to U+2A6D6 became
// U+2001 to U+2A6D, so that Japanese kana are split only from U+3000 on, but arrows and
// mathematical signs are.
func isChinese(r rune) bool {
	for _, of := range [][2]rune{
		{0x2001, 0x2a6d}, {0x2e80, 0x2eff}, {0x2f00, 0x2fdf}, {0x2ff0, 0x303f}, {0x3100, 0x312f}, {0x31a0, 0x31bf}, {0x31c0, 0x31ef},
		{0x3200, 0x33ff}, {0x3400, 0x4db5}, {0x4e00, 0x9fbb}, {0xf900, 0xfa2d}, {0xfa30, 0xfa6a}, {0xfa70, 0xfad9}, {0xfe10, 0xfe1f},
		{0xfe30, 0xfe4f}, {0xff00, 0xffef},
	} {
		if r >= of[0] && r <= of[1] {
			return true
		}
	}
	return false
}

// CountSacreBLEU counts one candidate's n-grams against its references as sacreBLEU does: texts as
// they are, which it tokenizes. The counts of a corpus are the sums over its texts;
// [BLEUCounts.SacreBLEU] is its score.
func CountSacreBLEU(candidate string, references []string, tokenizer BLEUTokenizer) (BLEUCounts, error) {
	words, err := tokenizer.Tokenize(candidate)
	if err != nil {
		return BLEUCounts{}, err
	}
	tokenized := make([]string, len(references))
	for n, reference := range references {
		tokenized[n], _ = tokenizer.Tokenize(reference)
	}
	return CountBLEU(words, tokenized), nil
}

// SacreBLEU is the corpus BLEU-4 from 0 to 1 (sacreBLEU prints it times 100), with its default
// smoothing "exp": the first length without a match counts half a match, the next a quarter.
func (c BLEUCounts) SacreBLEU() float64 {
	if c.Correct == [bleuN]int{} {
		return 0
	}
	logs, smooth := 0.0, 1.0
	for n := range bleuN {
		precision := 0.0
		switch {
		case c.Guessed[n] == 0:
			return 0
		case c.Correct[n] == 0:
			smooth *= 2
			precision = 1 / (smooth * float64(c.Guessed[n]))
		default:
			precision = float64(c.Correct[n]) / float64(c.Guessed[n])
		}
		logs += math.Log(precision)
	}
	brevity := 1.0
	if c.Candidate < c.Reference {
		brevity = math.Exp(1 - float64(c.Reference)/float64(c.Candidate))
	}
	return brevity * math.Exp(logs/bleuN)
}
