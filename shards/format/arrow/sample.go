package arrow

import (
	"time"

	"github.com/pali3/pali3/shards"
)

// sampleOf makes a sample of the values of a row of [Schema]; ok is false for a row of another
// schema.
func sampleOf(values map[string]any) (s shards.Sample, ok bool) {
	for _, f := range Schema.Fields() {
		if _, has := values[f.Name]; !has {
			return s, false
		}
	}
	r := row{values}
	s.Key, s.Split = of[string](r, "key"), of[string](r, "split")
	r.each("images", func(r row) {
		s.Images = append(s.Images, shards.Image{Bytes: of[[]byte](r, "bytes"), Format: of[string](r, "format"),
			Width: of[int32](r, "width"), Height: of[int32](r, "height"), SHA256: of[string](r, "sha256")})
	})
	r.each("texts", func(r row) {
		t := shards.Text{Kind: of[string](r, "kind"), Language: of[string](r, "language"), Value: of[string](r, "value")}
		if score, has := r.values["score"].(float64); has {
			t.Score = &score
		}
		s.Texts = append(s.Texts, t)
	})
	r.each("questions", func(r row) {
		q := shards.Question{ID: of[string](r, "id"), Text: of[string](r, "text"), Language: of[string](r, "language"), Kind: of[string](r, "kind")}
		r.each("answers", func(r row) {
			q.Answers = append(q.Answers, shards.Answer{Text: of[string](r, "text"), Confidence: of[string](r, "confidence")})
		})
		s.Questions = append(s.Questions, q)
	})
	r.each("boxes", func(r row) {
		x := shards.Box{Label: of[string](r, "label"), Image: of[int32](r, "image"), Y0: of[float32](r, "y0"), X0: of[float32](r, "x0"),
			Y1: of[float32](r, "y1"), X1: of[float32](r, "x1")}
		x.Mask, _ = r.values["mask"].([]byte)
		s.Boxes = append(s.Boxes, x)
	})
	p := row{of[map[string]any](r, "provenance")}
	s.Provenance = shards.Provenance{URL: of[string](p, "url"), PageURL: of[string](p, "page_url"), Licence: of[string](p, "licence"),
		FetchedAt: of[time.Time](p, "fetched_at")}
	for name, v := range of[map[string]any](r, "scores") {
		if score, isNumber := v.(float64); isNumber {
			if s.Scores == nil {
				s.Scores = map[string]float64{}
			}
			s.Scores[name] = score
		}
	}
	for name, v := range of[map[string]any](r, "metadata") {
		if text, isText := v.(string); isText {
			if s.Metadata == nil {
				s.Metadata = map[string]string{}
			}
			s.Metadata[name] = text
		}
	}
	return s, true
}

// row is a struct's values.
type row struct {
	values map[string]any
}

// of returns a value of the type that the schema has; nulls and values of other types are zero.
func of[T any](r row, name string) T {
	v, _ := r.values[name].(T)
	return v
}

// each calls do for each struct of a list.
func (r row) each(name string, do func(row)) {
	for _, v := range of[[]any](r, name) {
		if fields, ok := v.(map[string]any); ok {
			do(row{fields})
		}
	}
}
