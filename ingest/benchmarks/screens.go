package benchmarks

import (
	"context"
	"iter"
	"strings"

	"github.com/pali3/pali3/shards"
)

// readScreen2Words reads screen_summaries.csv: a summary of a screen of Rico a row, five for each.
var readScreen2Words = byImage(func(_ context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		for row, err := range csvRows(o.Annotations, true) {
			id := row.field("screenId")
			i := about(id, id+".jpg")
			i.sample.Texts = []shards.Text{caption("en", strings.TrimSpace(row.field("summary")))}
			if !yield(i, err) {
				return
			}
		}
	}
})

// readWidgetCap reads widget_captions.csv: a widget of a screen a row, its captions separated by |. The widget's
// place stands in Rico's view hierarchies alone; its node is kept.
func readWidgetCap(_ context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		for row, err := range csvRows(o.Annotations, true) {
			if err != nil {
				yield(item{}, err)
				return
			}
			id, node := row.field("screenId"), row.field("nodeId")
			i := item{images: []string{id + ".jpg"}, sample: shards.Sample{Key: id + "#" + node, Metadata: map[string]string{"node": node}}}
			for text := range strings.SplitSeq(row.field("captions"), "|") {
				if text = strings.TrimSpace(text); text != "" {
					i.sample.Texts = append(i.sample.Texts, caption("en", text))
				}
			}
			if !yield(i, nil) {
				return
			}
		}
	}
}
