package benchmarks

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/pali3/pali3/shards"
)

// readScreen2Words reads screen_summaries.csv: each row has a summary of a screen of Rico, five
// rows for each screen.
var readScreen2Words = byImage(func(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		for row, err := range csvRows(ctx, o.Annotations, "screenId", "summary") {
			id := row.field("screenId")
			i := about(id, openImagesNames(id)...)
			if err == nil {
				i.say("en", words{text: row.field("summary"), given: true}, fmt.Sprintf("%s: line %d", id, row.line))
			}
			if err = i.checked(err); err == errNoKey {
				err = fmt.Errorf("line %d: no screenId", row.line)
			}
			if !yield(i, err) {
				return
			}
		}
	}
})

// readWidgetCap reads widget_captions.csv: each row has a widget of a screen with captions
// separated by |. The position of the widget is in Rico's view hierarchies only, so its node is
// kept.
func readWidgetCap(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		for row, err := range csvRows(ctx, o.Annotations, "screenId", "nodeId", "captions") {
			id, node := row.field("screenId"), row.field("nodeId")
			if err == nil && id == "" {
				err = fmt.Errorf("line %d: no screenId", row.line)
			}
			i := about(id+"#"+node, openImagesNames(id)...)
			i.sample.Metadata = map[string]string{"node": node}
			for text := range strings.SplitSeq(row.field("captions"), "|") {
				if strings.TrimSpace(text) != "" {
					i.sample.Texts = append(i.sample.Texts, caption("en", text))
				}
			}
			if err == nil && len(i.sample.Texts) == 0 {
				i.leave(shards.LeftText, "%s: line %d: no captions", i.sample.Key, row.line)
			}
			if err != nil {
				i = item{}
			}
			if !yield(i, err) {
				return
			}
		}
	}
}
