package tabular

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/pali3/pali3/ingest/internal/datauri"
	"github.com/pali3/pali3/ingest/internal/nametext"
	"github.com/pali3/pali3/shards"
)

// KindByName is the [Table.Kind] that takes a text's kind from its column's name: caption, title,
// ocr, else alt.
const KindByName = "by-name"

// checkPattern checks the pattern of image names.
func (t *Table) checkPattern() error {
	if t.ImagePattern == "" {
		return nil
	}
	if strings.Count(t.ImagePattern, "{}") != 1 {
		return fmt.Errorf("--image-pattern %q: it must contain {} once, in place of the column's value, as in 'images/{}.png'", t.ImagePattern)
	}
	if t.Columns.Image == "" {
		return fmt.Errorf("--image-pattern %q: it needs an --image-column for its value", t.ImagePattern)
	}
	return nil
}

// imageName makes an image's name from a column's value, by the pattern if there is one.
func (t *Table) imageName(value string) string {
	if t.ImagePattern == "" || value == "" || base64Image(value) {
		return value
	}
	if scheme, rest, has := strings.Cut(value, ":"); has && (strings.EqualFold(scheme, "data") || strings.HasPrefix(rest, "//")) {
		return value
	}
	return strings.Replace(t.ImagePattern, "{}", value, 1)
}

// nameText adds a text made from the image's name to a record without texts, if TextFrom asks for
// it. It returns what it left out.
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
