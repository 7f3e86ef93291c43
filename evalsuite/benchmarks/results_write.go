package benchmarks

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics/detection"
)

// WriteResults writes the results that COCO's and LVIS' servers take, of a file of results or of
// answers, and returns their number. The annotations list the images and categories; a file without
// annotations, as of a test set, suffices. Nothing is scored. Results are in the order of the
// images, and of one image in the order of the file; numbers keep their value.
func (b *Benchmark) WriteResults(ctx context.Context, f Files, o Options, w io.Writer) (n int, err error) {
	if b.Task != Boxes {
		return 0, fmt.Errorf("%s is no benchmark of boxes", b.Name)
	}
	j := &resultsJoin{base: &join{bench: b, files: f, problems: &problems{partial: o.Partial}}}
	if err := j.read(ctx); err != nil {
		return 0, err
	}
	out := bufio.NewWriter(w)
	out.WriteString("[")
	for r, err := range b.records(ctx, f) {
		if err != nil {
			return 0, j.base.named(err)
		}
		items, err := j.join(b.appendRecord(nil, &r))
		if err != nil {
			return 0, err
		}
		for at := range items {
			for _, d := range items[at].Found {
				if n > 0 {
					out.WriteString(",\n")
				}
				if err := b.writeResult(out, &items[at], &d); err != nil {
					return 0, fmt.Errorf("%s: image %s: %w", f.Predictions, items[at].ID, err)
				}
				n++
			}
		}
	}
	if err := j.end(); err != nil {
		return 0, err
	}
	out.WriteString("]\n")
	return n, out.Flush()
}

// writeResult writes a result: with the mask if it has one, else with the box.
func (b *Benchmark) writeResult(out *bufio.Writer, i *Item, d *detection.Detection) error {
	category := i.Scene.Categories[d.Category].ID
	for _, id := range []string{i.ID, category} {
		if id == "" || strings.Trim(id, "0123456789") != "" || len(id) > 18 {
			return fmt.Errorf("%q: the server of %s takes numbers as ids", id, b.Name)
		}
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	fmt.Fprintf(out, `{"image_id":%s,"category_id":%s,`, i.ID, category)
	if d.Mask == nil {
		fmt.Fprintf(out, `"bbox":[%s,%s,%s,%s]`, number(d.Box[0]), number(d.Box[1]), number(d.Box[2]), number(d.Box[3]))
	} else {
		counts, err := jsonText(d.Mask.String())
		if err != nil {
			return err
		}
		fmt.Fprintf(out, `"segmentation":{"size":[%d,%d],"counts":%s}`, d.Mask.Height, d.Mask.Width, counts)
	}
	fmt.Fprintf(out, `,"score":%s}`, number(d.Score))
	return nil
}
