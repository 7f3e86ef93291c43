package benchmarks

import (
	"bufio"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// readCOCO reads COCO's captions_*.json and instances_*.json, and NoCaps, which has the same layout: images by id, what
// is said of each in annotations, and categories by id.
var readCOCO = of(func(f struct {
	Images []struct {
		ID       int64  `json:"id"`
		FileName string `json:"file_name"`
		URL      string `json:"coco_url"`
		Domain   string `json:"domain"` // of NoCaps
	} `json:"images"`
	Annotations []struct {
		ImageID    int64     `json:"image_id"`
		Caption    string    `json:"caption"`
		BBox       []float64 `json:"bbox"` // x, y, width, height
		CategoryID int64     `json:"category_id"`
	} `json:"annotations"`
	Categories []struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	} `json:"categories"`
}, _ Options, yield func(item) bool) {
	names := map[int64]string{}
	for _, c := range f.Categories {
		names[c.ID] = c.Name
	}
	items := map[int64]*item{}
	for _, m := range f.Images {
		i := &item{images: []string{m.FileName}}
		i.sample.Key, i.sample.Provenance.URL = m.FileName, m.URL
		if m.Domain != "" {
			i.sample.Metadata = map[string]string{"domain": m.Domain}
		}
		items[m.ID] = i
	}
	for _, a := range f.Annotations {
		i := items[a.ImageID]
		if i == nil {
			continue
		}
		if a.Caption != "" {
			i.sample.Texts = append(i.sample.Texts, caption("en", strings.TrimSpace(a.Caption)))
		}
		if len(a.BBox) == 4 {
			i.boxes = append(i.boxes, box{label: names[a.CategoryID], x: a.BBox[0], y: a.BBox[1], width: a.BBox[2], height: a.BBox[3]})
		}
	}
	for _, m := range f.Images {
		if !yield(*items[m.ID]) {
			return
		}
	}
})

// readKarpathy reads Karpathy's splits: dataset_coco.json, dataset_flickr30k.json, dataset_flickr8k.json.
var readKarpathy = of(func(f struct {
	Images []struct {
		FilePath  string                 `json:"filepath"`
		FileName  string                 `json:"filename"`
		Split     string                 `json:"split"`
		Sentences []struct{ Raw string } `json:"sentences"`
	} `json:"images"`
}, _ Options, yield func(item) bool) {
	for _, m := range f.Images {
		i := item{images: []string{path.Join(m.FilePath, m.FileName) + "|" + m.FileName}}
		i.sample.Key, i.sample.Split = m.FileName, m.Split
		for _, s := range m.Sentences {
			i.sample.Texts = append(i.sample.Texts, caption("en", strings.TrimSpace(s.Raw)))
		}
		if !yield(i) {
			return
		}
	}
})

// readTextCaps reads TextCaps_0.1_*.json: a line of data for each caption, with all captions of the image in reference_strs.
var readTextCaps = of(func(f struct {
	Data []struct {
		ImageID    string   `json:"image_id"`
		ImageName  string   `json:"image_name"`
		Caption    string   `json:"caption_str"`
		References []string `json:"reference_strs"`
		Set        string   `json:"set_name"`
	} `json:"data"`
}, _ Options, yield func(item) bool) {
	var all byImage
	for _, d := range f.Data {
		i := all.of(d.ImageID, d.ImageID+".jpg")
		i.sample.Split = d.Set
		for _, text := range append([]string{d.Caption}, d.References...) {
			said := caption("en", strings.TrimSpace(text))
			if text != "" && !slices.Contains(i.sample.Texts, said) {
				i.sample.Texts = append(i.sample.Texts, said)
			}
		}
	}
	all.yield(yield)
})

// readXM3600 reads Crossmodal-3600's captions.jsonl: an image a line, its captions by language.
func readXM3600(o Options) iter.Seq2[item, error] {
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
func readNarratives(o Options) iter.Seq2[item, error] {
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
		f, err := os.Open(file)
		if err != nil {
			yield(item{}, err)
			return
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
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
