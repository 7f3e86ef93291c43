package benchmarks

import (
	"encoding/json/jsontext"
	"fmt"
	"net/url"
	"path"

	"github.com/pali3/pali3/shards"
)

// cocoImage is an element of images in COCO's captions_*.json and instances_*.json, LVIS and
// NoCaps.
type cocoImage struct {
	ID            flexible       `json:"id"`
	FileName      words          `json:"file_name"` // LVIS has none
	URL           words          `json:"coco_url"`  // http://images.cocodataset.org/train2017/000000391895.jpg
	Height        number         `json:"height"`
	Width         number         `json:"width"`
	Domain        words          `json:"domain"` // of NoCaps
	NotAmong      list[flexible] `json:"neg_category_ids"`
	NotExhaustive list[flexible] `json:"not_exhaustive_category_ids"`
	Extra         extra          `json:"extra"` // of Roboflow
}

// extra is Roboflow's additional field of an image. It has the name before augmentation.
type extra struct{ name words }

// UnmarshalJSONFrom implements [jsonv2.UnmarshalerFrom].
func (e *extra) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	var of struct{ Name words }
	if err == nil && v.Kind() == '{' && decode(v, &of) == nil {
		e.name = of.Name
	}
	return err
}

// name returns the image's name below the folder of images. In LVIS it is the end of the URL.
func (m *cocoImage) name() string {
	if m.FileName.text != "" {
		return slashed(m.FileName.text)
	}
	if address, err := url.Parse(m.URL.text); err == nil && path.Base(address.Path) != "/" && address.Path != "" {
		return path.Base(address.Path)
	}
	return ""
}

// item completes the item that was gathered for the image.
func (m *cocoImage) item(i item, c *coco) (item, error) {
	name := m.name()
	i.sample.Key, i.sample.Provenance.URL, i.id = name, m.URL.text, string(m.ID)
	if name == "" {
		return i, fmt.Errorf("image %s has no file_name: %w", m.ID, errNoKey)
	}
	i.images = [][]string{{name}}
	i.also = func() []string { return otherNames(name, c.names.alone) }
	i.metadata("domain", m.Domain)
	i.metadata("original_name", m.Extra.name)
	i.metadata("negative_categories", c.categories(m.NotAmong.items))
	i.metadata("not_exhaustive_categories", c.categories(m.NotExhaustive.items))
	i.lose(shards.LeftMetadata, name+": neg_category_ids", m.NotAmong.bad, m.NotAmong.fault)
	i.lose(shards.LeftMetadata, name+": not_exhaustive_category_ids", m.NotExhaustive.bad, m.NotExhaustive.fault)
	return i, nil
}

// cocoAnnotation is an element of annotations in these files.
type cocoAnnotation struct {
	ID         flexible     `json:"id"`
	ImageID    flexible     `json:"image_id"`
	Caption    words        `json:"caption"`
	BBox       quad         `json:"bbox"` // x, y, width, height
	CategoryID flexible     `json:"category_id"`
	Outline    outlineField `json:"segmentation"`
	// Of VizWiz-Captions: true for spam, and for the prepared text about a bad image.
	Rejected  words `json:"is_rejected"`
	Precanned words `json:"is_precanned"`
}

// box returns the annotation's box with the outline of the object.
func (a *cocoAnnotation) box(label string) box {
	return box{Label: label, X: a.BBox.edges[0], Y: a.BBox.edges[1], Width: a.BBox.edges[2], Height: a.BBox.edges[3], Outline: a.Outline.Outline}
}

type cocoCategory struct {
	ID   flexible `json:"id"`
	Name words    `json:"name"`
}

// String names the annotation for messages.
func (a *cocoAnnotation) String() string {
	if a.ImageID == "" {
		return "annotation " + string(a.ID)
	}
	return fmt.Sprintf("annotation %s of image %s", a.ID, a.ImageID)
}
