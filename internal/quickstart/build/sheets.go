package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"slices"

	"github.com/pali3/pali3/random"
)

// Sizes in pixels.
const (
	cellSize  = 64
	sheetSize = 2 * cellSize
)

// corners are the places of a sheet, in reading order.
var corners = []string{"top_left", "top_right", "bottom_left", "bottom_right"}

// sheet is 2 to 4 images of one split on a white canvas of 2x2 places.
type sheet struct {
	key, split string
	cells      [4]*emojiImage // by corner; nil is empty
	counted    string         // the gender that is counted: woman or man
	png        []byte
}

// images returns the cells that are not empty, in reading order.
func (s *sheet) images() []*emojiImage {
	return slices.DeleteFunc(slices.Clone(s.cells[:]), func(p *emojiImage) bool { return p == nil })
}

// composeSheets makes the sheets of all splits. Two in a row share no object: their questions are
// asked of both.
func composeSheets(images []*emojiImage, count map[string]int) ([]*sheet, error) {
	var sheets []*sheet
	for _, split := range splits {
		random := stream("sheets " + split)
		pool := sheetPool(inSplit(images, split))
		for i := range count[split] {
			s := &sheet{key: fmt.Sprintf("sheet-%04d", len(sheets)), split: split, counted: genders[1+i/2%2]}
			var taken []*emojiImage
			if i%2 == 1 {
				taken = sheets[len(sheets)-1].images()
			}
			if err := s.fill(pool, taken, random); err != nil {
				return nil, fmt.Errorf("composing %s of %s: %w", s.key, split, err)
			}
			if err := s.render(); err != nil {
				return nil, fmt.Errorf("rendering %s: %w", s.key, err)
			}
			sheets = append(sheets, s)
		}
	}
	return sheets, nil
}

// sheetPairs returns the sheets two by two.
func sheetPairs(sheets []*sheet) [][2]*sheet {
	var pairs [][2]*sheet
	for i := 0; i+1 < len(sheets); i += 2 {
		pairs = append(pairs, [2]*sheet{sheets[i], sheets[i+1]})
	}
	return pairs
}

// sheetPool returns the images that a sheet may show: images with a short English name that few
// others have. Of people it takes women and men, since questions count them.
func sheetPool(images []*emojiImage) []*emojiImage {
	const longest = 16 // letters
	return slices.DeleteFunc(slices.Clone(images), func(p *emojiImage) bool {
		clear := p.derivable() && len(p.object) <= longest && p.object != vague
		return !clear || slices.Contains([]string{"clock", "flag"}, p.family) || p.gender == "person"
	})
}

// fill draws the number of cells, the number of them that show the counted gender, the images and
// their places. No object may be like another of this sheet or of those taken.
func (s *sheet) fill(pool, taken []*emojiImage, random *random.Stream) error {
	n := 2 + random.IntN(3)
	counted := random.IntN(n + 1)
	var drawn []*emojiImage
	for _, i := range random.Perm(len(pool)) {
		p := pool[i]
		rival := func(q *emojiImage) bool { return alike(p.object, q.object) }
		if slices.ContainsFunc(drawn, rival) || slices.ContainsFunc(taken, rival) {
			continue
		}
		left := n - len(drawn)
		if p.gender == s.counted && counted > 0 {
			counted--
		} else if p.gender == s.counted || left <= counted {
			continue
		}
		if drawn = append(drawn, p); len(drawn) == n {
			break
		}
	}
	if len(drawn) < n {
		return fmt.Errorf("only %d of %d images fit together", len(drawn), n)
	}
	for i, corner := range random.Perm(len(corners))[:n] {
		s.cells[corner] = drawn[i]
	}
	return nil
}

// render draws the cells on white, pixel by pixel as they are.
func (s *sheet) render() error {
	canvas := image.NewRGBA(image.Rect(0, 0, sheetSize, sheetSize))
	draw.Draw(canvas, canvas.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	for i, p := range s.cells {
		if p == nil {
			continue
		}
		cell, err := png.Decode(bytes.NewReader(p.png))
		if err != nil {
			return fmt.Errorf("decoding %s: %w", p.file, err)
		}
		place := image.Rect(0, 0, cellSize, cellSize).Add(image.Pt(i%2*cellSize, i/2*cellSize))
		draw.Draw(canvas, place, cell, cell.Bounds().Min, draw.Over)
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, indexed(canvas)); err != nil {
		return err
	}
	s.png = b.Bytes()
	return nil
}
