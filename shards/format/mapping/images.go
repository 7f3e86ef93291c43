package mapping

import (
	"bytes"
	"fmt"

	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/shards"
)

// NoBytes is the reason of a row whose image is only a path.
const NoBytes = "image_bytes"

// maxFrames is the most images that one row may have.
const maxFrames = 4096

// images takes the images of the columns that have them. A row that should have one and has none
// says so.
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
		r.reject(shards.TooLarge, fmt.Errorf("%d images, the limit is %d", len(r.sample.Images), maxFrames))
	}
}

// take adds the images of a value.
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

// isStruct reports whether a value is Hugging Face's image, {bytes, path}, or a list of these.
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

// sniffed reports whether a value is an image by its bytes, or a list of images.
func sniffed(value any) bool {
	switch v := value.(type) {
	case []byte:
		format := imagefile.Format(v)
		return format != "" && format != "svg" // which is text
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

// besidesImages keeps what an image column has that is no image: a text, such as a path, or a
// number.
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

// isSound tells the audio and video that Hugging Face's datasets hold as {bytes, path}, too.
func isSound(b []byte) bool {
	switch {
	case len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) != "WEBP", bytes.HasPrefix(b, []byte("OggS")), bytes.HasPrefix(b, []byte("fLaC")),
		bytes.HasPrefix(b, []byte("ID3")), len(b) > 2 && b[0] == 0xff && b[1]&0xe0 == 0xe0 && b[1] != 0xff && imagefile.Format(b) == "",
		bytes.HasPrefix(b, []byte("\x1a\x45\xdf\xa3")):
		return true
	}
	return len(b) >= 12 && string(b[4:8]) == "ftyp" && imagefile.Format(b) == ""
}
