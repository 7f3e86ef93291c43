// Command captions scores a file of captions by CIDEr-D, BLEU-1 to BLEU-4 and ROUGE-L and prints
// the seconds that it took, to be compared with pycocoevalcap:
//
//	captions make CAPTIONS FILE   write 25,000 images with five captions, in the words of CAPTIONS
//	captions score FILE           score them
//
// CAPTIONS is a JSON list of objects with a caption, of which the first 200 are taken, and FILE is
// one JSON object with candidates and references. peer.py scores it with pycocoevalcap.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/random"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "captions:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "make":
		return makeFile(args[1], args[2])
	case len(args) == 2 && args[0] == "score":
		return score(args[1])
	}
	return errors.New("want make CAPTIONS FILE or score FILE")
}

// corpus is a file of captions.
type corpus struct {
	Candidates []string   `json:"candidates"`
	References [][]string `json:"references"`
}

// makeFile writes captions that follow each word by one that follows it in real captions.
func makeFile(from, to string) error {
	next, err := readWords(from)
	if err != nil {
		return err
	}
	draw := random.New(20261129)
	caption := func() string {
		var words []string
		for word := ""; len(words) < 22; words = append(words, word) {
			follow := next[word]
			if word = follow[draw.IntN(len(follow))]; word == "" {
				break
			}
		}
		return strings.Join(words, " ")
	}
	const images, captions = 25_000, 5
	c := corpus{make([]string, images), make([][]string, images)}
	for i := range images {
		for range captions {
			c.References[i] = append(c.References[i], caption())
		}
		c.Candidates[i] = caption()
		if words := strings.Fields(c.References[i][0]); i%2 == 0 {
			c.Candidates[i] = strings.Join(append(words[:len(words)/2], strings.Fields(c.Candidates[i])...), " ")
		}
	}
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o666)
}

// readWords returns the words that follow each word in captions; "" is before the first and after
// the last.
func readWords(path string) (map[string][]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var rows []struct{ Caption string }
	if err := json.Unmarshal(data, &rows); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	next := map[string][]string{}
	for _, row := range rows[:min(200, len(rows))] {
		before := ""
		for _, word := range append(strings.Fields(row.Caption), "") {
			next[before] = append(next[before], word)
			before = word
		}
	}
	if len(next[""]) == 0 {
		return nil, fmt.Errorf("%s has no captions", path)
	}
	return next, nil
}

// score prints scores and seconds as JSON: of tokenizing and scoring, without reading the file.
func score(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var c corpus
	if err := json.Unmarshal(data, &c); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	began := time.Now()
	references, err := metrics.NewReferences(c.References)
	if err != nil {
		return err
	}
	scores, err := references.Score(c.Candidates)
	if err != nil {
		return err
	}
	seconds := time.Since(began).Seconds()
	var bleu metrics.BLEUCounts
	for _, counts := range scores.BLEU {
		bleu.Add(counts)
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"seconds": seconds, "cider": mean(scores.CIDEr), "rouge_l": mean(scores.ROUGEL), "bleu": bleu.Scores(),
	})
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
