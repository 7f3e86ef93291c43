package project

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/shards"
)

// maxHeld is the highest number of held-out images to write.
const maxHeld = 500

// held is the file of a held-out image, with a language and a question to try.
type held struct{ file, language, question string }

// writeImages writes held-out images as files, named by their keys, and returns the first one with
// a text or a question.
func (r *runner) writeImages(data *shards.Dataset) (first *held, err error) {
	if err := os.MkdirAll(r.path(ImagesFolder), 0o755); err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for s, err := range data.Samples() {
		if err != nil {
			return nil, err
		}
		if !slices.Contains(r.pipeline.Score.Splits, s.Split) || len(s.Images) == 0 || len(s.Texts)+len(s.Questions) == 0 {
			continue
		}
		if len(taken) == maxHeld {
			break
		}
		one := heldImage(&s, taken)
		if first == nil || first.language == "" && one.language != "" && first.question == "" {
			first = one
		}
		path := r.path(ImagesFolder, one.file)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if err := atomicfile.WriteBytes(path, s.Images[0].Bytes); err != nil {
			return nil, err
		}
	}
	return first, nil
}

func heldImage(s *shards.Sample, taken map[string]bool) *held {
	one := &held{}
	for _, text := range s.Texts {
		if text.Kind != shards.OCR {
			one.language = text.Language
			break
		}
	}
	for _, q := range s.Questions {
		if len(q.Answers) > 0 {
			one.question = q.Text
			break
		}
	}
	stem := fileStem(strings.TrimSuffix(s.Key, filepath.Ext(s.Key)))
	if !imagefile.HasImageEnding(s.Key) {
		stem = fileStem(s.Key)
	}
	for n := 1; one.file == "" || taken[one.file]; n++ {
		one.file = stem + "." + s.Images[0].Format
		if n > 1 {
			one.file = fmt.Sprintf("%s-%d.%s", stem, n, s.Images[0].Format)
		}
	}
	taken[one.file] = true
	return one
}

// fileStem makes a file name of a key, which may be a path: every character other than letters,
// digits, _, - and . becomes _.
func fileStem(key string) string {
	const longest = 80
	stem := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-.", r) {
			return r
		}
		return '_'
	}, key)
	stem = strings.TrimLeft(stem, ".")
	if runes := []rune(stem); len(runes) > longest {
		stem = string(runes[len(runes)-longest:])
	}
	if stem == "" {
		return "image"
	}
	return stem
}

// shellWord quotes a word for a shell if necessary.
func shellWord(word string) string {
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-./=:@%+,", r)
	}) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
