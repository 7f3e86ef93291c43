package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/shards"
)

// Directions of retrieval.
const (
	ImageToText = "i2t" // the query is an image
	TextToImage = "t2i" // the query is a text
)

// Retrieved says where a query found its right items.
type Retrieved struct {
	Direction string
	// Rank of the best right item, from 0. Ties count against the model.
	Rank int
	// AveragePrecision of all candidates.
	AveragePrecision float64
}

// scoreRetrieval ranks the images and texts of the annotations by two files of embeddings.
func (b *Benchmark) scoreRetrieval(ctx context.Context, f Files, o Options) (result *Result, err error) {
	if f.ImageEmbeddings == "" || f.TextEmbeddings == "" {
		return nil, fmt.Errorf("%s is scored by embeddings of its images and texts, not by predictions: pali3 embed writes them", b.Name)
	}
	if len(o.Protocols) > 0 {
		return nil, fmt.Errorf("%s has no protocol %q; it has %s", b.Name, o.Protocols[0], Official)
	}
	r := &retrieval{bench: b, files: f, problems: &problems{partial: o.Partial}, splits: map[string]int{}, names: map[string]int{}}
	if err := r.readAnnotations(ctx); err != nil {
		return nil, err
	}
	if err := r.readEmbeddings(ctx); err != nil {
		return nil, err
	}
	items, err := r.rank(ctx)
	if err != nil {
		return nil, err
	}
	s := newScorer(b, nil)
	s.writeTo(o.Scored)
	defer func() { result, err = s.endWriting(result, err) }()
	s.add(items)
	if result, err = s.result(o.Bootstrap); err != nil {
		return nil, err
	}
	result.Problems = r.problems.sorted()
	result.compare(b, f.Split, o.Prompt)
	return result, nil
}

// retrievedItems returns the items, all of which must say where they found what is right.
func (b *Benchmark) retrievedItems(items []Item, _ Options, _ *problems) ([]Item, error) {
	for n := range items {
		r := items[n].Retrieved
		if r == nil {
			return nil, fmt.Errorf("%s ranks images and texts by their embeddings: item %s is not ranked", b.Name, items[n].ID)
		}
		if r.Direction != ImageToText && r.Direction != TextToImage || r.Rank < 0 {
			return nil, fmt.Errorf("item %s has the rank %d in the direction %q, want 0 or more in %s or %s", items[n].ID, r.Rank, r.Direction, ImageToText, TextToImage)
		}
	}
	return slices.Clone(items), nil
}

// retrieval joins the annotations with embeddings.
type retrieval struct {
	bench    *Benchmark
	files    Files
	problems *problems
	splits   map[string]int // number of images
	images   []retrievedImage
	names    map[string]int // number of the image by its names, -1 for a name of several
	texts    []retrievedText
	others   map[string]bool // texts of other splits
	of       struct{ images, texts *embeddings }
}

// retrievedImage is an image of the annotations.
type retrievedImage struct {
	key, split string
	row        int // of its embedding, or -1
}

// retrievedText is a text of the annotations.
type retrievedText struct {
	image    int
	index    int // among the texts of the image
	text     string
	language string
	row      int // of its embedding, or -1
}

// wanted reports whether an image is in the split to score.
func (r *retrieval) wanted(split string) bool {
	return r.files.Split == "" || split == "" || split == r.files.Split
}

// readAnnotations reads the images and texts.
func (r *retrieval) readAnnotations(ctx context.Context) error {
	j := &join{bench: r.bench, files: r.files, problems: r.problems}
	r.others = map[string]bool{}
	for record, err := range r.bench.records(ctx, r.files) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			if err := r.problems.check(LeftOut, err.Error(), func() error { return j.named(err) }); err != nil {
				return err
			}
			continue
		}
		if err := j.leftOut(&record); err != nil {
			return err
		}
		if err := r.add(&record); err != nil {
			return err
		}
	}
	switch images := r.splits[r.files.Split]; {
	case len(r.splits) > 1 && r.files.Split == "":
		return fmt.Errorf("%s has several splits: choose one with --split: %s", r.files.Annotations, countedNames(r.splits))
	case len(r.texts) == 0 && images == 0 && len(r.splits) > 0 && r.files.Split != "":
		return fmt.Errorf("%s has no split %s; it has %s", r.files.Annotations, r.files.Split, countedNames(r.splits))
	case len(r.texts) == 0:
		return fmt.Errorf("%s has no caption to rank", r.files.Annotations)
	}
	return nil
}

// add adds an image and its texts.
func (r *retrieval) add(record *Record) error {
	s := &record.Sample
	image := len(r.images)
	r.images = append(r.images, retrievedImage{s.Key, s.Split, -1})
	r.splits[s.Split]++
	for n, name := range []string{s.Key, record.ID, path.Base(s.Key), stem(s.Key)} {
		at, taken := r.names[name]
		switch {
		case name == "" || taken && at == image:
		case taken && n == 0:
			return fmt.Errorf("%s: image %s is annotated twice", r.files.Annotations, name)
		case taken:
			r.names[name] = -1
		default:
			r.names[name] = image
		}
	}
	for index, text := range s.Texts {
		switch {
		case text.Kind != shards.Caption:
		case r.wanted(s.Split):
			r.texts = append(r.texts, retrievedText{image: image, index: index, text: text.Value, language: text.Language, row: -1})
		default:
			r.others[text.Value] = true
		}
	}
	return nil
}

// stem returns the name of a file without its folder and ending.
func stem(name string) string { return strings.TrimSuffix(path.Base(name), path.Ext(name)) }

// image returns the number of the image that an embedding is of, or -1.
func (r *retrieval) image(key string) int {
	key = strings.ReplaceAll(key, `\`, "/")
	for _, name := range []string{key, path.Base(key), stem(key)} {
		if image, known := r.names[name]; known {
			return image
		}
	}
	return -1
}

// readEmbeddings finds the embeddings of the images and texts.
func (r *retrieval) readEmbeddings(ctx context.Context) (err error) {
	if r.of.images, err = readEmbeddings(ctx, r.files.ImageEmbeddings, "image"); err != nil {
		return err
	}
	if r.of.texts, err = readEmbeddings(ctx, r.files.TextEmbeddings, "text"); err != nil {
		return err
	}
	if images, texts := r.of.images.vectors.Width, r.of.texts.vectors.Width; images != texts {
		return fmt.Errorf("embeddings of %s have %d values and those of %s %d: they are of different models", r.files.ImageEmbeddings, images, r.files.TextEmbeddings, texts)
	}
	if err := errors.Join(r.findImages(), r.findTexts()); err != nil {
		if r.problems.partial {
			return err
		}
		return fmt.Errorf("%w; --partial scores what can be scored and counts the rest", err)
	}
	return nil
}

// findImages finds the embedding of each image that has a text.
func (r *retrieval) findImages() error {
	var unknown []string
	for n := range r.of.images.rows {
		row := &r.of.images.rows[n]
		image := r.image(row.key)
		switch {
		case image < 0 || row.index != 0:
			unknown = append(unknown, row.key)
		case r.images[image].row >= 0:
			return fmt.Errorf("%s: embeddings %d and %d are both of image %s", r.of.images.path, r.images[image].row, n, r.images[image].key)
		default:
			r.images[image].row = n
		}
	}
	var missing []string
	asked := map[int]bool{}
	for n := range r.texts {
		if image := r.texts[n].image; !asked[image] {
			asked[image] = true
			if r.images[image].row < 0 {
				missing = append(missing, r.images[image].key)
			}
		}
	}
	return r.mismatched("image", r.of.images.path, len(asked), missing, unknown)
}

// findTexts finds the embedding of each text: by its image and place, or by its words.
func (r *retrieval) findTexts() error {
	e := r.of.texts
	byPlace := map[embeddingName]int{}
	for n := range e.rows {
		if image := r.image(e.rows[n].key); image >= 0 {
			byPlace[embeddingName{r.images[image].key, e.rows[n].index}] = n
		}
	}
	var missing []string
	words := map[string]bool{}
	for n := range r.texts {
		t := &r.texts[n]
		words[t.text] = true
		row, ok := byPlace[embeddingName{r.images[t.image].key, t.index}]
		if !ok || e.rows[row].text != "" && e.rows[row].text != t.text {
			row, ok = e.byText[t.text]
		}
		if !ok {
			missing = append(missing, fmt.Sprintf("text %d of %s (%q)", t.index, r.images[t.image].key, t.text))
			continue
		}
		t.row, e.rows[row].used = row, true
	}
	var unknown []string
	for n := range e.rows {
		row := &e.rows[n]
		if row.used || words[row.text] || r.others[row.text] {
			continue
		}
		if image := r.image(row.key); image >= 0 && !r.wanted(r.images[image].split) {
			continue
		}
		unknown = append(unknown, fmt.Sprintf("text %d of %s", row.index, row.key))
	}
	return r.mismatched("text", e.path, len(r.texts), missing, unknown)
}

// mismatched counts what has no embedding, and embeddings of nothing, or returns an error.
func (r *retrieval) mismatched(kind, path string, asked int, missing, unknown []string) error {
	if len(missing) == asked {
		return fmt.Errorf("%s has no embedding for any of the %d %ss of %s, for example %s: its keys are those of samples, or names of image files", path, asked, kind, r.files.Annotations, missing[0])
	}
	for _, name := range missing {
		r.problems.add(Missing, name, nil)
	}
	for _, name := range unknown {
		r.problems.add(Unknown, name, nil)
	}
	var all []error
	if len(missing) > 0 && !r.problems.partial {
		all = append(all, fmt.Errorf("%s has no embedding for %d of %d %ss of %s: %s", path, len(missing), asked, kind, r.files.Annotations, few(missing)))
	}
	if len(unknown) > 0 && !r.problems.partial {
		all = append(all, fmt.Errorf("%s: %d embeddings are of %ss that %s does not annotate: %s", path, len(unknown), kind, r.files.Annotations, few(unknown)))
	}
	return errors.Join(all...)
}

// rank ranks the images and texts of each language by themselves.
func (r *retrieval) rank(ctx context.Context) (items []Item, err error) {
	byLanguage := map[string][]int{}
	for n := range r.texts {
		if t := &r.texts[n]; t.row >= 0 && r.images[t.image].row >= 0 {
			byLanguage[t.language] = append(byLanguage[t.language], n)
		}
	}
	for _, language := range slices.Sorted(maps.Keys(byLanguage)) {
		if items, err = r.rankLanguage(ctx, items, language, byLanguage[language]); err != nil {
			return nil, fmt.Errorf("ranking texts of language %q: %w", language, err)
		}
	}
	return items, nil
}

// rankLanguage adds an item for each image and each text.
func (r *retrieval) rankLanguage(ctx context.Context, items []Item, language string, texts []int) ([]Item, error) {
	var images, imageRows, textRows []int
	var pairs []metrics.Pair
	at := map[int]int{}
	for n, text := range texts {
		t := &r.texts[text]
		if _, known := at[t.image]; !known {
			at[t.image] = len(images)
			images, imageRows = append(images, t.image), append(imageRows, r.images[t.image].row)
		}
		textRows = append(textRows, t.row)
		pairs = append(pairs, metrics.Pair{Image: at[t.image], Text: n})
	}
	i2t, t2i, err := metrics.RankEmbeddings(ctx, r.of.images.choose(imageRows), r.of.texts.choose(textRows), pairs)
	if err != nil {
		return nil, err
	}
	item := func(image int, id, direction string, of *metrics.Ranking, n int) Item {
		i := &r.images[image]
		return Item{ID: id, Image: i.key, Split: i.split, Language: language, Kind: direction, Retrieved: &Retrieved{direction, of.Ranks[n], of.AveragePrecision[n]}}
	}
	for n, query := range i2t.Queries {
		items = append(items, item(images[query], r.images[images[query]].key+"/"+language, ImageToText, &i2t, n))
	}
	for n, query := range t2i.Queries {
		t := &r.texts[texts[query]]
		i := item(t.image, fmt.Sprintf("%s/%s/%d", r.images[t.image].key, language, t.index), TextToImage, &t2i, n)
		i.Question = t.text
		items = append(items, i)
	}
	return items, nil
}
