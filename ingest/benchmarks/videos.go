package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/pali3/pali3/shards"
)

// readMSRVTT reads MSR-VTT's videodatainfo.json. The frames of a video are the pictures in the folder of its name.
func readMSRVTT(ctx context.Context, o Options) iter.Seq2[item, error] {
	type sentence struct {
		VideoID string `json:"video_id"`
		Caption string `json:"caption"`
	}
	type video struct {
		ID    string `json:"video_id"`
		Split string `json:"split"`
		URL   string `json:"url"`
	}
	return func(yield func(item, error) bool) {
		said, err := newGathering()
		if err != nil {
			yield(item{}, err)
			return
		}
		defer said.close()
		for s, err := range elements[sentence](ctx, o.Annotations, "sentences") {
			if err == nil {
				err = said.add(s.VideoID, &item{sample: shards.Sample{Texts: []shards.Text{caption("en", s.Caption)}}})
			}
			if err != nil && (!yield(item{}, err) || errors.Is(err, errBroken)) {
				return
			}
		}
		for v, err := range elements[video](ctx, o.Annotations, "videos") {
			i := item{}
			if err == nil {
				i, _, err = said.get(v.ID)
			}
			i.frames = v.ID
			i.sample.Key, i.sample.Split, i.sample.Provenance.URL = v.ID, v.Split, v.URL
			if !yield(i, err) {
				return
			}
		}
	}
}

// readActivityNet reads ActivityNet Captions' train.json, val_1.json, val_2.json: sentences about moments of a video. The
// frames of a video are the pictures in the folder of its name.
var readActivityNet = eachMember(func(id string, v struct {
	Duration   float64      `json:"duration"`
	Timestamps [][2]float64 `json:"timestamps"`
	Sentences  []string     `json:"sentences"`
}, _ Options) item {
	i := item{frames: id, sample: shards.Sample{Key: id, Metadata: map[string]string{"duration": fmt.Sprint(v.Duration)}}}
	for n, sentence := range v.Sentences {
		i.sample.Texts = append(i.sample.Texts, caption("en", sentence))
		if n < len(v.Timestamps) {
			i.sample.Metadata[fmt.Sprintf("moment_%d", n)] = fmt.Sprintf("%g-%g", v.Timestamps[n][0], v.Timestamps[n][1])
		}
	}
	return i
})
