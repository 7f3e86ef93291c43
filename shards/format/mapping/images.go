package mapping

import (
	"bytes"
	"fmt"

	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/shards"
)

// NoBytes is the reject reason of a row that has only the path of its image.
const NoBytes = "image_bytes"

// maxFrames is the maximum number of images in a row.
const maxFrames = 4096

// images takes the images from the image columns. If a row should have an image and has none, it
// counts that as left out.
func (r *row) images() {
	expected := ""
	for _, path := range r.Image {
		r.take(path, Lookup(r.values, path))
		expected = path
	}
	if len(r.Image) == 0 && !r.NamedOnly {
		for _, column := range r.names {
			value := r.values[column]
			switch u := r.use(column); {
			case u == isImage:
				r.take(column, value)
				if expected == "" {
					expected = column
				}
			case r.sniffs && u == unused && sniffed(value):
				r.take(column, value)
			case u == unused && isStruct(value):
				r.take(column, value)
			}
			if r.err != nil {
				return
			}
		}
		for _, column := range r.columns {
			if expected == "" && r.uses[column.Name] == isImage {
				expected = column.Name
			}
		}
	}
	if len(r.sample.Images) == 0 && expected != "" {
		r.leave(shards.LeftImage, expected, 1)
	}
	if len(r.sample.Images) > maxFrames {
		r.reject(shards.TooLarge, fmt.Errorf("%d images, more than the limit of %d", len(r.sample.Images), maxFrames))
	}
}

// take adds the images in a value.
func (r *row) take(column string, value any) {
	switch v := decoded(value).(type) {
	case []byte:
		r.sample.Images = append(r.sample.Images, shards.Image{Bytes: v})
	case string:
		if content, ok := Base64Image(v); ok {
			r.sample.Images = append(r.sample.Images, shards.Image{Bytes: content})
		}
	case map[string]any:
		inner, has := v["bytes"]
		content, isBytes := inner.([]byte)
		switch path, hasPath := v["path"].(string); {
		case isBytes && isSound(content):
			r.leave(shards.LeftColumn, column, 1)
		case isBytes:
			r.sample.Images = append(r.sample.Images, shards.Image{Bytes: content})
		case has && hasPath && path != "":
			r.reject(NoBytes, fmt.Errorf("column %s has no bytes, only the path %.200q", column, path))
		case has:
		default:
			r.leave(shards.LeftColumn, column, 1)
		}
	case []any:
		for _, element := range v {
			r.take(column, element)
		}
	}
}

// isStruct reports whether a value is an image of Hugging Face, {bytes, path}, or a list of them.
func isStruct(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		inner, has := v["bytes"]
		_, hasPath := v["path"]
		_, isBytes := inner.([]byte)
		return has && hasPath && len(v) == 2 && (isBytes || inner == nil)
	case []any:
		for _, element := range v {
			if !isStruct(element) {
				return false
			}
		}
		return len(v) > 0
	}
	return false
}

// sniffed reports whether the bytes of a value look like an image, or it is a list of such values.
func sniffed(value any) bool {
	switch v := value.(type) {
	case []byte:
		format := imagefile.Format(v)
		return format != "" && format != "svg" // svg is text
	case []any:
		for _, element := range v {
			if _, isBytes := element.([]byte); !isBytes || !sniffed(element) {
				return false
			}
		}
		return len(v) > 0
	}
	return false
}

// besidesImages keeps the values of an image column that are not images, such as the text of a path
// or a number.
func (r *row) besidesImages(column string, value any) {
	switch v := decoded(value).(type) {
	case []byte, map[string]any:
	case []any:
		if len(v) > 0 {
			r.besidesImages(column, v[0])
		}
	case string:
		if _, isImage := Base64Image(v); isImage {
			return
		}
		if text, ok := r.shown(value); ok && len(r.Keep) == 0 && !r.KeepNamed {
			r.setMetadata(column, text)
		} else {
			r.leave(shards.LeftColumn, column, 1)
		}
	default:
		r.metadata(column, value)
	}
}

// isSound reports whether bytes are audio or video, which Hugging Face's datasets also store as
// {bytes, path}.
func isSound(b []byte) bool {
	switch {
	case len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) != "WEBP", bytes.HasPrefix(b, []byte("OggS")), bytes.HasPrefix(b, []byte("fLaC")),
		bytes.HasPrefix(b, []byte("ID3")), len(b) > 2 && b[0] == 0xff && b[1]&0xe0 == 0xe0 && b[1] != 0xff && imagefile.Format(b) == "",
		bytes.HasPrefix(b, []byte("\x1a\x45\xdf\xa3")):
		return true
	}
	return len(b) >= 12 && string(b[4:8]) == "ftyp" && imagefile.Format(b) == ""
}
