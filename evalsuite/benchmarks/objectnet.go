package benchmarks

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	layouts "github.com/pali3/pali3/ingest/benchmarks"
)

// objectnet is ObjectNet (Barbu et al., NeurIPS 2019): the objects that ImageNet has too. An image
// counts as right if the model names one of ImageNet's classes that the owner maps to the object,
// or the object itself. A prediction is a label, or the best labels in their order with spaces or
// commas between them: numbers of ImageNet's classes, or names of ObjectNet's folders. The owner
// cuts 2 pixels off each edge, where the images have a red border.
var objectnet = Benchmark{
	Name: "objectnet", About: "ObjectNet: objects of 113 of ImageNet's kinds, in odd places and from odd sides",
	Layout: "objectnet", Task: Labels,
	Splits: []Split{{Name: "test", N: 18574}},
	Ops:    "decode|crop_border(2)|resize({size})|value_range(-1,1)",
	Metrics: []Metric{
		{Name: "top1", About: "the first label is right", Source: objectnetSource, Each: objectHits(1)},
		{Name: "top5", About: "one of the first five labels is right", Source: objectnetSource, Each: objectHits(5)},
	},
	Unit: "image", Cluster: "image",
	Submission: Submission{ID: "id", Text: "prediction", ByID: true},
}

const objectnetSource = "Barbu et al., ObjectNet, section 4; objectnet-1.0/mappings; mlfoundations/model-soups, datasets/objectnet.py; abarbu/objectnet-template-pytorch, objectnet_pytorch_dataloader.py (the border)"

// objectHits returns 1 for an item whose first k labels have a right one.
func objectHits(k int) func() func(*Item) float64 {
	return func() func(*Item) float64 {
		return func(i *Item) float64 { return one(i.Error == "" && objectHit(i, k)) }
	}
}

func objectHit(i *Item, k int) bool {
	var classes []int
	if json.Unmarshal([]byte(i.Field(layouts.ImageNetClasses)), &classes) != nil {
		i.Unparsed = fmt.Sprintf("the image has no %s", layouts.ImageNetClasses)
		return false
	}
	if slices.Contains(i.References, strings.TrimSpace(i.Prediction)) {
		return true
	}
	labels := strings.FieldsFunc(i.Prediction, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
	for _, label := range labels[:min(k, len(labels))] {
		n, err := strconv.Atoi(label)
		if err == nil && slices.Contains(classes, n) || label == path.Dir(i.Image) {
			return true
		}
	}
	return false
}
