// Package shards defines the record of pali3, the [Sample], and the datasets that hold samples.
//
// Most users need two functions: [Open] to read a dataset and [Write] or [Create] to write one. A
// dataset is a folder of Parquet parts with a manifest.json that is written last, so that a killed
// writer leaves the old dataset or the new one. FORMAT.md describes the folder for readers in other
// languages. Datasets in object stores are opened with [Stores], see package bucket.
//
// The files of the package are named for what they do: read_ files make samples of the columns of a
// part, write_ files write parts and rejects, session files resume interrupted writers, store files
// reach folders and object stores. The formats of other tools are below shards/format.
package shards

import "time"

// Sample is any number of images with what is known about them. All fields except the key may be
// empty: a document without images and an image without texts are both samples.
type Sample struct {
	// Key names the sample within its dataset.
	Key string `parquet:"key" json:"key"`
	// Split is the part of the data the sample belongs to, for example train or held_out.
	Split string `parquet:"split,dict" json:"split,omitempty"`
	// Images are the images or frames of the sample, in order.
	Images []Image `parquet:"images,list" json:"images,omitempty"`
	// Texts are captions, alternative texts, titles and text that is visible in an image.
	Texts []Text `parquet:"texts,list" json:"texts,omitempty"`
	// Questions are asked of the images as a whole.
	Questions []Question `parquet:"questions,list" json:"questions,omitempty"`
	// Boxes are labelled regions of the images.
	Boxes []Box `parquet:"boxes,list" json:"boxes,omitempty"`
	// Provenance says where the sample came from.
	Provenance Provenance `parquet:"provenance" json:"provenance,omitzero"`
	// Scores are measurements by name, for example an image-text similarity.
	Scores map[string]float64 `parquet:"scores" json:"scores,omitempty"`
	// Metadata is free text by name.
	Metadata map[string]string `parquet:"metadata" json:"metadata,omitempty"`
}

// Image is an encoded image. Its bytes are stored as they came.
type Image struct {
	Bytes  []byte `parquet:"bytes,uncompressed" json:"-"`
	Format string `parquet:"format,dict" json:"format"` // jpeg, png, gif, webp, bmp, tiff
	Width  int32  `parquet:"width" json:"width"`        // pixels
	Height int32  `parquet:"height" json:"height"`      // pixels
	SHA256 string `parquet:"sha256" json:"sha256"`      // of Bytes, in hex
}

// Kinds of [Text].
const (
	Alt     = "alt"
	Caption = "caption"
	OCR     = "ocr"
	Title   = "title"
)

// Text is a string about the images.
type Text struct {
	Kind     string   `parquet:"kind,dict" json:"kind"`
	Language string   `parquet:"language,dict" json:"language,omitempty"` // BCP-47
	Value    string   `parquet:"value" json:"value"`
	Score    *float64 `parquet:"score,optional" json:"score,omitempty"`
}

// Question is asked of a sample's images.
type Question struct {
	ID       string   `parquet:"id" json:"id"`
	Text     string   `parquet:"text" json:"text"`
	Language string   `parquet:"language,dict" json:"language,omitempty"` // BCP-47
	Kind     string   `parquet:"kind,dict" json:"kind,omitempty"`
	Answers  []Answer `parquet:"answers,list" json:"answers"`
}

// Answer is one annotator's answer.
type Answer struct {
	Text       string `parquet:"text" json:"text"`
	Confidence string `parquet:"confidence,dict" json:"confidence,omitempty"` // yes, maybe or no, as in VQA v2
}

// Box is a labelled region. Its edges are fractions of the height and width of the image, from the
// top left.
type Box struct {
	Label string  `parquet:"label" json:"label"`
	Image int32   `parquet:"image" json:"image,omitempty"` // index into Sample.Images
	Y0    float32 `parquet:"y0" json:"y0"`
	X0    float32 `parquet:"x0" json:"x0"`
	Y1    float32 `parquet:"y1" json:"y1"`
	X1    float32 `parquet:"x1" json:"x1"`
	Mask  []byte  `parquet:"mask,optional" json:"mask,omitempty"` // PNG of the pixels that the box touches, white where the object is
}

// Provenance says where a sample came from.
type Provenance struct {
	URL       string    `parquet:"url" json:"url,omitempty"`
	PageURL   string    `parquet:"page_url" json:"page_url,omitempty"`
	Licence   string    `parquet:"licence,dict" json:"licence,omitempty"`
	FetchedAt time.Time `parquet:"fetched_at,timestamp(millisecond)" json:"fetched_at,omitzero"`
}

// AddText adds an alternative text of unknown language, unless it is empty or the sample has it
// already.
func (s *Sample) AddText(value string) {
	for i := range s.Texts {
		if s.Texts[i].Value == value {
			return
		}
	}
	if value != "" {
		s.Texts = append(s.Texts, Text{Kind: Alt, Value: value})
	}
}
