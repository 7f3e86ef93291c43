package benchmarks

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/shards"
)

const (
	textOCRCard = "Hugging Face, yunusserhat/TextOCR-Dataset"
	rrcScript   = "ICDAR Robust Reading Competition, end-to-end script.py; with polygons MhLiao/MaskTextSpotterV3, evaluation/totaltext/e2e/script.py"
)

// textocr is TextOCR (Singh et al., CVPR 2021): words in photographs with their outlines. A
// prediction has a line for each word, as the right answers do: the corners with commas, a tab and
// the word. Lines of eight numbers and a word, all with commas, are those of ICDAR's servers. A
// model of this program answers with boxes: <loc0102><loc0000><loc0921><loc1023> WORD ; ...
var textocr = Benchmark{
	Name: "textocr", About: "TextOCR: words in photographs, with their places",
	Layout: "textocr", Task: Answers,
	Splits: []Split{{"val", 3124, Secondary, textOCRCard}, {"train", 21778, Secondary, textOCRCard}},
	Prompt: "ocr\n", Chat: "Read all words in the image. Write a line for each word: the pixel coordinates of its four corners, clockwise from the top left, " +
		"and the word, with commas between, as in x1,y1,x2,y2,x3,y3,x4,y4,WORD. Write nothing else.", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 512},
	Metrics: []Metric{
		spotting("e2e_f1", "harmonic mean of end-to-end precision and recall", func(s metrics.Spotted) float64 { return harmonic(s.Read, s) }),
		spotting("e2e_precision", "share of the words found that are at the place of a word and say the same", func(s metrics.Spotted) float64 { return shareOf(s.Read, s.Found) }),
		spotting("e2e_recall", "share of the words that are found and read", func(s metrics.Spotted) float64 { return shareOf(s.Read, s.Words) }),
		spotting("detection_f1", "harmonic mean of precision and recall of places, whatever is read", func(s metrics.Spotted) float64 { return harmonic(s.Detected, s) }),
		spotting("detection_precision", "share of the words found that are at the place of a word", func(s metrics.Spotted) float64 { return shareOf(s.Detected, s.Found) }),
		spotting("detection_recall", "share of the words whose place is found", func(s metrics.Spotted) float64 { return shareOf(s.Detected, s.Words) }),
	},
	Adapt: wordless,
	Unit:  "image", Cluster: "image",
	Submission: Submission{ID: "image_id", Text: "words"},
}

// spotting is a score of the counts of all images.
func spotting(name, about string, score func(metrics.Spotted) float64) Metric {
	return Metric{Name: name, About: about, Source: rrcScript, Statistic: func(c *Corpus) (func([]int) float64, error) {
		all, err := once(c, "spotted", func(items []Item) ([]metrics.Spotted, error) {
			all := make([]metrics.Spotted, len(items))
			for n := range items {
				all[n] = spotted(&items[n])
			}
			return all, nil
		})
		return func(chosen []int) float64 {
			var sum metrics.Spotted
			for _, n := range chosen {
				sum = sum.Plus(all[n])
			}
			return score(sum)
		}, err
	}}
}

// wordsItem returns the item of a sample of a dataset, whose boxes are words and their places. A
// dataset has no outlines of words, and does not have those that cannot be read.
func wordsItem(s *shards.Sample, id string) Item {
	height, width := 1.0, 1.0
	if len(s.Images) > 0 && s.Images[0].Height > 0 && s.Images[0].Width > 0 {
		height, width = float64(s.Images[0].Height), float64(s.Images[0].Width)
	}
	i := Item{ID: cmp.Or(id, s.Key), Image: s.Key, Split: s.Split, Fields: metadataOf(s), fromDataset: true}
	for _, side := range []Field{{Name: "height", Value: number(height)}, {Name: "width", Value: number(width)}} {
		side.Question = i.ID
		i.Fields = append(i.Fields, side)
	}
	for n := range s.Boxes {
		b := &s.Boxes[n]
		if b.Image == 0 && b.Label != "" {
			x0, y0, x1, y1 := float64(b.X0)*width, float64(b.Y0)*height, float64(b.X1)*width, float64(b.Y1)*height
			i.References = append(i.References, fmt.Sprintf("%g,%g,%g,%g,%g,%g,%g,%g\t%s", x0, y0, x1, y0, x1, y1, x0, y1, b.Label))
		}
	}
	wordless(&i)
	return i
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// wordless marks an image without words as one that has nothing to find, so that it is scored: what
// is found in it is wrong.
func wordless(i *Item) {
	if len(i.References) == 0 {
		i.Scene = &Scene{}
	}
}

func shareOf(n, all int) float64 {
	if all == 0 {
		return 0
	}
	return float64(n) / float64(all)
}

// harmonic is the harmonic mean of the shares of the words found and of the words there.
func harmonic(n int, s metrics.Spotted) float64 {
	precision, recall := shareOf(n, s.Found), shareOf(n, s.Words)
	if precision+recall == 0 {
		return 0
	}
	return 2 * precision * recall / (precision + recall)
}

// spotted matches the prediction for an image.
func spotted(i *Item) metrics.Spotted {
	var words []metrics.Word
	for _, line := range i.References {
		if w, ok := wordOf(line); ok {
			w.DontCare = w.Text == "###" || w.Text == ""
			words = append(words, w)
		}
	}
	if strings.Contains(i.Prediction, "<loc") {
		return metrics.Spot(words, wordsInRegions(i))
	}
	var found []metrics.Word
	for line := range strings.Lines(i.Prediction) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		w, ok := wordOf(strings.TrimRight(line, "\r\n"))
		if !ok {
			i.Unparsed = "a line without corners and a word"
			continue
		}
		found = append(found, w)
	}
	return metrics.Spot(words, found)
}

// wordsInRegions returns the words of an answer with boxes.
func wordsInRegions(i *Item) (found []metrics.Word) {
	height, errH := strconv.ParseFloat(i.Field("height"), 64)
	width, errW := strconv.ParseFloat(i.Field("width"), 64)
	regions, invalid := regionsIn(i.Prediction)
	if len(invalid) > 0 || errH != nil || errW != nil {
		i.Unparsed = "a part that is no box"
	}
	for _, r := range regions {
		y0, x0, y1, x1 := r.at[0]*height, r.at[1]*width, r.at[2]*height, r.at[3]*width
		found = append(found, metrics.Word{Corners: [][2]float64{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}, Text: r.label})
	}
	return found
}

// mostCorners bounds the corners of a word.
const mostCorners = 200

// wordOf reads a line with corners and a word: numbers with commas before a tab, or eight numbers
// and the word with commas.
func wordOf(line string) (w metrics.Word, ok bool) {
	place, text, tabbed := strings.Cut(line, "\t")
	var numbers []string
	if tabbed {
		numbers = strings.Split(place, ",")
	} else if parts := strings.SplitN(line, ",", 9); len(parts) == 9 {
		numbers, text = parts[:8], parts[8]
	}
	if len(numbers) < 6 || len(numbers)%2 == 1 || len(numbers) > 2*mostCorners {
		return w, false
	}
	for n := 0; n < len(numbers); n += 2 {
		x, errX := strconv.ParseFloat(strings.TrimSpace(numbers[n]), 64)
		y, errY := strconv.ParseFloat(strings.TrimSpace(numbers[n+1]), 64)
		if errX != nil || errY != nil || !(math.Abs(x) <= 1e6 && math.Abs(y) <= 1e6) {
			return w, false
		}
		w.Corners = append(w.Corners, [2]float64{x, y})
	}
	w.Text = text
	return w, true
}
