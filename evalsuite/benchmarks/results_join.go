package benchmarks

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics/detection"
	"github.com/pali3/pali3/tokenize"
)

// resultsJoin gives images what was found in them. An image in which nothing was found is no error.
type resultsJoin struct {
	base       *join
	results    *results
	byImage    [][]detection.Detection // by number of results.images
	used       []bool                  // by number of results.images
	categories []int32                 // of the annotations, by number of results.categories; -1 if unknown
	names      map[string]int32        // of the annotations' categories
	objects    int                     // of the annotations
	score      bool
}

// read reads the file of predictions.
func (j *resultsJoin) read(ctx context.Context) (err error) {
	r, err := readResults(ctx, j.base.files.Predictions, j.base.bench.Submission, j.base.problems)
	if err != nil {
		return err
	}
	j.results, j.used, j.byImage = r, make([]bool, len(r.images.List())), make([][]detection.Detection, len(r.images.List()))
	sizes := make([]int, len(r.images.List()))
	for n := range r.objects {
		sizes[r.objects[n].image]++
	}
	all := make([]detection.Detection, len(r.objects))
	for image, size := range sizes {
		j.byImage[image], all = all[:0:size], all[size:]
	}
	for n := range r.objects {
		o := &r.objects[n]
		j.byImage[o.image] = append(j.byImage[o.image], o.Detection)
	}
	return nil
}

// join gives the images of a chunk what was found in them.
func (j *resultsJoin) join(chunk []Item) ([]Item, error) {
	for n := range chunk {
		item := &chunk[n]
		if item.Scene == nil {
			return nil, fmt.Errorf("%s: image %s has no scene", j.base.files.Annotations, item.ID)
		}
		if j.names == nil {
			if err := j.matchCategories(item.Scene); err != nil {
				return nil, err
			}
		}
		if err := j.checkScene(item); err != nil {
			return nil, err
		}
		j.objects += len(item.Scene.Regions)
		if j.base.items++; j.base.example == "" {
			j.base.example = item.ID
		}
		j.find(item)
	}
	return chunk, nil
}

// matchCategories numbers the categories of the results as the annotations do.
func (j *resultsJoin) matchCategories(s *Scene) error {
	j.names = categoryNames(s)
	ids := map[string]int32{}
	for n, c := range s.Categories {
		ids[c.ID] = int32(n)
	}
	r := j.results
	count := make([]int, len(r.categories.List()))
	for n := range r.objects {
		count[r.objects[n].Category]++
	}
	for n, id := range r.categories.List() {
		category, known := ids[id]
		if !known {
			category = -1
			for range count[n] {
				err := j.base.problems.check(UnknownCategory, "category "+id, func() error {
					return fmt.Errorf("%s line %d: category_id %s is not among the %d categories of %s; --partial counts such results and leaves them out",
						j.base.files.Predictions, r.categoryAt[n], id, len(s.Categories), j.base.files.Annotations)
				})
				if err != nil {
					return err
				}
			}
		}
		j.categories = append(j.categories, category)
	}
	return nil
}

// checkScene returns an error for annotations that the owner's program takes otherwise than their
// author would expect.
func (j *resultsJoin) checkScene(i *Item) error {
	for n := range i.Scene.Regions {
		r := &i.Scene.Regions[n]
		if r.ID == "0" {
			j.base.problems.add(ZeroID, "image "+i.ID, nil)
		}
		if r.Area == r.Area {
			continue
		}
		err := j.base.problems.check(NoArea, "annotation "+r.ID, func() error {
			return fmt.Errorf("%s: annotation %s of image %s has no area, by which objects are small, medium or large; --partial takes that of its box",
				j.base.files.Annotations, r.ID, i.ID)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// find sets what was found in an image.
func (j *resultsJoin) find(i *Item) {
	image, found := j.results.images.Number(i.ID)
	if !found && i.Image != "" {
		image, found = j.results.images.Number(i.Image)
	}
	if found {
		j.used[image] = true
		i.Found = j.byImage[image]
		for n := range i.Found {
			i.Found[n].Category = j.categories[i.Found[n].Category]
		}
		i.Found = slices.DeleteFunc(i.Found, func(d detection.Detection) bool { return d.Category < 0 })
	}
	id := i.ID
	at, answered := j.results.answerOf[id]
	if !answered && i.Image != "" { // as a run of a dataset names it
		id = i.Image
		at, answered = j.results.answerOf[id]
	}
	for group, more := 1, answered; more; group++ {
		a := &j.results.answers[at]
		a.used = true
		if i.Prediction != "" && a.Text != "" {
			i.Prediction += " ; "
		}
		i.Prediction, i.Error = i.Prediction+a.Text, cmp.Or(i.Error, a.Error)
		i.Found = append(i.Found, foundIn(a.Text, a.score, i, j.names, j.base.problems)...)
		at, more = j.results.answerOf[LabelGroupID(id, group)]
	}
	if found || answered {
		j.base.matched++
	}
	if len(i.Found) == 0 {
		j.base.problems.add(NothingFound, i.ID, nil)
	}
}

// end returns an error if results and annotations do not belong to each other.
func (j *resultsJoin) end() error {
	r, f := j.results, j.base.files
	type unknown struct {
		id   string
		line int
	}
	var strangers []unknown
	for n, used := range j.used {
		if !used {
			strangers = append(strangers, unknown{r.images.List()[n], r.imageAt[n]})
		}
	}
	for n := range r.answers {
		if a := &r.answers[n]; !a.used {
			strangers = append(strangers, unknown{a.ID, a.Line})
		}
	}
	var ids []string
	for _, s := range strangers {
		ids = append(ids, s.id)
	}
	switch {
	case j.base.items == 0:
		return fmt.Errorf("%s lists no image", f.Annotations)
	case len(strangers) > 0 && j.base.matched == 0:
		return fmt.Errorf("none of the %d images of %s is among the %d images of %s: are they files of different splits? The first result (line %d) is for image %s, the first image is %s",
			len(strangers), f.Predictions, j.base.items, f.Annotations, strangers[0].line, ids[0], j.base.example)
	case len(strangers) > 0 && !j.base.problems.partial:
		return fmt.Errorf("%s line %d: %d images are not among those of %s: %s; --partial leaves them out", f.Predictions, strangers[0].line, len(ids), f.Annotations, few(ids))
	case j.objects == 0 && j.score:
		return fmt.Errorf("%s has no annotations; those of a test set cannot be scored here", f.Annotations)
	case len(r.objects)+len(r.answers) == 0:
		return fmt.Errorf("%s has no results", f.Predictions)
	}
	for _, id := range ids {
		j.base.problems.add(Unknown, id, nil)
	}
	return nil
}

// categoryNames returns the numbers of categories by their names in lower case.
func categoryNames(s *Scene) map[string]int32 {
	names := map[string]int32{}
	for n, c := range s.Categories {
		names[strings.ToLower(strings.TrimSpace(c.Name))] = int32(n)
	}
	return names
}

// foundIn returns the objects that an answer names, such as "<loc0102><loc0000><loc0921><loc1023>
// cat ; ..." or "102 0 921 999 cat ...". Parts that are no box with a known label are counted.
func foundIn(text string, score float64, i *Item, names map[string]int32, p *problems) (found []detection.Detection) {
	regions, invalid := regionsIn(text)
	for _, part := range invalid {
		p.add(NoRegion, fmt.Sprintf("image %s: %.60q: %s", i.ID, part.Text, part.Reason), nil)
	}
	for _, r := range regions {
		category, known := names[strings.ToLower(r.label)]
		if !known {
			p.add(UnknownCategory, fmt.Sprintf("image %s: %q", i.ID, r.label), nil)
			continue
		}
		box := boxAt(r.at, i.Scene)
		found = append(found, detection.Detection{Category: category, Box: box, Area: box.Area(), Score: score})
	}
	return found
}

// findIn adds the objects that an item's prediction names to what was found.
func (b *Benchmark) findIn(i *Item, p *problems) {
	if i.Scene != nil && i.Prediction != "" {
		i.Found = append(slices.Clone(i.Found), foundIn(i.Prediction, 1, i, categoryNames(i.Scene), p)...)
	}
	if len(i.Found) == 0 {
		p.add(NothingFound, i.ID, nil)
	}
}

// namedRegion is a box with a label: y0, x0, y1, x1 as fractions of the image.
type namedRegion struct {
	at    [4]float64
	label string
}

// regionsIn reads the boxes in an answer: pieces such as <loc0102>, or the plain integers of PaLI,
// "102 0 921 999 cat", if the answer begins with a number and has no such piece.
func regionsIn(text string) (all []namedRegion, invalid []tokenize.InvalidRegion) {
	if begin := strings.TrimSpace(text); begin != "" && begin[0] >= '0' && begin[0] <= '9' && !strings.Contains(begin, "<loc") {
		found, invalid := tokenize.ParsePlainRegions(text)
		for _, r := range found {
			all = append(all, namedRegion{r.Fractions(), r.Label})
		}
		return all, invalid
	}
	found, invalid := tokenize.ParseRegions(text)
	for _, r := range found {
		all = append(all, namedRegion{r.Fractions(), r.Label})
	}
	return all, invalid
}

// boxAt returns the box of y0, x0, y1, x1, fractions of the image, in pixels.
func boxAt(at [4]float64, s *Scene) detection.Box {
	height, width := float64(s.Height), float64(s.Width)
	return detection.Box{at[1] * width, at[0] * height, (at[3] - at[1]) * width, (at[2] - at[0]) * height}
}
