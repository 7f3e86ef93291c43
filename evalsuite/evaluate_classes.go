package evalsuite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/shards"
)

// ClassifyOptions say how images are classified by their embeddings and those of texts about each
// class, with no training (arXiv 2103.00020, section 3.1).
type ClassifyOptions struct {
	// Classes to choose from, which [ReadClasses] reads. Default: the labels of the split, sorted.
	Classes Classes
	// Subset are the numbers of the classes that the data set has of Classes; nil means all. Images
	// of other classes are left out.
	Subset []int
	// LabelField is the metadata that holds an image's label: an id, a name or a number of Classes,
	// or a JSON list of the numbers of several right classes, as ObjectNet's "imagenet_classes".
	// Default: its title, as `ingest folder --labels` makes it of the folder's name.
	LabelField string
	// Real are ReaL's labels, which [ReadRealLabels] reads, in place of those of the data set. The
	// number of an image is at the end of its key, from 1. An image may have several right classes;
	// one without any is left out.
	Real [][]int
	// Templates are texts about a class, with {} in its place, or names of lists: see
	// [NewClassifier]. The embeddings of a class's texts are averaged and normalised. Default: the
	// class alone.
	Templates []string
	// Synonyms embeds all names of a class; by default the first alone, as big_vision does.
	Synonyms bool
	// Canonical removes punctuation from names and templates and makes them lower case, as
	// big_vision does for SigLIP: see [siglip.Canonical].
	Canonical bool
}

// Names of the scores of classification.
const (
	top1         = "top1"
	top5         = "top5"
	meanPerClass = "mean_per_class"
	eceSoftmax   = "ece_softmax"
	eceSigmoid   = "ece_sigmoid"
)

// eceBins is the number of bins of calibration errors, that of Guo et al.
const eceBins = 15

// labelled is an image with right classes, by their numbers among those to choose from.
type labelled struct {
	sample int
	right  []int
}

// classified is what the model says of an image.
type classified struct {
	labelled
	top              []int // the best classes
	softmax, sigmoid float64
}

// classes scores zero-shot classification.
func (r *evaluation) classes(ctx context.Context) error {
	o := r.Classify
	if o == nil {
		o = &ClassifyOptions{}
	}
	names, images, err := r.labels(o)
	if err != nil {
		return err
	}
	model, err := r.classify(ctx, o, names, images, trained)
	if err != nil {
		return err
	}
	scores := r.classScores(model)
	var initial map[string]metrics.Score
	if r.Untrained {
		one, err := r.classify(ctx, o, names, images, untrained)
		if err != nil {
			return err
		}
		initial = r.classScores(one)
	}
	for name, score := range scores {
		all := Scores{Model: score}
		if s, ok := initial[name]; ok {
			all.Untrained = &s
		}
		r.result.Scores[name] = all
	}
	if r.Blind {
		r.constantClasses(model)
	}
	r.result.Classified = r.classItems(names, model)
	r.scoresByClass(names, model)
	return nil
}

// labels returns the classes to choose from, and the images that have one of them.
func (r *evaluation) labels(o *ClassifyOptions) (names Classes, images []labelled, err error) {
	labels := make([]string, len(r.split.samples))
	none := LeftOut{Task: ClassifyTask, Reason: "samples have no label", Of: len(labels)}
	for i := range labels {
		if labels[i] = labelOf(&r.split.samples[i], o.LabelField); labels[i] == "" && o.Real == nil {
			none.add(r.split.samples[i].Key)
		}
	}
	if none.Count == len(labels) {
		return nil, nil, errors.New("no sample has a label: name the metadata with labels, or ingest folders with --labels")
	}
	r.result.leaveOut(none, r.Warn)
	if names = o.Classes; names == nil {
		if o.Real != nil || o.Subset != nil {
			return nil, nil, errors.New("ReaL's labels and subsets are numbers of classes: give the list of classes, too")
		}
		for _, label := range slices.Compact(slices.Sorted(slices.Values(labels))) {
			if label != "" {
				names = append(names, Class{Names: []string{label}})
			}
		}
	}
	chosen, place, err := o.choose(len(names))
	if err != nil {
		return nil, nil, err
	}
	outside := LeftOut{Task: ClassifyTask, Reason: "images have no right class among those to choose from", Of: len(labels)}
	index := names.index()
	for i, label := range labels {
		if label == "" && o.Real == nil {
			continue
		}
		right, err := o.right(index, r.split.samples[i].Key, label)
		if err != nil {
			return nil, nil, fmt.Errorf("sample %s: %w", r.split.samples[i].Key, err)
		}
		one := labelled{sample: i}
		for _, class := range right {
			if place[class] >= 0 && !slices.Contains(one.right, place[class]) {
				one.right = append(one.right, place[class])
			}
		}
		if len(one.right) == 0 {
			outside.add(r.split.samples[i].Key)
			continue
		}
		images = append(images, one)
	}
	r.result.leaveOut(outside, r.Warn)
	if len(images) == 0 {
		return nil, nil, errors.New("no image has a class among those to choose from")
	}
	var some Classes
	for _, class := range chosen {
		some = append(some, names[class])
	}
	return some, images, nil
}

// labelOf returns a sample's label, or "".
func labelOf(s *shards.Sample, field string) string {
	if field != "" {
		return s.Metadata[field]
	}
	for _, text := range s.Texts {
		if text.Kind == shards.Title {
			return text.Value
		}
	}
	return ""
}

// choose returns the numbers of the classes to choose from, and the place of each class among them,
// or -1.
func (o *ClassifyOptions) choose(classes int) (chosen, place []int, err error) {
	place = slices.Repeat([]int{-1}, classes)
	if chosen = o.Subset; chosen == nil {
		for n := range classes {
			chosen = append(chosen, n)
		}
	}
	for at, class := range chosen {
		if class < 0 || class >= classes || place[class] >= 0 {
			return nil, nil, fmt.Errorf("the subset has the class %d, which is there twice or none of 0 to %d", class, classes-1)
		}
		place[class] = at
	}
	return chosen, place, nil
}

// imageNumber is the number at the end of a name such as ILSVRC2012_val_00000293.JPEG.
var imageNumber = regexp.MustCompile(`(\d+)(\.\w+)?$`)

// right returns the right classes of an image.
func (o *ClassifyOptions) right(index *classIndex, key, label string) ([]int, error) {
	if o.Real == nil {
		return rightOf(index, label)
	}
	found := imageNumber.FindStringSubmatch(path.Base(key))
	if found == nil {
		return nil, errors.New("the key does not end in the number of the image, by which ReaL has labels")
	}
	number, err := strconv.Atoi(found[1])
	if err != nil || number < 1 || number > len(o.Real) {
		return nil, fmt.Errorf("image %s is none of ReaL's 1 to %d", found[1], len(o.Real))
	}
	for _, class := range o.Real[number-1] {
		if class < 0 || class >= len(index.classes) {
			return nil, fmt.Errorf("ReaL's class %d is none of 0 to %d", class, len(index.classes)-1)
		}
	}
	return o.Real[number-1], nil
}

// rightOf returns the class of a label, or the classes of a JSON list of numbers.
func rightOf(index *classIndex, label string) (right []int, err error) {
	if !strings.HasPrefix(label, "[") || json.Unmarshal([]byte(label), &right) != nil {
		class, err := index.find(label)
		return []int{class}, err
	}
	for _, class := range right {
		if class < 0 || class >= len(index.classes) {
			return nil, fmt.Errorf("the class %d of the label %s is none of 0 to %d", class, label, len(index.classes)-1)
		}
	}
	return right, nil
}

// texts returns the names and templates to embed.
func (o *ClassifyOptions) texts(of Classes) (names [][]string, templates []string, err error) {
	if templates = o.Templates; len(templates) == 0 {
		templates = []string{labelPlace}
	}
	if templates, err = expandTemplates(templates); err != nil {
		return nil, nil, err
	}
	names = make([][]string, len(of))
	for n, class := range of {
		if names[n] = slices.Clone(class.Names); !o.Synonyms {
			names[n] = names[n][:1]
		}
		for i, name := range names[n] {
			if o.Canonical {
				name = siglip.Canonical(name, "")
			}
			if names[n][i] = name; name == "" {
				return nil, nil, fmt.Errorf("the name %q of class %d is empty without punctuation", class.Names[i], n)
			}
		}
	}
	if o.Canonical {
		for i, template := range templates {
			templates[i] = siglip.Canonical(template, labelPlace)
		}
	}
	return names, templates, nil
}

// classify classifies images with one variant of the model. Images that cannot be read are wrong.
func (r *evaluation) classify(ctx context.Context, o *ClassifyOptions, of Classes, images []labelled, w variant) ([]classified, error) {
	e, err := r.embedder(w)
	if err != nil {
		return nil, err
	}
	names, templates, err := o.texts(of)
	if err != nil {
		return nil, err
	}
	classes, err := embedClasses(e, names, templates)
	if err != nil {
		return nil, err
	}
	embedded, unreadable, err := r.embedImages(ctx, e, r.split)
	if err != nil {
		return nil, err
	}
	all := make([]classified, len(images))
	for i := range images {
		all[i].labelled = images[i]
	}
	failed := LeftOut{Task: ClassifyTask, Reason: "images cannot be read and count as wrong", Of: len(images)}
	for begin := 0; begin < len(all); begin += e.Batch {
		var batch [][]float32
		var members []*classified
		for i := begin; i < min(begin+e.Batch, len(all)); i++ {
			if why := unreadable[all[i].sample]; why != nil {
				failed.add(fmt.Sprintf("%s (%v)", r.split.samples[all[i].sample].Key, why))
				continue
			}
			batch, members = append(batch, embedded[all[i].sample]), append(members, &all[i])
		}
		logits, err := e.Logits(batch, classes)
		if err != nil {
			return nil, err
		}
		for i, member := range members {
			if err := member.set(logits[i]); err != nil {
				return nil, fmt.Errorf("image of sample %s: %w", r.split.samples[member.sample].Key, err)
			}
		}
	}
	if failed.Count > 0 && w == trained {
		r.result.Failed[ClassifyTask] = failed.Count
		r.Warn(failed.String())
	}
	return all, nil
}

// set reads the logits of all classes.
func (c *classified) set(logits []float32) (err error) {
	if c.top, err = metrics.TopClasses(logits, 5); err != nil {
		return err
	}
	best, total := float64(logits[c.top[0]]), 0.0
	for _, logit := range logits {
		total += math.Exp(float64(logit) - best)
	}
	c.softmax, c.sigmoid = 1/total, 1/(1+math.Exp(-best))
	return nil
}

// hits returns, for each image, 1 if a right class is among the first k.
func hits(of []classified, k int) []float64 {
	values := make([]float64, len(of))
	for i := range of {
		values[i] = metrics.TopHit(of[i].top, of[i].right, k)
	}
	return values
}

// classScores returns all scores of a model.
func (r *evaluation) classScores(of []classified) map[string]metrics.Score {
	first := hits(of, 1)
	scores := map[string]metrics.Score{top1: r.Bootstrap.Mean(first), top5: r.Bootstrap.Mean(hits(of, 5))}
	several := slices.ContainsFunc(of, func(c classified) bool { return len(c.right) > 1 })
	if !several { // an image of several classes is of none in particular
		scores[meanPerClass] = r.Bootstrap.Statistic(len(of), func(chosen []int) float64 {
			classes, values := make([]int, len(chosen)), make([]float64, len(chosen))
			for at, i := range chosen {
				classes[at], values[at] = of[i].right[0], first[i]
			}
			mean, _ := metrics.MeanPerClass(classes, values)
			return mean
		})
	}
	for name, confidence := range map[string]func(*classified) float64{
		eceSoftmax: func(c *classified) float64 { return c.softmax }, eceSigmoid: func(c *classified) float64 { return c.sigmoid },
	} {
		scores[name] = r.Bootstrap.Statistic(len(of), func(chosen []int) float64 {
			confidences, right := make([]float64, len(chosen)), make([]bool, len(chosen))
			for at, i := range chosen {
				confidences[at], right[at] = confidence(&of[i]), first[i] == 1
			}
			ece, _ := metrics.CalibrationError(confidences, right, eceBins)
			return ece
		})
	}
	return scores
}

// constantClasses scores the answer that is the same for each image: the most frequent classes.
func (r *evaluation) constantClasses(of []classified) {
	counts := map[int]float32{}
	classes := 0
	for i := range of {
		for _, class := range of[i].right {
			counts[class]++
			classes = max(classes, class+1)
		}
	}
	frequent := make([]float32, classes)
	for class, n := range counts {
		frequent[class] = n
	}
	top, _ := metrics.TopClasses(frequent, 5)
	constant := make([]classified, len(of))
	for i := range of {
		constant[i] = classified{labelled: of[i].labelled, top: top}
	}
	scores := r.classScores(constant)
	for _, name := range []string{top1, top5, meanPerClass} {
		all, scored := r.result.Scores[name]
		if blind, ok := scores[name]; ok && scored {
			all.Blind, r.result.BlindBy[name] = &blind, byConstant
			r.result.Scores[name] = all
		}
	}
}

// classItems returns an item for each image.
func (r *evaluation) classItems(names Classes, of []classified) (items []Item) {
	first, five := hits(of, 1), hits(of, 5)
	for i := range of {
		s := &r.split.samples[of[i].sample]
		item := Item{Sample: of[i].sample, ID: s.Key, Key: s.Key, Row: r.split.rows[of[i].sample], Values: map[string]float64{top1: first[i], top5: five[i]}}
		for _, class := range of[i].right {
			item.References = append(item.References, names[class].Names[0])
		}
		if len(of[i].top) > 0 {
			item.Prediction = names[of[i].top[0]].Names[0]
		} else {
			item.Error = "the image cannot be read"
		}
		items = append(items, item)
	}
	return items
}

// scoresByClass records the accuracy of the images of each class.
func (r *evaluation) scoresByClass(names Classes, of []classified) {
	byClass := make([][]float64, len(names))
	for i, hit := range hits(of, 1) {
		for _, class := range of[i].right {
			byClass[class] = append(byClass[class], hit)
		}
	}
	shared := map[string]int{}
	for _, class := range names {
		shared[class.Names[0]]++
	}
	for class, values := range byClass {
		name := names[class].Names[0]
		if shared[name] > 1 { // as crane, a bird and a machine
			name = fmt.Sprintf("%s (%d)", name, class)
		}
		if len(values) > 0 {
			addSlice(&r.result.ByClass, top1, name, Scores{Model: r.Bootstrap.Mean(values)})
		}
	}
}
