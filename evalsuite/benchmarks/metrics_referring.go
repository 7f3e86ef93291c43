package benchmarks

import (
	"fmt"
	"image"
	"math"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics/detection"
	"github.com/pali3/pali3/tokenize"
)

// MaskDecoder turns the codes of masks into pixels, as the Codec of package maskvae does.
type MaskDecoder interface {
	// Decode returns the values of the mask of each row of 16 codes.
	Decode(codes [][]int32) ([][]float32, error)
	// Paste returns the mask of an image: the values of a mask, resized to a box of locations
	// (ymin, xmin, ymax, xmax).
	Paste(values []float32, box [4]int, height, width int) (*image.Gray, error)
}

const (
	segmentationPy = "google-research/big_vision, big_vision/evaluators/proj/paligemma/transfers/segmentation.py"
	lavtPy         = "yz93/LAVT-RIS, test.py"
)

// referringMetrics are scores of what an expression refers to. Those of masks need a decoder where
// predictions are codes; nil leaves such masks out.
func referringMetrics(decoder MaskDecoder) []Metric {
	metric := func(name, about, source string, value func(*refers) float64) Metric {
		return Metric{Name: name, About: about, Source: source, All: func(c *Corpus) ([]float64, error) {
			all, err := once(c, "referring", func(items []Item) ([]refers, error) { return referred(items, decoder) })
			if err != nil {
				return nil, err
			}
			values := make([]float64, len(all))
			for n := range all {
				values[n] = value(&all[n])
			}
			return values, nil
		}}
	}
	all := []Metric{
		metric("miou", "mean over expressions of the intersection of masks over their union", segmentationPy, (*refers).iou),
		{Name: "ciou", About: "intersections of all masks over all unions (cIoU, also called oIoU)", Source: lavtPy, Family: cumulativeFamily(decoder)},
	}
	for _, percent := range []int{50, 60, 70, 80, 90} {
		all = append(all, metric(fmt.Sprintf("precision_%d", percent), fmt.Sprintf("share of masks with an intersection over union of at least 0.%d", percent), lavtPy, func(r *refers) float64 {
			if iou := r.iou(); iou == iou {
				return one(iou >= float64(percent)/100)
			}
			return math.NaN()
		}))
	}
	for _, percent := range []int{50, 75} {
		all = append(all, metric(fmt.Sprintf("box_acc_%d", percent), fmt.Sprintf("share of boxes with an intersection over union of at least 0.%d", percent), segmentationPy, func(r *refers) float64 {
			return one(r.box >= float64(percent)/100)
		}))
	}
	return all
}

// wholeBoxes are the scores of boxes by big_vision, for which an answer without the codes of a mask
// is wrong.
func wholeBoxes() (all []Metric) {
	for _, percent := range []int{50, 75} {
		all = append(all, Metric{Name: fmt.Sprintf("box_acc_%d", percent), About: "as the owner's, of answers that have the codes of a mask", Source: segmentationPy,
			Each: func() func(*Item) float64 {
				return func(i *Item) float64 {
					region, err := tokenize.ParseMask(i.Prediction)
					if i.Found != nil || err != nil || i.Scene == nil || len(i.Scene.Regions) != 1 {
						return 0
					}
					return one(fractionIoU(region.Fractions(), fractionsOf(i.Scene)) >= float64(percent)/100)
				}
			}})
	}
	return all
}

// refers compares the prediction for an expression with the object.
type refers struct {
	both, any int  // pixels in both masks, and in any of them
	masks     bool // false if the prediction's mask is not known here
	box       float64
}

func (r *refers) iou() float64 {
	switch {
	case !r.masks:
		return math.NaN()
	case r.any == 0:
		return 0
	}
	return float64(r.both) / float64(r.any)
}

// cumulativeFamily is cIoU.
func cumulativeFamily(decoder MaskDecoder) *Family {
	compared := func(c *Corpus) ([]refers, error) {
		return once(c, "referring", func(items []Item) ([]refers, error) { return referred(items, decoder) })
	}
	return &Family{
		Prepare: func(c *Corpus) (*Statistics, error) {
			all, err := compared(c)
			return cumulativeStatistics(all), err
		},
		Name: "pixels",
		Evidence: func(c *Corpus) ([]map[string]string, error) {
			all, err := compared(c)
			texts := make([]map[string]string, len(all))
			for n, r := range all {
				if texts[n] = map[string]string{}; r.masks {
					texts[n]["both/any"] = fmt.Sprintf("%d/%d", r.both, r.any)
				}
			}
			return texts, err
		},
		FromEvidence: func(evidence []map[string]string) (*Statistics, error) {
			all := make([]refers, len(evidence))
			for n, of := range evidence {
				text, ok := of["both/any"]
				if !ok {
					continue
				}
				r := &all[n]
				r.masks = true
				const most = 1 << 40
				if _, err := fmt.Sscanf(text, "%d/%d", &r.both, &r.any); err != nil || r.both < 0 || r.both > r.any || r.any > most {
					return nil, fmt.Errorf("pixels %.40q: want two numbers as in 12/30, the first no larger", text)
				}
			}
			return cumulativeStatistics(all), nil
		},
	}
}

// cumulativeStatistics returns the sum of intersections over that of unions, NaN without masks.
func cumulativeStatistics(all []refers) *Statistics {
	return &Statistics{Values: func(drawn []int32) (scores, groups []float64) {
		both, any := 0, 0
		for n, times := range drawn {
			if all[n].masks {
				both, any = both+int(times)*all[n].both, any+int(times)*all[n].any
			}
		}
		if any == 0 {
			return []float64{math.NaN()}, nil
		}
		return []float64{float64(both) / float64(any)}, nil
	}}
}

// decodedTogether is the number of masks that are decoded at once.
const decodedTogether = 32

// referred compares the predictions for all items. A prediction that is no box is unparsed, and its
// intersection is empty.
func referred(items []Item, decoder MaskDecoder) ([]refers, error) {
	all := make([]refers, len(items))
	decodes := decoder != nil || !slices.ContainsFunc(items, func(i Item) bool { return i.Found == nil && i.Prediction != "" })
	for begin := 0; begin < len(items); begin += decodedTogether {
		end := min(begin+decodedTogether, len(items))
		if err := referredTogether(items[begin:end], all[begin:end], decoder, decodes); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func referredTogether(items []Item, all []refers, decoder MaskDecoder, decodes bool) error {
	regions := make([]tokenize.Region, len(items))
	var codes [][]int32
	for n := range items {
		i := &items[n]
		if i.Scene == nil || len(i.Scene.Regions) != 1 {
			return fmt.Errorf("expression %s: its Scene wants one region, the object", i.ID)
		}
		if i.Found != nil {
			continue
		}
		var err error
		if regions[n], err = leading(i.Prediction); err != nil {
			i.Unparsed = "no box, or codes of a mask that is not whole"
			continue
		}
		all[n].box = fractionIoU(regions[n].Fractions(), fractionsOf(i.Scene))
		if regions[n].Mask != nil && decoder != nil {
			codes = append(codes, regions[n].Mask)
		}
	}
	var values [][]float32
	if len(codes) > 0 {
		var err error
		if values, err = decoder.Decode(codes); err != nil {
			return err
		}
	}
	for n := range items {
		i := &items[n]
		var mask *detection.Mask
		switch {
		case i.Found != nil:
			found := &i.Found[0]
			mask, all[n].box = found.Mask, detection.BoxIoU(found.Box, i.Scene.Regions[0].Box, false)
			all[n].masks = mask != nil
		case regions[n].Mask != nil && decoder != nil:
			pixels, err := decoder.Paste(values[0], regions[n].Box, i.Scene.Height, i.Scene.Width)
			values = values[1:]
			all[n].masks = true
			if err != nil {
				i.Unparsed = "a box without a pixel of the image"
				break
			}
			mask = detection.MaskOf(pixels)
		default:
			all[n].masks = decodes
		}
		if !all[n].masks {
			continue
		}
		if err := all[n].compare(mask, i); err != nil {
			return err
		}
	}
	return nil
}

// leading returns the region that an answer begins with. Unlike [tokenize.ParseMask] it takes a box
// without a mask.
func leading(answer string) (tokenize.Region, error) {
	region, err := tokenize.ParseMask(answer)
	if err == nil {
		return region, nil
	}
	found, _ := tokenize.ParseRegions(answer)
	if len(found) == 0 {
		return tokenize.Region{}, err
	}
	return found[0], nil
}

// compare counts the pixels of the predicted mask, which may be nil, and of the object.
func (r *refers) compare(mask *detection.Mask, i *Item) error {
	object := &i.Scene.Regions[0]
	truth, err := maskOf(object.Outline, i.Scene)
	if err != nil {
		return fmt.Errorf("expression %s: annotation %s: %w", i.ID, object.ID, err)
	}
	if mask == nil {
		r.any = truth.Area()
		return nil
	}
	if mask.Height != truth.Height || mask.Width != truth.Width {
		return fmt.Errorf("expression %s: a mask of %d by %d pixels, height by width, and the image has %d by %d", i.ID, mask.Height, mask.Width, truth.Height, truth.Width)
	}
	r.both, r.any = detection.Overlap(mask, truth)
	return nil
}

// fractionsOf returns the edges y0, x0, y1, x1 of the object as fractions of the image, in the
// precision in which big_vision has them.
func fractionsOf(s *Scene) (edges [4]float64) {
	b, height, width := s.Regions[0].Box, float64(s.Height), float64(s.Width)
	edges = [4]float64{b[1] / height, b[0] / width, (b[1] + b[3]) / height, (b[0] + b[2]) / width}
	for n, v := range edges {
		edges[n] = float64(float32(v))
	}
	return edges
}

// fractionIoU returns the intersection over union of two boxes, y0, x0, y1, x1.
func fractionIoU(a, b [4]float64) float64 {
	area := func(y0, x0, y1, x1 float64) float64 { return float64(max(x1-x0, 0) * max(y1-y0, 0)) }
	both := area(max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))
	return both / (area(a[0], a[1], a[2], a[3]) + area(b[0], b[1], b[2], b[3]) - both)
}

// WithMaskDecoder returns the benchmark with a decoder of the codes of masks. It returns an error
// if the benchmark is not one of masks.
func (b Benchmark) WithMaskDecoder(decoder MaskDecoder) (Benchmark, error) {
	if b.Task != Masks {
		return b, fmt.Errorf("%s has no masks in codes to decode", b.Name)
	}
	b.Metrics, b.decoder = referringMetrics(decoder), decoder
	return b, nil
}

// notDecoded reports whether the prediction has the codes of a mask, for which there is no decoder.
func (b *Benchmark) notDecoded(i *Item) bool {
	return b.Task == Masks && b.decoder == nil && strings.Contains(i.Prediction, "<seg")
}
