package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/pali3/pali3/shards"
)

// msrvttSentence is an element of the member sentences of MSR-VTT's file.
type msrvttSentence struct {
	VideoID flexible `json:"video_id"`
	Caption words    `json:"caption"`
}

type msrvttVideo struct {
	ID    flexible `json:"video_id"`
	Split words    `json:"split"`
	URL   words    `json:"url"`
}

// readMSRVTT reads MSR-VTT's videodatainfo.json. The frames of a video are the images in the folder
// named after it.
func readMSRVTT(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		said, err := newGathering()
		if err != nil {
			yield(item{}, err)
			return
		}
		defer said.close()
		for s, err := range elementsTo[msrvttSentence](ctx, o.Annotations, "sentences", false) {
			if err == nil {
				i := item{sample: shards.Sample{Key: string(s.VideoID)}}
				i.speak("en", s.Caption, fmt.Sprintf("sentence about %s", s.VideoID))
				err = said.add(i.sample.Key, &i)
			}
			if err != nil && (!yield(item{}, err) || errors.Is(err, errBroken)) {
				return
			}
		}
		for v, err := range elements[msrvttVideo](ctx, o.Annotations, "videos") {
			i := item{}
			if err == nil {
				i, _, err = said.take(string(v.ID), 1)
			}
			i.frames = string(v.ID)
			i.sample.Key, i.sample.Split, i.sample.Provenance.URL = string(v.ID), v.Split.text, v.URL.text
			if !yield(i, i.checked(err)) {
				return
			}
		}
		if left := said.unused("video", "is not among the videos"); len(left) > 0 {
			yield(asideOf(left), nil)
		}
	}
}

// speak adds a caption without trimming it, or leaves it out if it is not a text.
func (i *item) speak(language string, w words, what string) {
	if wrong := w.wrong(); wrong != "" {
		i.leave(shards.LeftText, "%s: %s", what, wrong)
		return
	}
	i.sample.Texts = append(i.sample.Texts, caption(language, w.text))
}

// readActivityNet reads ActivityNet Captions' train.json, val_1.json, val_2.json: sentences about
// moments of a video. The frames of a video are the images in the folder named after it.
var readActivityNet = eachMember(func(id string, v struct {
	Duration   number             `json:"duration"`
	Timestamps list[list[number]] `json:"timestamps"`
	Sentences  list[words]        `json:"sentences"`
}, _ Options) item {
	i := item{frames: id, sample: shards.Sample{Key: id, Metadata: map[string]string{}}}
	if v.Duration.given {
		i.metadata("duration", words{text: fmt.Sprint(v.Duration.value)})
	}
	for n, sentence := range v.Sentences.items {
		said := len(i.sample.Texts)
		i.speak("en", sentence, fmt.Sprintf("%s: sentence %d", id, n))
		if len(i.sample.Texts) == said || n >= len(v.Timestamps.items) {
			continue
		}
		moment := v.Timestamps.items[n].items
		if len(moment) != 2 || math.IsNaN(moment[0].float()+moment[1].float()) {
			i.leave(shards.LeftMetadata, "%s: timestamps %d are not two numbers", id, n)
			continue
		}
		i.sample.Metadata[fmt.Sprintf("moment_%d", said)] = fmt.Sprintf("%g-%g", moment[0].value, moment[1].value)
	}
	if off := len(v.Timestamps.items) - len(v.Sentences.items); off != 0 {
		i.lose(shards.LeftMetadata, id, max(off, -off), fmt.Errorf("%d timestamps of %d sentences", len(v.Timestamps.items), len(v.Sentences.items)))
	}
	i.lose(shards.LeftText, id+": sentences", v.Sentences.bad, v.Sentences.fault)
	i.lose(shards.LeftMetadata, id+": timestamps", v.Timestamps.bad, v.Timestamps.fault)
	return i
})

// readVATEX reads VATEX's vatex_validation_v1.0.json: ten captions of a video in English and,
// where the file has them, ten in Chinese. The frames of a video are the images in the folder named
// after it, such as Ptf_2VRj-V0_000122_000132.
var readVATEX = each("", func(_ int, v vatexVideo, _ Options) item { return v.item(true) })

// vatexReferences are the English captions, by which models are scored: Chinese ones are a
// benchmark of their own.
var vatexReferences = each("", func(_ int, v vatexVideo, _ Options) item { return v.item(false) })

type vatexVideo struct {
	ID      words       `json:"videoID"`
	English list[words] `json:"enCap"`
	Chinese list[words] `json:"chCap"`
}

func (v *vatexVideo) item(chinese bool) item {
	i := item{frames: v.ID.text, sample: shards.Sample{Key: v.ID.text}}
	for n, text := range v.English.items {
		i.speak("en", text, fmt.Sprintf("%s: enCap %d", v.ID.text, n))
	}
	i.lose(shards.LeftText, v.ID.text+": enCap", v.English.bad, v.English.fault)
	if !chinese {
		return i
	}
	for n, text := range v.Chinese.items {
		i.speak("zh", text, fmt.Sprintf("%s: chCap %d", v.ID.text, n))
	}
	i.lose(shards.LeftText, v.ID.text+": chCap", v.Chinese.bad, v.Chinese.fault)
	return i
}
