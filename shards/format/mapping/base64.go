package mapping

import (
	"encoding/base64"
	"strings"

	"github.com/pali3/pali3/internal/imagefile"
)

// base64Begins are the beginnings of images in base64: JPEG, PNG, GIF, RIFF (WebP) and BMP.
var base64Begins = []string{"/9j/", "iVBORw0KGgo", "R0lGODl", "R0lGODd", "UklGR", "Qk"}

// minBase64 is the length in bytes of the shortest text that is decoded. No image is smaller, and a
// path may begin like one.
const minBase64 = 48

// Base64Image decodes an image in base64, as in the text tables of OFA and Chinese-CLIP and in
// OpenAI's messages (data:image/jpeg;base64,...). ok is false for any other text.
func Base64Image(text string) (content []byte, ok bool) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "data:image/") {
		if _, encoded, found := strings.Cut(text, ";base64,"); found {
			text = encoded
		}
	}
	if len(text) < minBase64 || !begins(text) {
		return nil, false
	}
	if strings.ContainsAny(text, "\r\n") { // MIME has line ends after 76 characters
		text = strings.NewReplacer("\r", "", "\n", "").Replace(text)
	}
	content, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil, false
	}
	format := imagefile.Format(content)
	return content, format != "" && format != "svg"
}

func begins(text string) bool {
	for _, begin := range base64Begins {
		if strings.HasPrefix(text, begin) {
			return true
		}
	}
	return false
}
