package evalsuite

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pali3/pali3/evalsuite/compare"
)

// Items returns the model's scored items, with which package compare compares two models. The mean
// of each metric over the items, by their weights, is the metric's score. BLEU and
// error rates have no items, since they are scores of all texts together.
func (e *Evaluation) Items() (items []compare.Item) {
	items = append(items, scored(CaptionTask, e.Captions, true)...)
	items = append(items, scored(VQATask, e.Answers, false)...)
	items = append(items, scored(OCRTask, e.Readings, false)...)
	items = append(items, scored(ObjectVQATask, e.Objects, false)...)
	items = append(items, scored(MatchTask, e.Matches, false)...)
	items = append(items, scored(RetrievalTask, e.Ranked, true)...)
	return append(items, scored(ClassifyTask, e.Classified, false)...)
}

// scored converts items. If images weigh the same, an item's weight is 1 by the number of items of
// its image.
func scored(task string, of []Item, byImage bool) []compare.Item {
	items := make([]compare.Item, len(of))
	share := map[int]int{}
	for i := range of {
		share[of[i].Sample]++
	}
	for i := range of {
		from := &of[i]
		items[i] = compare.Item{
			Task: task, ID: from.ID, Cluster: from.Key, Language: from.Language, Question: from.Question, References: from.References,
			Prediction: from.Prediction, Error: from.Error, Values: from.Values,
		}
		if task == VQATask || task == ObjectVQATask {
			items[i].Kind = from.Kind
		}
		if n := share[from.Sample]; byImage && n > 1 {
			items[i].Weight = 1 / float64(n)
		}
	}
	return items
}

// items returns an item for each image and language, with its recalls.
func (r *ranking) items(s *split) (items []Item) {
	at := map[string]int{} // the item of an ID
	for _, name := range recallNames {
		for _, language := range slices.Sorted(maps.Keys(r.byLanguage[name])) {
			for image, values := range r.byLanguage[name][language] {
				if len(values) == 0 {
					continue
				}
				id := s.samples[image].Key + "/" + language
				place, known := at[id]
				if !known {
					place = len(items)
					at[id] = place
					items = append(items, Item{ID: id, Sample: image, Key: s.samples[image].Key, Language: language, Values: map[string]float64{}})
				}
				items[place].Values[name] = mean(values)
			}
		}
	}
	slices.SortStableFunc(items, func(a, b Item) int { return cmp.Compare(a.Sample, b.Sample) })
	return items
}
