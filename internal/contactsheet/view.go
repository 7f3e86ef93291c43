// Package contactsheet shows a dataset as one HTML page that needs nothing else: a contact sheet of
// rows drawn evenly from all of it, its languages and splits, and histograms of picture sizes and
// text lengths.
package contactsheet

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/jpeg"
	"io"
	"maps"
	"math/bits"
	"slices"
	"unicode/utf8"

	"golang.org/x/image/draw"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/shards"
)

//go:embed page.html
var pageHTML string

var page = template.Must(template.New("page").Parse(pageHTML))

// thumbnail is the longest side of a picture of the contact sheet; pictures over maxPixels are not
// decoded.
const (
	thumbnail = 240
	maxPixels = 64 << 20
)

// content is what the page shows.
type content struct {
	Name       string
	Totals     shards.Stat
	Languages  []bar
	Splits     []bar
	Histograms []histogram
	Tiles      []tile
}

type histogram struct {
	Title string
	Bars  []bar
}

// bar is a labelled count; Percent is of the longest bar.
type bar struct {
	Label   string
	Count   int64
	Percent int
}

// tile is a row of the contact sheet.
type tile struct {
	Row    int
	Key    string
	Image  template.URL // empty if there is none to show
	Images int
	Texts  []shards.Text
	Size   string
}

// Write writes the page of a dataset, with up to tiles rows on the contact sheet. It reads the
// image bytes of those rows only.
func Write(w io.Writer, d *shards.Dataset, name string, tiles int) error {
	c := content{Name: name, Totals: d.Manifest().Totals}
	c.Languages = named(c.Totals.Languages, c.Totals.Texts, "no language")
	c.Splits = named(c.Totals.Splits, c.Totals.Rows, "no split")
	if err := c.measure(d); err != nil {
		return err
	}
	tiles = min(tiles, d.Len())
	for i := range tiles {
		row := i * d.Len() / tiles
		s, err := d.Row(row)
		if err != nil {
			return err
		}
		c.Tiles = append(c.Tiles, tileOf(row, &s))
	}
	return page.Execute(w, c)
}

// measure counts sizes and lengths over all rows.
func (c *content) measure(d *shards.Dataset) error {
	v, err := d.Select("images.width", "images.height", "texts.value")
	if err != nil {
		return err
	}
	sides, lengths, aspects := map[int]int64{}, map[int]int64{}, map[string]int64{}
	for s, err := range v.Scan() {
		if err != nil {
			return err
		}
		for i := range s.Images {
			width, height := s.Images[i].Width, s.Images[i].Height
			sides[bits.Len(uint(max(width, height)))]++
			aspects[aspect(width, height)]++
		}
		for i := range s.Texts {
			lengths[bits.Len(uint(utf8.RuneCountInString(s.Texts[i].Value)))]++
		}
	}
	c.Histograms = []histogram{{"Longest side, pixels", powers(sides)}, {"Shape", named(aspects, 0, "")}, {"Text length, characters", powers(lengths)}}
	return nil
}

func aspect(width, height int32) string {
	switch {
	case height == 0 || width == 0:
		return "unknown"
	case float64(width)/float64(height) > 1.1:
		return "wide"
	case float64(height)/float64(width) > 1.1:
		return "tall"
	}
	return "square"
}

// powers are the bars of counts by the number of bits of a value, without a gap from the least to
// the greatest.
func powers(counts map[int]int64) (bars []bar) {
	sizes := slices.Sorted(maps.Keys(counts))
	if len(sizes) == 0 {
		return nil
	}
	for n := sizes[0]; n <= sizes[len(sizes)-1]; n++ {
		label := fmt.Sprint(n) // 0 and 1 are the only values of their sizes
		if n > 1 {
			label = fmt.Sprintf("%d–%d", 1<<(n-1), 1<<n-1)
		}
		bars = append(bars, bar{Label: label, Count: counts[n]})
	}
	return scaled(bars)
}

// named are the bars of named counts and, if there are any, of what has none of all, most first, at
// most 24.
func named(counts map[string]int64, all int64, none string) (bars []bar) {
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		bars = append(bars, bar{Label: name, Count: counts[name]})
		all -= counts[name]
	}
	if len(bars) > 0 && all > 0 {
		bars = append(bars, bar{Label: none, Count: all})
	}
	slices.SortStableFunc(bars, func(a, b bar) int { return int(min(max(b.Count-a.Count, -1), 1)) })
	if len(bars) > 24 {
		rest := bar{Label: fmt.Sprintf("%d more", len(bars)-23)}
		for _, b := range bars[23:] {
			rest.Count += b.Count
		}
		bars = append(bars[:23:23], rest)
	}
	return scaled(bars)
}

func scaled(bars []bar) []bar {
	most := int64(1)
	for _, b := range bars {
		most = max(most, b.Count)
	}
	for i := range bars {
		if bars[i].Count > 0 { // what is there is seen
			bars[i].Percent = int(max(1, bars[i].Count*100/most))
		}
	}
	return bars
}

func tileOf(row int, s *shards.Sample) tile {
	t := tile{Row: row, Key: s.Key, Images: len(s.Images), Texts: s.Texts[:min(len(s.Texts), 3)]}
	if len(s.Images) > 0 {
		m := &s.Images[0]
		t.Size = fmt.Sprintf("%s %d × %d", m.Format, m.Width, m.Height)
		t.Image = thumbnailOf(m.Bytes)
	}
	return t
}

// thumbnailOf returns a small picture as a data URL, or nothing if the bytes cannot be shown.
// Browsers show no TIFF.
func thumbnailOf(encoded []byte) template.URL {
	info, err := imagefile.Inspect(encoded)
	if err != nil || info.Width*info.Height > maxPixels {
		return ""
	}
	if info.Format != imagefile.TIFF && max(info.Width, info.Height) <= thumbnail && len(encoded) < 32<<10 {
		return template.URL("data:image/" + info.Format + ";base64," + base64.StdEncoding.EncodeToString(encoded))
	}
	m, err := augment.Decode(encoded) // upright, on white
	if err != nil {
		return ""
	}
	decoded := image.NewRGBA(image.Rect(0, 0, m.Width, m.Height))
	for i := range m.Width * m.Height {
		copy(decoded.Pix[4*i:], m.Pix[3*i:][:3])
		decoded.Pix[4*i+3] = 255
	}
	size := decoded.Bounds().Size()
	longest := max(size.X, size.Y)
	side := min(thumbnail, longest)
	small := image.NewRGBA(image.Rect(0, 0, max(1, size.X*side/longest), max(1, size.Y*side/longest)))
	draw.ApproxBiLinear.Scale(small, small.Bounds(), decoded, decoded.Bounds(), draw.Src, nil)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, small, &jpeg.Options{Quality: 80}); err != nil {
		return ""
	}
	return template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes()))
}
