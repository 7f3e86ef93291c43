package train

import (
	"archive/tar"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// record is what parity/quickstart_tokenizer.py reads of a record.
type record struct {
	Split     string
	Texts     []struct{ Language, Value string }
	Questions []struct {
		Language, Text string
		Answers        []struct{ Text string }
	}
}

// PaLI's prompts without their sentinel.
const (
	captionPrompt  = "Generate the alt_text in %s at 0:"
	answerPrompt   = "Answer in EN: %s"
	questionPrompt = "Generate a question in %s for %s:"
)

// quickstartTexts returns the texts of the train split, as the script orders them.
func quickstartTexts(t *testing.T, path string) []string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var texts []string
	for archive := tar.NewReader(file); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(header.Name, ".json") {
			continue
		}
		var r record
		if err := json.NewDecoder(archive).Decode(&r); err != nil {
			t.Fatal(err)
		}
		if cmp.Or(r.Split, "train") == "train" {
			texts = append(texts, r.list()...)
		}
	}
}

func (r record) list() (texts []string) {
	for _, text := range r.Texts {
		texts = append(texts, text.Value, fmt.Sprintf(captionPrompt, cmp.Or(text.Language, "en")))
	}
	for _, q := range r.Questions {
		texts = append(texts, q.Text, fmt.Sprintf(answerPrompt, q.Text))
		for _, a := range q.Answers {
			texts = append(texts, a.Text, fmt.Sprintf(questionPrompt, cmp.Or(q.Language, "en"), a.Text))
		}
	}
	return texts
}

const quickstartLongest = 16 // characters of a piece

// quickstartSeeds are the candidates of the script: every part of a word without punctuation, parts that are all
// punctuation, and the words of the prompts, if they occur twice.
func quickstartSeeds(texts []string) []SeedPiece {
	prompts := map[string]bool{}
	for word := range strings.FieldsSeq(strings.NewReplacer("%s", "{}").Replace(captionPrompt + " " + answerPrompt + " " + questionPrompt)) {
		prompts[word] = true
	}
	words := map[string]int64{}
	for _, text := range texts {
		for word := range strings.FieldsSeq(text) {
			words[word]++
		}
	}
	found := map[string]int64{}
	for word, count := range words {
		if prompts[word] || !strings.ContainsFunc(word, inWord) {
			found[spaceText+word] += count
		}
		for _, run := range runs([]rune(spaceText + word)) {
			for begin := range run {
				for end := begin + 2; end <= min(len(run), begin+quickstartLongest); end++ {
					found[string(run[begin:end])] += count
				}
			}
		}
	}
	var seeds []SeedPiece
	for text, count := range found {
		if count > 1 {
			seeds = append(seeds, SeedPiece{text, count})
		}
	}
	slices.SortFunc(seeds, func(a, b SeedPiece) int { return strings.Compare(a.Text, b.Text) })
	return seeds
}

// runs cuts a word into parts with and without letters.
func runs(word []rune) (parts [][]rune) {
	for len(word) > 0 {
		in := inWord(word[0])
		end := 1
		for end < len(word) && (in && inWord(word[end]) || !in && !isLetter(word[end]) && word[end] != space) {
			end++
		}
		parts = append(parts, word[:end])
		word = word[end:]
	}
	return parts
}

func isLetter(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

func inWord(r rune) bool {
	return r == space || isLetter(r) || r >= 0x300 && r <= 0x36f || r >= 0x900 && r <= 0x97f || r >= 0xe00 && r <= 0xe7f || r == 0x200c || r == 0x200d
}

// TestQuickstartTokenizer trains the quickstart's model with this package and compares it with the committed one, which the
// C++ library made.
func TestQuickstartTokenizer(t *testing.T) {
	const data = "../../../internal/quickstart/data/"
	texts := quickstartTexts(t, data+"emoji.tar")
	committed, err := sentencepiece.Open(data + "tokenizer.model")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	o := Defaults()
	o.VocabSize, o.MaxPieceLength, o.CharacterCoverage, o.ByteFallback = 4096, quickstartLongest, 1, true
	o.PadID, o.EosID, o.UnkID, o.BosID = 0, 1, 2, -1
	o.SplitByUnicodeScript, o.Normalization = false, "identity"
	o.Seeds = quickstartSeeds(texts)
	m, err := Train(context.Background(), Texts(slices.Values(texts)), o)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	have := map[string]bool{}
	for id := range int32(committed.Len()) {
		have[committed.Piece(id).Text] = true
	}
	shared, sameID := 0, 0
	for id, p := range m.Pieces() {
		if have[p.Text] {
			shared++
		}
		if id < committed.Len() && committed.Piece(int32(id)).Text == p.Text {
			sameID++
		}
	}
	t.Logf("%d texts, %d candidates, %v: %d pieces, committed %d, shared %d, %d of them with the same id", len(texts), len(o.Seeds), took.Round(time.Millisecond), m.Len(), committed.Len(), shared, sameID)
	if 1000*shared < 995*committed.Len() {
		t.Errorf("%d of %d pieces are those of the committed model; want 99.5%%", shared, committed.Len())
	}
	ours, err := sentencepiece.Parse(m.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	lengths := [2]int{}
	differ := 0
	for _, text := range texts {
		a, b := ours.Tokens(text), committed.Tokens(text)
		lengths[0] += len(a)
		lengths[1] += len(b)
		if !slices.EqualFunc(a, b, func(x, y sentencepiece.Token) bool { return x.Piece == y.Piece }) {
			differ++
		}
	}
	t.Logf("the texts take %d pieces, with the committed model %d; %d texts are cut otherwise", lengths[0], lengths[1], differ)
}
