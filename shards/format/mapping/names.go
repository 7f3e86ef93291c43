package mapping

import (
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// Common names of columns, in lower case; letter case does not matter. They are used on the Hugging
// Face hub, in COCO, TensorFlow Datasets (where outer/inner is a field of a struct), im2txt,
// MosaicML's image-caption datasets, and the TensorFlow object detection API
// (using_your_own_dataset.md in research/object_detection/g3doc of
// https://github.com/tensorflow/models).
var (
	imageNames = setOf("image", "images", "img", "imgs", "jpg", "jpeg", "png", "webp", "tif", "tiff", "photo", "photos", "picture", "image_raw", "image_bytes",
		"image_data", "img_bytes", "image/encoded", "image/data", "images/encoded", "image/bytes", "image/image_raw")

	// textNames maps names to the kind of the text, "" if the name does not imply one.
	textNames = map[string]string{"caption": shards.Caption, "captions": shards.Caption, "text": "", "texts": "", "txt": "", "alt": shards.Alt, "alts": shards.Alt,
		"alt_text": shards.Alt, "alttext": shards.Alt, "title": shards.Title, "ocr": shards.OCR, "ocr_text": shards.OCR, "sentence": shards.Caption,
		"sentences": shards.Caption, "description": shards.Caption, "descriptions": shards.Caption}

	// innerTexts are the fields that hold the text of a struct; the first that exists is used.
	innerTexts = []string{"raw", "text", "caption", "sentence", "string", "description", "value"}

	keyNames = []string{"key", "__key__", "image/source_id", "image/image_id", "image/filename", "image/id", "id", "uid"}

	splitNames    = setOf("split")
	urlNames      = setOf("url")
	questionNames = setOf("question", "questions", "question/text", "question/raw")
	questionIDs   = setOf("question_id", "questionid", "question/id")
	answerNames   = []string{"answers", "answer", "multiple_choice_answer", "answers/answer", "answers/raw_answer", "answers/text", "answer/text", "raw_answers"}

	boxNames   = []string{"objects", "objects/bbox", "bboxes", "boxes"}
	labelNames = []string{"objects/label", "objects/category", "objects/class"}

	// edgeNames are the edges of the object detection API's boxes: y0, x0, y1, x1.
	edgeNames = []string{"image/object/bbox/ymin", "image/object/bbox/xmin", "image/object/bbox/ymax", "image/object/bbox/xmax"}
	edgeLabel = "image/object/class/text"

	widthNames  = []string{"width", "image/width", "image_width"}
	heightNames = []string{"height", "image/height", "image_height"}
)

func setOf(names ...string) map[string]bool {
	set := map[string]bool{}
	for _, name := range names {
		set[name] = true
	}
	return set
}

// commonUse returns the use of a column with a common name.
func commonUse(column string) use {
	name := strings.ToLower(column)
	_, text := textKind(name)
	switch {
	case imageNames[name]:
		return isImage
	case text:
		return isText
	case slices.Contains(keyNames, name):
		return isKey
	case splitNames[name]:
		return isSplit
	case urlNames[name]:
		return isURL
	case questionNames[name]:
		return isQuestion
	case questionIDs[name]:
		return isQuestionID
	case slices.Contains(answerNames, name):
		return isAnswers
	case slices.Contains(boxNames, name):
		return isBoxes
	case slices.Contains(edgeNames, name):
		return isBoxEdge
	case slices.Contains(labelNames, name), name == edgeLabel:
		return isBoxLabel
	}
	return unused
}

// textKind returns the kind of text in a column with a common name. ok is false for other names.
func textKind(name string) (kind string, ok bool) {
	if kind, ok := textNames[name]; ok {
		return kind, true
	}
	outer, inner, nested := strings.Cut(name, "/")
	if !nested {
		return "", false
	}
	if kind, ok := textNames[inner]; ok && outer == "image" {
		return kind, true
	}
	kind, ok = textNames[outer]
	return kind, ok && slices.Contains(innerTexts, inner)
}

// kindOf returns the kind of the texts in a column.
func (p *Plan) kindOf(column string) string {
	if p.Kind != "" {
		return p.Kind
	}
	name := strings.ToLower(column)
	for {
		if kind, _ := textKind(name); kind != "" {
			return kind
		}
		at := strings.LastIndexByte(name, '/')
		if at < 0 {
			return p.DefaultKind
		}
		name = name[:at]
	}
}

// plural reports whether a text in a column may be a JSON list of texts.
func plural(column string) bool {
	switch strings.ToLower(column[strings.LastIndexByte(column, '/')+1:]) {
	case "captions", "sentences", "texts", "alts", "descriptions", "raw":
		return true
	}
	return false
}
