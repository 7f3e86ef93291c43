package benchmarks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// ImageNet (Russakovsky et al., IJCV 2015) and sets of its classes: images with one label each. A
// prediction is a label, or the best labels in their order with spaces or commas between them:
// WordNet ids, or numbers in the order of these ids. Package evalsuite makes such predictions by
// comparing images with texts about the classes (pali3 eval --task classify).
var (
	imagenet       = labels("imagenet", "ImageNet: one of 1,000 classes for each image", 50000, "imagenet2012_real.md", nil)
	imagenetReal   = labels("imagenet-real", "ImageNet with the labels of ReaL: all classes that an image shows", 50000, "imagenet2012_real.md", realLabels)
	imagenetV2     = labels("imagenet-v2", "ImageNet-V2: new images of ImageNet's classes", 10000, "imagenet_v2.md", nil)
	imagenetA      = labels("imagenet-a", "ImageNet-A: images of 200 classes that deceive networks", 7500, "imagenet_a.md", nil)
	imagenetR      = labels("imagenet-r", "ImageNet-R: art, toys and other renditions of 200 classes", 30000, "imagenet_r.md", nil)
	imagenetSketch = labels("imagenet-sketch", "ImageNet-Sketch: drawings of ImageNet's classes", 50889, "imagenet_sketch.md", nil)
)

// tfdsCatalog has the sizes of data sets as TensorFlow Datasets counted them.
const tfdsCatalog = "tensorflow/datasets, docs/catalog/"

const (
	topSource  = "google-research/big_vision, evaluators/proj/image_text/discriminative_classifier.py"
	realSource = "google-research/reassessed-imagenet, README; Beyer et al., Are we done with ImageNet?, 2020"
)

func labels(name, about string, n int, page string, beside func(context.Context, Files, func(string) (string, bool)) (func(*Item) error, error)) Benchmark {
	source := topSource
	if beside != nil {
		source = realSource
	}
	top := func(k int, about string) Metric {
		return Metric{Name: fmt.Sprintf("top%d", k), About: about, Source: source, All: func(c *Corpus) ([]float64, error) { return topHits(c, k) }}
	}
	return Benchmark{
		Name: name, About: about, Layout: "imagenet", Task: Labels,
		Splits:  []Split{{"val", n, Secondary, tfdsCatalog + page}},
		Ops:     resized,
		Metrics: []Metric{top(1, "the first label is right"), top(5, "one of the first five labels is right")},
		Beside:  beside,
		Unit:    "image", Cluster: "image",
		Submission: Submission{ID: "id", Text: "prediction", ByID: true},
	}
}

// maxRealFile bounds the file of ReaL's labels.
const maxRealFile = 64 << 20

// numberAtEnd is the number of an image, as in ILSVRC2012_val_00000293.JPEG.
var numberAtEnd = regexp.MustCompile(`(\d+)(\.\w+)?$`)

// realLabels reads ReaL's real.json, the labels of images by their number, and adds them to items.
func realLabels(_ context.Context, f Files, _ func(string) (string, bool)) (func(*Item) error, error) {
	if f.Labels == "" {
		return nil, errors.New("ReaL's labels are missing: name real.json by --image-labels")
	}
	if info, err := os.Stat(f.Labels); err != nil || info.Size() > maxRealFile {
		return nil, errors.Join(err, fmt.Errorf("%s cannot be ReaL's labels, which have less than %d bytes", f.Labels, maxRealFile))
	}
	content, err := os.ReadFile(f.Labels)
	if err != nil {
		return nil, err
	}
	var all [][]int
	if err := json.Unmarshal(content, &all); err != nil {
		return nil, fmt.Errorf("%s: want a list with a list of class numbers for each image: %w", f.Labels, err)
	}
	return func(i *Item) error {
		found := numberAtEnd.FindStringSubmatch(path.Base(i.Image))
		if found == nil {
			return fmt.Errorf("image %s has no number at its end, by which %s has its labels", i.Image, f.Labels)
		}
		n, err := strconv.Atoi(found[1])
		if err != nil || n < 1 || n > len(all) {
			return fmt.Errorf("image %s: %s has the labels of the images 1 to %d", i.Image, f.Labels, len(all))
		}
		text, _ := json.Marshal(all[n-1]) // of numbers
		i.Fields = append(i.Fields, Field{Question: i.ID, Name: realField, Value: string(text)})
		return nil
	}, nil
}

const realField = "real"

// imageNetClasses is the number of ImageNet's classes.
const imageNetClasses = 1000

var wordNetID = regexp.MustCompile(`^n\d{8}$`)

// topHits returns for each item 1 if a right label is among the first k of the prediction, and NaN
// if ReaL has no label of the image.
func topHits(c *Corpus, k int) ([]float64, error) {
	names, err := once(c, "classes", classNames)
	if err != nil {
		return nil, err
	}
	values := make([]float64, len(c.Items))
	for n := range c.Items {
		i := &c.Items[n]
		right, err := names.right(i)
		if err != nil {
			return nil, err
		}
		if len(right) == 0 {
			values[n] = math.NaN()
			continue
		}
		top, err := names.top(i, k)
		if err != nil {
			return nil, err
		}
		values[n] = metrics.TopHit(top, right, k)
	}
	return values, nil
}

// classNumbers numbers the classes of a set by its labels.
type classNumbers struct {
	at  map[string]int
	ids bool // the labels are WordNet ids, not numbers
}

// classNames collects the labels of all items. Ids are numbered in their order, and labels that are
// numbers stand for themselves.
func classNames(items []Item) (*classNumbers, error) {
	c := &classNumbers{at: map[string]int{}}
	var all []string
	for n := range items {
		for _, label := range items[n].References {
			if _, known := c.at[label]; !known {
				c.at[label] = 0
				all = append(all, label)
			}
		}
	}
	c.ids = len(all) > 0 && wordNetID.MatchString(all[0])
	slices.Sort(all)
	for n, label := range all {
		c.at[label] = n
		if c.ids != wordNetID.MatchString(label) {
			return nil, fmt.Errorf("labels of images are WordNet ids or numbers, not both: %s and %s", all[0], label)
		}
		if number, err := strconv.Atoi(label); !c.ids && err != nil {
			return nil, fmt.Errorf("the label %q is neither a WordNet id such as n01440764 nor a number", label)
		} else if !c.ids {
			c.at[label] = number
		}
	}
	return c, nil
}

// right returns the numbers of the right classes.
func (c *classNumbers) right(i *Item) (right []int, err error) {
	text := i.Field(realField)
	if text == "" {
		for _, label := range i.References {
			right = append(right, c.at[label])
		}
		return right, nil
	}
	if c.ids && len(c.at) != imageNetClasses {
		return nil, fmt.Errorf("ReaL numbers the %d classes of ImageNet, and these images have %d: score the whole validation set", imageNetClasses, len(c.at))
	}
	return right, json.Unmarshal([]byte(text), &right)
}

// top returns the numbers of the first k labels of a prediction; -1 for a label of another class.
func (c *classNumbers) top(i *Item, k int) (top []int, err error) {
	for label := range strings.FieldsFuncSeq(i.Prediction, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }) {
		if len(top) == k {
			break
		}
		number, known := c.at[label]
		isID := wordNetID.MatchString(label)
		n, notNumber := strconv.Atoi(label)
		switch {
		case isID == c.ids && known:
		case isID == c.ids && isID:
			number = -1
		case isID:
			return nil, fmt.Errorf("image %s: the prediction %s is a WordNet id, and the labels of this set are numbers", i.ID, label)
		case notNumber != nil:
			return nil, fmt.Errorf("image %s: the prediction %.40q is neither a WordNet id such as n01440764 nor the number of a class", i.ID, label)
		case c.ids && len(c.at) != imageNetClasses:
			return nil, fmt.Errorf("image %s: the prediction %s is a number, and this set has %d of ImageNet's %d classes, whose numbers its labels do not say: predict WordNet ids", i.ID, label, len(c.at), imageNetClasses)
		default:
			number = n
		}
		top = append(top, number)
	}
	return top, nil
}
