package benchmarks

import (
	"cmp"
	"context"
	"encoding/json"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/shards"
)

// readKarpathy reads Karpathy's splits: dataset_coco.json, dataset_flickr30k.json,
// dataset_flickr8k.json.
var readKarpathy = each("images", func(_ int, m struct {
	FilePath  words                     `json:"filepath"`
	FileName  words                     `json:"filename"`
	CocoID    flexible                  `json:"cocoid"`
	ImageID   flexible                  `json:"imgid"`
	Split     words                     `json:"split"`
	Sentences list[struct{ Raw words }] `json:"sentences"`
}, _ Options) item {
	name := m.FileName.text
	i := about(name, path.Join(m.FilePath.text, name), name)
	if number := cocoNumber(name); number != "" {
		i.images[0] = append(i.images[0], cocoNames(number, "")...)
	}
	i.sample.Split, i.id = m.Split.text, string(cmp.Or(m.CocoID, m.ImageID))
	for n, s := range m.Sentences.items {
		i.say("en", s.Raw, fmt.Sprintf("%s: sentence %d", name, n))
	}
	i.lose(shards.LeftText, name+": sentences", m.Sentences.bad, m.Sentences.fault)
	return i
})

// readTextCaps reads TextCaps_0.1_*.json. It has an element of data for each caption, with all
// captions of the image in reference_strs.
var readTextCaps = textCaps(true)

// textCapsReferences are the captions by which the owner scores (facebookresearch/mmf,
// textcaps_eval.py): the caption_str of each element, also if two are equal. Where an element has
// none, they are its reference_strs.
var textCapsReferences = textCaps(false)

func textCaps(all bool) read {
	return byImage(each("data", func(_ int, d struct {
		ImageID    flexible    `json:"image_id"`
		Caption    words       `json:"caption_str"`
		References list[words] `json:"reference_strs"`
		Set        words       `json:"set_name"`
	}, _ Options) item {
		id := string(d.ImageID)
		i := about(id, openImagesNames(id, "train_images", "test_images")...)
		i.sample.Split = d.Set.text
		if d.Caption.given {
			i.say("en", d.Caption, id)
		}
		if d.Caption.given && !all {
			return i
		}
		for n, text := range d.References.items {
			i.say("en", text, fmt.Sprintf("%s: reference_strs %d", id, n))
		}
		i.lose(shards.LeftText, id+": reference_strs", d.References.bad, d.References.fault)
		return i
	}))
}

// openImagesNames returns the names that the image with an id may have, alone or in a folder.
func openImagesNames(id string, folders ...string) []string {
	if id == "" {
		return nil
	}
	names := []string{id + ".jpg"}
	for _, folder := range folders {
		names = append(names, folder+"/"+id+".jpg")
	}
	return names
}

// distinct returns a reader that drops repeated texts of an item.
func distinct(r read) read {
	return func(ctx context.Context, o Options) iter.Seq2[item, error] {
		return func(yield func(item, error) bool) {
			for i, err := range r(ctx, o) {
				seen := map[shards.Text]bool{}
				i.sample.Texts = slices.DeleteFunc(i.sample.Texts, func(t shards.Text) bool {
					t.Value = strings.TrimSpace(t.Value)
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

// readXM3600 reads Crossmodal-3600's captions.jsonl: each line has an image's captions by language.
func readXM3600(ctx context.Context, o Options) iter.Seq2[item, error] {
	return xm3600(ctx, o, false)
}

// xm3600References has, beside the captions, those that the owner tokenized and put in lower case:
// the field "tokenized" of each language.
func xm3600References(ctx context.Context, o Options) iter.Seq2[item, error] {
	return xm3600(ctx, o, true)
}

func xm3600(ctx context.Context, o Options, tokenized bool) iter.Seq2[item, error] {
	return eachLine(ctx, o.Annotations, func(fields map[string]jsontext.Value) (item, error) {
		var key flexible
		if err := decode(fieldOr(fields, "image/key"), &key); err != nil {
			return item{}, fmt.Errorf("image/key: %w", err)
		}
		if key == "" {
			return item{}, errors.New("it has no image/key")
		}
		i := about(string(key), string(key)+".jpg")
		var locale words
		decode(fieldOr(fields, "image/locale"), &locale) // words accept every value
		i.sample.Metadata = map[string]string{"locale": locale.text}
		if locale.text == "" && locale.given {
			i.leave(shards.LeftMetadata, "%s: image/locale: found %s", key, locale.fault)
		}
		for _, language := range slices.Sorted(maps.Keys(fields)) {
			if strings.HasPrefix(language, "image/") {
				continue
			}
			i.sayIn(language, fields[language], tokenized)
		}
		return i, nil
	})
}

// fieldOr returns the value of a field, or null if there is none.
func fieldOr(fields map[string]jsontext.Value, name string) jsontext.Value {
	if v := fields[name]; len(v) > 0 {
		return v
	}
	return jsontext.Value("null")
}

// sayIn adds the captions of one language of Crossmodal-3600, and the tokenized ones as a field.
func (i *item) sayIn(language string, value jsontext.Value, tokenized bool) {
	what := fmt.Sprintf("%s: %s", i.sample.Key, language)
	var captions struct {
		Caption   list[words] `json:"caption"`
		Tokenized list[words] `json:"caption/tokenized/lowercase"`
	}
	if err := decode(value, &captions); err != nil || !captions.Caption.given {
		i.leave(shards.LeftMetadata, "%s: it has no list of captions", what)
		return
	}
	for _, text := range captions.Caption.items {
		i.say(language, text, what)
	}
	i.lose(shards.LeftText, what, captions.Caption.bad, captions.Caption.fault)
	if !tokenized || len(captions.Tokenized.items) == 0 {
		return
	}
	texts := make([]string, len(captions.Tokenized.items))
	for n, text := range captions.Tokenized.items {
		texts[n] = text.text
	}
	list, _ := json.Marshal(texts) // which are texts
	i.fields = append(i.fields, Field{Question: language, Name: "tokenized", Value: string(list)})
}

// readNarratives reads Localized Narratives: each line is a spoken description of an image. An
// image may have several, even by the same annotator.
func readNarratives(ctx context.Context, o Options) iter.Seq2[item, error] {
	type narrative struct {
		Dataset   words    `json:"dataset_id"`
		ImageID   flexible `json:"image_id"`
		Annotator flexible `json:"annotator_id"`
		Caption   words    `json:"caption"`
	}
	return func(yield func(item, error) bool) {
		keys := newKeys()
		eachLine(ctx, o.Annotations, func(n narrative) (item, error) {
			id := string(n.ImageID)
			if id == "" {
				return item{}, errors.New("it has no image_id")
			}
			i := about(keys.distinct(id+"#"+string(n.Annotator), n.Caption.text), narrativeNames(n.Dataset.text, id)...)
			i.sample.Metadata = map[string]string{"dataset": n.Dataset.text}
			i.say("en", n.Caption, i.sample.Key)
			return i, nil
		})(yield)
	}
}

// narrativeNames returns the names that an image of Localized Narratives may have. The images are
// from COCO, whose ids are numbers, and from Open Images, Flickr30k and ADE20k, whose ids are file
// names without extension.
func narrativeNames(dataset, id string) []string {
	set, of, _ := strings.Cut(dataset, "_")
	switch {
	case set == "mscoco":
		return append(cocoNames(id, of), id+".jpg")
	case strings.HasPrefix(dataset, "open_images"):
		return openImagesNames(id, "train", "validation", "test")
	case strings.EqualFold(set, "Flickr30k"):
		return openImagesNames(id, "flickr30k-images", "flickr30k_images")
	case strings.EqualFold(set, "ADE20k"):
		return openImagesNames(id, "training", "validation", "images/training", "images/validation")
	}
	return openImagesNames(id)
}

// keys makes repeated keys with different content distinct.
type keys struct {
	times map[uint64]int // by hash: of a key, the number of its contents; of a key with its content, which one it is
}

func newKeys() *keys { return &keys{map[uint64]int{}} }

// distinct returns the key, with a number appended from the second content on. The same content
// gets the same key again.
func (k *keys) distinct(key, content string) string {
	one, both := xxhash.Sum64String(key), xxhash.Sum64String(key+"\x00"+content)
	n, there := k.times[both]
	if !there {
		k.times[one]++
		n = k.times[one]
		k.times[both] = n
	}
	if n == 1 {
		return key
	}
	return fmt.Sprintf("%s#%d", key, n)
}
