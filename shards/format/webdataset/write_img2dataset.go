package webdataset

import (
	"encoding/json"
	"fmt"
	"iter"
	"path/filepath"

	"github.com/parquet-go/parquet-go"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/shards"
)

// row is img2dataset's record of an image, in its json member and its Parquet file.
type row struct {
	URL            string  `parquet:"url" json:"url"`
	Key            string  `parquet:"key" json:"key"`
	Caption        string  `parquet:"caption" json:"caption"`
	Status         string  `parquet:"status" json:"status"`
	ErrorMessage   *string `parquet:"error_message,optional" json:"error_message"`
	Width          int32   `parquet:"width" json:"width"`
	Height         int32   `parquet:"height" json:"height"`
	OriginalWidth  int32   `parquet:"original_width" json:"original_width"`
	OriginalHeight int32   `parquet:"original_height" json:"original_height"`
	Exif           string  `parquet:"exif" json:"exif"`
	SHA256         string  `parquet:"sha256" json:"sha256"`
}

// Stats is img2dataset's NNNNN_stats.json. The times are zero: they say nothing of the data.
type Stats struct {
	Count            int            `json:"count"`
	Successes        int            `json:"successes"`
	FailedToDownload int            `json:"failed_to_download"`
	FailedToResize   int            `json:"failed_to_resize"`
	Duration         float64        `json:"duration"`
	BytesDownloaded  int64          `json:"bytes_downloaded"`
	StartTime        float64        `json:"start_time"`
	EndTime          float64        `json:"end_time"`
	StatusDict       map[string]int `json:"status_dict"`
}

// WriteImg2dataset writes samples in the layout of img2dataset: dir/00000.tar, 00000.parquet and
// 00000_stats.json and so on, the images named by their archive and row. The layout has one image
// and one caption a record: the first of each are taken, and a sample without an image is counted
// as failed.
func WriteImg2dataset(dir string, samples iter.Seq2[shards.Sample, error], o Options) error {
	o = o.withDefaults()
	shard := &img2dataset{dir: dir}
	defer shard.abort()
	for s, err := range samples {
		if err != nil {
			return err
		}
		if err := shard.add(&s); err != nil {
			return fmt.Errorf("writing sample %q: %w", s.Key, err)
		}
		if shard.stats.Count >= o.Rows || shard.stats.BytesDownloaded >= o.Bytes {
			if err := shard.end(); err != nil {
				return err
			}
		}
	}
	return shard.end()
}

// img2dataset is one archive with its two companions.
type img2dataset struct {
	dir    string
	number int
	tar    *archiveWriter
	rows   []row
	stats  Stats
}

func (d *img2dataset) name(suffix string) string {
	return filepath.Join(d.dir, fmt.Sprintf("%05d%s", d.number, suffix))
}

func (d *img2dataset) add(s *shards.Sample) error {
	if d.tar == nil {
		var err error
		if d.tar, err = create(d.name(".tar"), ""); err != nil {
			return err
		}
		d.rows, d.stats = nil, Stats{StatusDict: map[string]int{}}
	}
	r := row{URL: s.Provenance.URL, Key: fmt.Sprintf("%05d%04d", d.number, d.stats.Count), Status: "success", Exif: "{}"}
	if len(s.Texts) > 0 {
		r.Caption = s.Texts[0].Value
	}
	d.stats.Count++
	if len(s.Images) == 0 {
		message := "the sample has no image"
		r.Status, r.ErrorMessage = "failed_to_download", &message
		d.stats.FailedToDownload++
		d.stats.StatusDict[message]++
		d.rows = append(d.rows, r)
		return nil
	}
	image := &s.Images[0]
	r.Width, r.Height, r.OriginalWidth, r.OriginalHeight, r.SHA256 = image.Width, image.Height, image.Width, image.Height, image.SHA256
	d.rows = append(d.rows, r)
	d.stats.Successes++
	d.stats.StatusDict["success"]++
	d.stats.BytesDownloaded += int64(len(image.Bytes))
	return d.members(r, image)
}

func (d *img2dataset) members(r row, image *shards.Image) error {
	metadata, err := json.MarshalIndent(r, "", "    ")
	if err != nil {
		return err
	}
	if err := d.tar.member(r.Key+"."+extensionOf(image.Format), image.Bytes); err != nil {
		return err
	}
	if err := d.tar.member(r.Key+".json", metadata); err != nil {
		return err
	}
	return d.tar.member(r.Key+".txt", []byte(r.Caption))
}

// end completes the archive and writes its companions.
func (d *img2dataset) end() error {
	if d.tar == nil {
		return nil
	}
	tar := d.tar
	d.tar = nil
	if err := tar.commit(); err != nil {
		return err
	}
	file, err := atomicfile.Create(d.name(".parquet"))
	if err != nil {
		return err
	}
	defer file.Abort()
	if err := parquet.Write(file, d.rows, parquet.Compression(&parquet.Snappy)); err != nil {
		return err
	}
	if err := file.Commit(); err != nil {
		return err
	}
	stats, err := json.MarshalIndent(d.stats, "", "    ")
	if err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(d.name("_stats.json"), stats); err != nil {
		return err
	}
	d.number++
	return nil
}

func (d *img2dataset) abort() {
	if d.tar != nil {
		d.tar.file.Abort()
	}
}
