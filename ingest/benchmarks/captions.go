package benchmarks

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// cocoImage is an image of COCO's captions_*.json and instances_*.json, and of NoCaps.
type cocoImage struct {
	ID       int64  `json:"id"`
	FileName string `json:"file_name"`
	URL      string `json:"coco_url"`
	Domain   string `json:"domain"` // of NoCaps
}

// cocoAnnotation is what these files say of an image at one place.
type cocoAnnotation struct {
	ID         int64     `json:"id"`
	ImageID    int64     `json:"image_id"`
	Caption    string    `json:"caption"`
	BBox       []float64 `json:"bbox"` // x, y, width, height
	CategoryID int64     `json:"category_id"`
	Outline    *outline  `json:"segmentation"`
}

// box returns the annotation's box, with the outline of what it is around.
func (a *cocoAnnotation) box(label string) box {
	return box{Label: label, X: a.BBox[0], Y: a.BBox[1], Width: a.BBox[2], Height: a.BBox[3], Outline: a.Outline}
}

type cocoCategory struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// readCOCO reads COCO's captions_*.json and instances_*.json, and NoCaps, which has the same layout: images by id, what
// is said of each in annotations, and categories by id. The file is read three times, as its members come in any order.
func readCOCO(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		said, err := newGathering()
		if err != nil {
			yield(item{}, err)
			return
		}
		defer said.close()
		if !gatherCOCO(ctx, o.Annotations, said, yield) {
			return
		}
		for m, err := range elements[cocoImage](ctx, o.Annotations, "images") {
			i := item{}
			if err == nil {
				i, _, err = said.get(fmt.Sprint(m.ID))
			}
			i.images = []string{m.FileName}
			i.sample.Key, i.sample.Provenance.URL = m.FileName, m.URL
			if m.Domain != "" {
				i.sample.Metadata = map[string]string{"domain": m.Domain}
			}
			if !yield(i, err) {
				return
			}
		}
	}
}

// gatherCOCO reads what is said of the images. It returns false if nothing is to follow.
func gatherCOCO(ctx context.Context, file string, said *gathering, yield func(item, error) bool) bool {
	names := map[int64]string{}
	for c, err := range elements[cocoCategory](ctx, file, "categories") {
		if errors.Is(err, errNoMember) { // of captions
			break
		}
		if err != nil && (!yield(item{}, err) || errors.Is(err, errBroken)) {
			return false
		}
		names[c.ID] = c.Name
	}
	for a, err := range elements[cocoAnnotation](ctx, file, "annotations") {
		if errors.Is(err, errNoMember) { // of test sets
			break
		}
		i := item{}
		if a.Caption != "" {
			i.sample.Texts = []shards.Text{caption("en", strings.TrimSpace(a.Caption))}
		}
		if len(a.BBox) == 4 {
			i.boxes = []box{a.box(names[a.CategoryID])}
		}
		if err == nil {
			err = said.add(fmt.Sprint(a.ImageID), &i)
		}
		if err != nil && (!yield(item{}, err) || errors.Is(err, errBroken)) {
			return false
		}
	}
	return true
}

// readKarpathy reads Karpathy's splits: dataset_coco.json, dataset_flickr30k.json, dataset_flickr8k.json.
var readKarpathy = each("images", func(_ int, m struct {
	FilePath  string                 `json:"filepath"`
	FileName  string                 `json:"filename"`
	Split     string                 `json:"split"`
	Sentences []struct{ Raw string } `json:"sentences"`
}, _ Options) item {
	i := about(m.FileName, path.Join(m.FilePath, m.FileName)+"|"+m.FileName)
	i.sample.Split = m.Split
	for _, s := range m.Sentences {
		i.sample.Texts = append(i.sample.Texts, caption("en", strings.TrimSpace(s.Raw)))
	}
	return i
})

// readTextCaps reads TextCaps_0.1_*.json: a line of data for each caption, with all captions of the image in reference_strs.
var readTextCaps = distinct(byImage(each("data", func(_ int, d struct {
	ImageID    string   `json:"image_id"`
	Caption    string   `json:"caption_str"`
	References []string `json:"reference_strs"`
	Set        string   `json:"set_name"`
}, _ Options) item {
	i := about(d.ImageID, d.ImageID+".jpg")
	i.sample.Split = d.Set
	for _, text := range append([]string{d.Caption}, d.References...) {
		if text != "" {
			i.sample.Texts = append(i.sample.Texts, caption("en", strings.TrimSpace(text)))
		}
	}
	return i
})))

// distinct makes a reader that leaves out texts of an item that come again.
func distinct(r read) read {
	return func(ctx context.Context, o Options) iter.Seq2[item, error] {
		return func(yield func(item, error) bool) {
			for i, err := range r(ctx, o) {
				seen := map[shards.Text]bool{}
				i.sample.Texts = slices.DeleteFunc(i.sample.Texts, func(t shards.Text) bool {
					again := seen[t]
					seen[t] = true
					return again
				})
				if !yield(i, err) {
					return
				}
			}
		}
	}
}

// readXM3600 reads Crossmodal-3600's captions.jsonl: an image a line, its captions by language.
func readXM3600(_ context.Context, o Options) iter.Seq2[item, error] {
	return eachLine(o.Annotations, func(line []byte) (item, error) {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(line, &fields); err != nil {
			return item{}, err
		}
		var key string
		if err := json.Unmarshal(fields["image/key"], &key); err != nil {
			return item{}, fmt.Errorf("image/key: %w", err)
		}
		i := item{images: []string{key + ".jpg"}, sample: shards.Sample{Key: key}}
		var locale string
		json.Unmarshal(fields["image/locale"], &locale)
		i.sample.Metadata = map[string]string{"locale": locale}
		var languages []string
		for name := range fields {
			languages = append(languages, name)
		}
		slices.Sort(languages)
		for _, language := range languages {
			var captions struct {
				Caption []string `json:"caption"`
			}
			if json.Unmarshal(fields[language], &captions) != nil {
				continue
			}
			for _, text := range captions.Caption {
				i.sample.Texts = append(i.sample.Texts, caption(language, strings.TrimSpace(text)))
			}
		}
		return i, nil
	})
}

// readNarratives reads Localized Narratives: an image's spoken description a line.
func readNarratives(_ context.Context, o Options) iter.Seq2[item, error] {
	return eachLine(o.Annotations, func(line []byte) (item, error) {
		var n struct {
			Dataset   string   `json:"dataset_id"`
			ImageID   string   `json:"image_id"`
			Annotator flexible `json:"annotator_id"`
			Caption   string   `json:"caption"`
		}
		if err := json.Unmarshal(line, &n); err != nil {
			return item{}, err
		}
		i := item{images: []string{n.ImageID + ".jpg"}}
		i.sample.Key = n.ImageID + "#" + string(n.Annotator)
		i.sample.Metadata = map[string]string{"dataset": n.Dataset}
		i.sample.Texts = []shards.Text{caption("en", strings.TrimSpace(n.Caption))}
		return i, nil
	})
}

// eachLine yields what each line of a file gives.
func eachLine(file string, parse func([]byte) (item, error)) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		text, closer, err := openText(file)
		if err != nil {
			yield(item{}, err)
			return
		}
		defer closer.Close()
		lines := bufio.NewScanner(text)
		lines.Buffer(nil, 16<<20)
		for number := 1; lines.Scan(); number++ {
			if len(strings.TrimSpace(lines.Text())) == 0 {
				continue
			}
			i, err := parse(lines.Bytes())
			if err != nil {
				err = fmt.Errorf("line %d: %w", number, err)
			}
			if !yield(i, err) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(item{}, err)
		}
	}
}
