package tabular

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/pali3/pali3/ingest/internal/datauri"
	"github.com/pali3/pali3/ingest/internal/nametext"
	"github.com/pali3/pali3/shards"
)

// KindByName is the [Table.Kind] of texts whose kind is what their column's name says: caption,
// title, ocr, else alt.
const KindByName = "by-name"

// checkPattern checks the pattern of the images' names.
func (t *Table) checkPattern() error {
	if t.ImagePattern == "" {
		return nil
	}
	if strings.Count(t.ImagePattern, "{}") != 1 {
		return fmt.Errorf("--image-pattern %q: it has {} once, where the column's value belongs, as in 'images/{}.png'", t.ImagePattern)
	}
	if t.Columns.Image == "" {
		return fmt.Errorf("--image-pattern %q: no --image-column has what belongs in it", t.ImagePattern)
	}
	return nil
}

// imageName makes a name of what an image column holds, by the pattern if there is one.
func (t *Table) imageName(value string) string {
	if t.ImagePattern == "" || value == "" || base64Image(value) {
		return value
	}
	if scheme, rest, has := strings.Cut(value, ":"); has && (strings.EqualFold(scheme, "data") || strings.HasPrefix(rest, "//")) {
		return value
	}
	return strings.Replace(t.ImagePattern, "{}", value, 1)
}

// nameText gives a record without texts the one that its image's name makes, if the table is to do
// that. It returns what it left out.
func (w *work) nameText(s *shards.Sample, n numbered) []shards.LeftOut {
	if w.TextFrom == "" || len(s.Texts) > 0 {
		return nil
	}
	name := w.imageName(strings.TrimSpace(n.row.text(w.Columns.Image)))
	if name == "" || base64Image(name) || datauri.Is(name) {
		return []shards.LeftOut{{Reason: shards.LeftText, Name: "images without a name", N: 1}}
	}
	if address, err := url.Parse(name); err == nil && address.Scheme != "" {
		name = address.Path
	}
	text := nametext.From(w.TextFrom, name)
	if text == "" {
		return []shards.LeftOut{{Reason: shards.LeftText, Name: fmt.Sprintf("%.100s (its %s says nothing)", name, nametext.Describe(w.TextFrom)), N: 1}}
	}
	s.Texts = append(s.Texts, shards.Text{Kind: shards.Alt, Language: w.Language, Value: text})
	return nil
}
