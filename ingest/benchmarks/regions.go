package benchmarks

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/pali3/pali3/shards"
)

// vgImage returns the item of an image of Visual Genome. The images are published in two folders.
func vgImage(ids ...flexible) item {
	id := string(cmp.Or(ids...))
	if id == "" {
		return item{}
	}
	name := id + ".jpg"
	return about(id, name, "VG_100K/"+name, "VG_100K_2/"+name)
}

// of reports whether an annotation is about the item's image: it names no image, or this one.
func (i *item) of(ids ...flexible) bool {
	id := cmp.Or(ids...)
	return id == "" || string(id) == i.sample.Key
}

// vgRegion is a region of Visual Genome. Versions 1.0 and 1.2 name ids differently.
type vgRegion struct {
	ID      flexible `json:"region_id"`
	OldID   flexible `json:"id"`
	ImageID flexible `json:"image_id"`
	Image   flexible `json:"image"`
	Phrase  words    `json:"phrase"`
	X       number   `json:"x"`
	Y       number   `json:"y"`
	Width   number   `json:"width"`
	Height  number   `json:"height"`
}

// readVGRegions reads Visual Genome's region_descriptions.json: images with regions, each with a
// phrase.
var readVGRegions = each("", func(_ int, m struct {
	ID      flexible       `json:"id"`
	ImageID flexible       `json:"image_id"`
	Regions list[vgRegion] `json:"regions"`
}, _ Options) item {
	i := vgImage(m.ID, m.ImageID)
	for _, r := range m.Regions.items {
		what := fmt.Sprintf("%s: region %s", i.sample.Key, cmp.Or(r.ID, r.OldID))
		if !i.of(r.ImageID, r.Image) {
			i.leave(shards.LeftBox, "%s is of image %s", what, cmp.Or(r.ImageID, r.Image))
			continue
		}
		if wrong := r.Phrase.wrong(); wrong != "" {
			i.leave(shards.LeftBox, "%s: phrase: %s", what, wrong)
			continue
		}
		i.mark(box{Label: strings.TrimSpace(r.Phrase.text), X: r.X.float(), Y: r.Y.float(), Width: r.Width.float(), Height: r.Height.float()}, what)
	}
	i.lose(shards.LeftBox, i.sample.Key+": regions", m.Regions.bad, m.Regions.fault)
	return i
})

// vgObject is an object of Visual Genome.
type vgObject struct {
	ID      flexible    `json:"object_id"`
	OldID   flexible    `json:"id"`
	ImageID flexible    `json:"image_id"`
	Names   list[words] `json:"names"`
	X       number      `json:"x"`
	Y       number      `json:"y"`
	Width   number      `json:"w"`
	Height  number      `json:"h"`
}

// readVGObjects reads Visual Genome's objects.json.
var readVGObjects = each("", func(_ int, m struct {
	ID      flexible       `json:"image_id"`
	OldID   flexible       `json:"id"`
	Objects list[vgObject] `json:"objects"`
}, _ Options) item {
	i := vgImage(m.ID, m.OldID)
	for _, o := range m.Objects.items {
		what := fmt.Sprintf("%s: object %s", i.sample.Key, cmp.Or(o.ID, o.OldID))
		if !i.of(o.ImageID) {
			i.leave(shards.LeftBox, "%s is of image %s", what, o.ImageID)
			continue
		}
		var names []string
		for _, name := range o.Names.items {
			if name.wrong() == "" {
				names = append(names, name.text)
			}
		}
		i.lose(shards.LeftMetadata, what+": names", o.Names.bad+len(o.Names.items)-len(names), errNotText)
		i.mark(box{Label: strings.Join(names, ", "), X: o.X.float(), Y: o.Y.float(), Width: o.Width.float(), Height: o.Height.float()}, what)
	}
	i.lose(shards.LeftBox, i.sample.Key+": objects", m.Objects.bad, m.Objects.fault)
	return i
})

var errNotText = errors.New("empty, or no text")

// vgQA is a question of Visual Genome.
type vgQA struct {
	ID       flexible `json:"qa_id"`
	OldID    flexible `json:"id"`
	ImageID  flexible `json:"image_id"`
	Image    flexible `json:"image"`
	Question words    `json:"question"`
	Answer   words    `json:"answer"`
}

// readVGQuestions reads Visual Genome's question_answers.json.
var readVGQuestions = each("", func(_ int, m struct {
	ID      flexible   `json:"id"`
	ImageID flexible   `json:"image_id"`
	QAs     list[vgQA] `json:"qas"`
}, _ Options) item {
	i := vgImage(m.ID, m.ImageID)
	for _, q := range m.QAs.items {
		id := string(cmp.Or(q.ID, q.OldID))
		if !i.of(q.ImageID, q.Image) {
			i.leave(shards.LeftAnswer, "%s: question %s is of image %s", i.sample.Key, id, cmp.Or(q.ImageID, q.Image))
			continue
		}
		i.ask(id, q.Question, "", q.Answer)
	}
	i.lose(shards.LeftAnswer, i.sample.Key+": qas", m.QAs.bad, m.QAs.fault)
	return i
})
