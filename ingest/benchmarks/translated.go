package benchmarks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/pali3/pali3/shards"
)

// translation is a line of the machine translations that the authors of Crossmodal-3600 publish of CC3M (CC3M-35L) and of COCO's
// captions (COCO-35L): cc3m_mt_train.jsonl, cc3m_mt_dev.jsonl, coco_mt_train.jsonl, coco_mt_dev.jsonl, also as .gz or .bz2. Their README
// describes the fields. A caption comes once for each of 34 languages.
type translation struct {
	ImageID     flexible `json:"image_id"`
	Source      string   `json:"src_lang"`
	Target      string   `json:"trg_lang"`
	Caption     string   `json:"caption_tokenized"`
	Translation string   `json:"translation_tokenized"`
}

// readCC3M35L reads CC3M-35L: an image's caption and its translations. CC3M's owners publish URLs and no pictures: the folder has
// them by the name image_id.
var readCC3M35L = distinct(byImage(translations(func(t translation) (key, images string, err error) {
	var names []string
	for _, ending := range []string{".jpg", ".jpeg", ".png", ".webp", ".gif"} {
		names = append(names, string(t.ImageID)+ending)
	}
	return string(t.ImageID), strings.Join(names, "|"), nil
})))

// readCOCO35L reads COCO-35L: an image's captions and their translations. An image_id is COCO's number of the image and, after an
// underscore, that of the caption.
var readCOCO35L = distinct(byImage(translations(func(t translation) (key, images string, err error) {
	number, _, _ := strings.Cut(string(t.ImageID), "_")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return "", "", fmt.Errorf("image_id %q does not begin with COCO's number", t.ImageID)
	}
	name := fmt.Sprintf("%012d.jpg", id)
	images = name
	for _, set := range []string{"train2014", "val2014"} {
		images += fmt.Sprintf("|%s/COCO_%s_%s|COCO_%s_%s", set, set, name, set, name)
	}
	return number, images, nil
})))

// translations makes a reader of lines; name says what an image's sample and files are called.
func translations(name func(translation) (key, images string, err error)) read {
	return func(_ context.Context, o Options) iter.Seq2[item, error] {
		return eachLine(o.Annotations, func(line []byte) (item, error) {
			var t translation
			if err := json.Unmarshal(line, &t); err != nil {
				return item{}, err
			}
			if t.ImageID == "" || t.Target == "" {
				return item{}, errors.New("no image_id or trg_lang")
			}
			key, images, err := name(t)
			if err != nil {
				return item{}, err
			}
			i := about(key, images)
			for _, said := range []shards.Text{caption(t.Source, strings.TrimSpace(t.Caption)), caption(t.Target, strings.TrimSpace(t.Translation))} {
				if said.Value != "" {
					i.sample.Texts = append(i.sample.Texts, said)
				}
			}
			return i, nil
		})
	}
}
