package evalsuite

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pali3/pali3/models/siglip"
)

// Classifier names images by comparing them with texts about each label: zero-shot classification
// (arXiv 2103.00020, section 3.1.4). It is not safe for concurrent use.
type Classifier struct {
	Labels   []string
	embedder *Embedder
	classes  [][]float32 // an embedding of length 1 for each label
}

// LabelScore is how well a label fits an image.
type LabelScore struct {
	Label string `json:"label"`
	// Cosine similarity of the image and the label's texts.
	Cosine float64 `json:"cosine"`
	// Share of the label among all labels: the softmax of the logits.
	Share float64 `json:"share"`
	// Match is the sigmoid of the logit: for a model of the sigmoid loss, the probability that the
	// label fits, whatever the others are.
	Match float64 `json:"match"`
}

// labelPlace is where a template has the label.
const labelPlace = "{}"

// NewClassifier returns a classifier. Each label is put into every template in place of {}; the
// embeddings of its texts are averaged and normalised. In place of a template there may be the name
// of a list of [siglip.Templates], such as clip_paper.
func NewClassifier(e *Embedder, labels, templates []string) (*Classifier, error) {
	if len(labels) == 0 || len(templates) == 0 {
		return nil, fmt.Errorf("classifying with %d labels and %d templates: give at least one of each", len(labels), len(templates))
	}
	c := &Classifier{Labels: labels, embedder: e}
	templates, err := expandTemplates(templates)
	if err != nil {
		return nil, err
	}
	names := make([][]string, len(labels))
	for i, label := range labels {
		names[i] = []string{label}
	}
	if c.classes, err = embedClasses(e, names, templates); err != nil {
		return nil, err
	}
	return c, nil
}

// embedClasses returns an embedding for each class, by all of its names in all templates.
func embedClasses(e *Embedder, names [][]string, templates []string) (classes [][]float32, err error) {
	for begin := 0; begin < len(names); begin += e.Batch { // so that few batches are not full
		some := names[begin:min(begin+e.Batch, len(names))]
		var texts []string
		for _, of := range some {
			for _, name := range of {
				for _, template := range templates {
					texts = append(texts, strings.ReplaceAll(template, labelPlace, name))
				}
			}
		}
		embedded, err := e.Texts(texts)
		if err != nil {
			return nil, fmt.Errorf("embedding the labels from %q on: %w", some[0][0], err)
		}
		for _, of := range some {
			n := len(of) * len(templates)
			classes = append(classes, siglip.ClassEmbedding(embedded[:n]))
			embedded = embedded[n:]
		}
	}
	return classes, nil
}

// expandTemplates replaces the names of lists by their templates.
func expandTemplates(templates []string) (all []string, err error) {
	for _, template := range templates {
		if strings.Contains(template, labelPlace) {
			all = append(all, template)
			continue
		}
		list, err := siglip.Templates(template)
		if err != nil {
			return nil, fmt.Errorf("the template %q has no {} for the label, and is no list of templates (clip_paper, clip_best)", template)
		}
		all = append(all, list...)
	}
	return all, nil
}

// Classify scores the labels for embeddings of images [N, E], best first.
func (c *Classifier) Classify(images [][]float32) ([][]LabelScore, error) {
	logits, err := c.embedder.Logits(images, c.classes)
	if err != nil {
		return nil, err
	}
	all := make([][]LabelScore, len(images))
	for i, image := range images {
		scores := make([]LabelScore, len(c.Labels))
		largest, total := slices.Max(logits[i]), 0.0
		for j, logit := range logits[i] {
			scores[j] = LabelScore{
				Label: c.Labels[j], Cosine: float64(dot(image, c.classes[j])),
				Share: math.Exp(float64(logit - largest)), Match: 1 / (1 + math.Exp(-float64(logit))),
			}
			total += scores[j].Share
		}
		for j := range scores {
			scores[j].Share /= total
		}
		slices.SortStableFunc(scores, func(a, b LabelScore) int { return cmp.Compare(b.Cosine, a.Cosine) })
		all[i] = scores
	}
	return all, nil
}
