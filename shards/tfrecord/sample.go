package tfrecord

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/pali3/pali3/shards"
)

// BadExample is the reason of a record that is no tf.Example.
const BadExample = "example"

// Names of features by what they hold, the usual ones of TensorFlow's own datasets.
var (
	imageNames = []string{"image/encoded", "image", "image_raw", "image_bytes", "jpg", "png", "jpeg"}
	textNames  = []string{"image/caption", "caption", "captions", "text", "image/text", "alt_text", "title"}
	keyNames   = []string{"key", "__key__", "image/source_id", "image/image_id", "image/filename", "id"}
	boxNames   = []string{"image/object/bbox/ymin", "image/object/bbox/xmin", "image/object/bbox/ymax", "image/object/bbox/xmax"}
)

const labelName = "image/object/class/text"

// Read yields the records of a TFRecord file, name for origins. Images, texts, keys and boxes come from the
// features that TensorFlow's datasets use for them; the other features become metadata. A record that is
// no tf.Example is bad; a damaged file ends in one bad record.
func Read(r io.Reader, name string) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		n := 0
		for data, err := range Records(r) {
			origin, key := fmt.Sprintf("%s#%d", name, n), fmt.Sprintf("%s-%d", name, n)
			var record shards.Record
			if err != nil {
				record = shards.Bad(origin, "", shards.BadArchive, err)
			} else if example, err := Decode(bytes.Clone(data)); err != nil {
				record = shards.Bad(origin, "", BadExample, err)
			} else {
				record = example.record(key)
			}
			record.Origin = origin
			if !yield(record) {
				return
			}
			n++
		}
	}
}

func (e Example) record(key string) shards.Record {
	s := shards.Sample{Key: key}
	for _, name := range keyNames {
		if text, ok := e[name].text(); ok && text != "" {
			s.Key = text
			break
		}
	}
	for _, name := range imageNames {
		for _, b := range e[name].Bytes {
			s.Images = append(s.Images, shards.Image{Bytes: b})
		}
	}
	for _, name := range textNames {
		for _, b := range e[name].Bytes {
			if !utf8.Valid(b) {
				return shards.Bad("", s.Key, shards.BadText, fmt.Errorf("feature %s is not UTF-8", name))
			}
			s.AddText(string(b))
		}
	}
	if err := e.boxes(&s); err != nil {
		return shards.Bad("", s.Key, BadExample, err)
	}
	e.metadata(&s)
	if len(s.Images) == 0 && len(s.Texts) == 0 {
		return shards.Bad("", s.Key, shards.NoContent, errors.New("neither image nor text"))
	}
	return shards.Record{Sample: s}
}

// text returns a feature of one value as text.
func (f Feature) text() (string, bool) {
	switch {
	case len(f.Bytes) == 1:
		return string(f.Bytes[0]), utf8.Valid(f.Bytes[0])
	case len(f.Ints) == 1:
		return strconv.FormatInt(f.Ints[0], 10), true
	case len(f.Floats) == 1:
		return strconv.FormatFloat(float64(f.Floats[0]), 'g', -1, 32), true
	}
	return "", false
}

func (e Example) boxes(s *shards.Sample) error {
	labels := e[labelName].Bytes
	for _, name := range boxNames {
		if n := len(e[name].Floats); n != len(e[boxNames[0]].Floats) || len(labels) > 0 && n != len(labels) {
			return fmt.Errorf("feature %s has %d values, %s has %d and %s %d", name, n, boxNames[0], len(e[boxNames[0]].Floats), labelName, len(labels))
		}
	}
	for i := range e[boxNames[0]].Floats {
		b := shards.Box{Y0: e[boxNames[0]].Floats[i], X0: e[boxNames[1]].Floats[i], Y1: e[boxNames[2]].Floats[i], X1: e[boxNames[3]].Floats[i]}
		if len(labels) > 0 {
			b.Label = string(labels[i])
		}
		s.Boxes = append(s.Boxes, b)
	}
	return nil
}

// metadata keeps what has no other place and is a single value.
func (e Example) metadata(s *shards.Sample) {
	used := slices.Concat(imageNames, textNames, boxNames, []string{labelName})
	for _, name := range slices.Sorted(maps.Keys(e)) {
		text, ok := e[name].text()
		if !ok || slices.Contains(used, name) || text == s.Key || len(text) > 1<<16 {
			continue
		}
		if s.Metadata == nil {
			s.Metadata = map[string]string{}
		}
		s.Metadata[name] = text
	}
}
