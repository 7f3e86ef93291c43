package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
)

// translation is a line of the machine translations of CC3M (CC3M-35L) and of COCO's captions
// (COCO-35L) that the authors of Crossmodal-3600 publish: cc3m_mt_train.jsonl, cc3m_mt_dev.jsonl,
// coco_mt_train.jsonl, coco_mt_dev.jsonl, also as .gz or .bz2. Their README describes the fields.
// Each caption has a line for each of 34 languages.
type translation struct {
	ImageID     flexible `json:"image_id"`
	Source      words    `json:"src_lang"`
	Target      words    `json:"trg_lang"`
	Caption     words    `json:"caption_tokenized"`
	Translation words    `json:"translation_tokenized"`
}

// readCC3M35L reads CC3M-35L: an image's caption and its translations. CC3M is published as URLs
// without images; the folder has the images under the names image_id.
var readCC3M35L = distinct(byImage(translations(cc3mImage, false)))

func cc3mImage(t translation) (item, error) {
	var names []string
	for _, ending := range []string{".jpg", ".jpeg", ".png", ".webp", ".gif"} {
		names = append(names, string(t.ImageID)+ending)
	}
	return about(string(t.ImageID), names...), nil
}

// readCOCO35L reads COCO-35L: an image's captions and their translations. An image_id is COCO's
// number of the image and, after an underscore, of the caption.
var readCOCO35L = distinct(byImage(translations(cocoImageOf, false)))

func cocoImageOf(t translation) (item, error) {
	number, _, _ := strings.Cut(string(t.ImageID), "_")
	number = string(quotedID(number))
	names := cocoNames(number, "")
	if len(names) == 0 {
		return item{}, fmt.Errorf("image_id %q does not begin with COCO's number", t.ImageID)
	}
	return about(number, names...), nil
}

// The captions by which models are scored, as big_vision reads them (datasets/coco35l/coco35l.py):
// all translations of a caption, also if two are equal, and the caption itself where it is
// translated into German, so that it counts once.
var (
	cc3m35LReferences = byImage(translations(cc3mImage, true))
	coco35LReferences = byImage(translations(cocoImageOf, true))
)

// translations returns a reader of lines; of returns the item for the image of a line. Once says
// that the caption that is translated is read from the lines with a German translation only.
func translations(of func(translation) (item, error), once bool) read {
	return func(ctx context.Context, o Options) iter.Seq2[item, error] {
		return eachLine(ctx, o.Annotations, func(t translation) (item, error) {
			if t.ImageID == "" || t.Target.text == "" {
				return item{}, errors.New("no image_id or trg_lang")
			}
			i, err := of(t)
			if err != nil {
				return item{}, err
			}
			what := fmt.Sprintf("%s, %s", t.ImageID, t.Target.text)
			if !once || t.Target.text == "de" {
				i.say(t.Source.text, t.Caption, what+": caption_tokenized")
			}
			i.say(t.Target.text, t.Translation, what+": translation_tokenized")
			return i, nil
		})
	}
}
