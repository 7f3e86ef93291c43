package benchmarks

import (
	"fmt"

	"github.com/pali3/pali3/shards"
)

// readMSRVTT reads MSR-VTT's videodatainfo.json. The frames of a video are the pictures in the folder of its name.
var readMSRVTT = of(func(f struct {
	Videos []struct {
		ID    string `json:"video_id"`
		Split string `json:"split"`
		URL   string `json:"url"`
	} `json:"videos"`
	Sentences []struct {
		VideoID string `json:"video_id"`
		Caption string `json:"caption"`
	} `json:"sentences"`
}, _ Options, yield func(item) bool) {
	said := map[string][]shards.Text{}
	for _, s := range f.Sentences {
		said[s.VideoID] = append(said[s.VideoID], caption("en", s.Caption))
	}
	for _, v := range f.Videos {
		i := item{frames: v.ID, sample: shards.Sample{Key: v.ID, Split: v.Split, Texts: said[v.ID], Provenance: shards.Provenance{URL: v.URL}}}
		if !yield(i) {
			return
		}
	}
})

// readActivityNet reads ActivityNet Captions' train.json, val_1.json, val_2.json: sentences about moments of a video. The
// frames of a video are the pictures in the folder of its name.
var readActivityNet = of(func(f map[string]struct {
	Duration   float64      `json:"duration"`
	Timestamps [][2]float64 `json:"timestamps"`
	Sentences  []string     `json:"sentences"`
}, _ Options, yield func(item) bool) {
	for _, id := range sortedKeys(f) {
		v := f[id]
		i := item{frames: id, sample: shards.Sample{Key: id, Metadata: map[string]string{"duration": fmt.Sprint(v.Duration)}}}
		for n, sentence := range v.Sentences {
			i.sample.Texts = append(i.sample.Texts, caption("en", sentence))
			if n < len(v.Timestamps) {
				i.sample.Metadata[fmt.Sprintf("moment_%d", n)] = fmt.Sprintf("%g-%g", v.Timestamps[n][0], v.Timestamps[n][1])
			}
		}
		if !yield(i) {
			return
		}
	}
})
