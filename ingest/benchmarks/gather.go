package benchmarks

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"

	"github.com/pali3/pali3/shards"
)

// gathering merges what a file says of each image (or question, or video) in several places. It
// writes each fragment to a temporary file, with the place of the previous fragment of the same
// name. In memory it keeps, for each name, a hash and the place of the last fragment: some 50
// bytes.
type gathering struct {
	file  *os.File
	out   *bufio.Writer
	size  int64
	last  map[[16]byte]place
	order [][16]byte // by first mention
}

// place is that of a fragment in the temporary file; at is 0 if there is none.
type place struct {
	at     int64
	length int32
	taker  uint32 // short hash of who took the name; 0 if none did
}

const placeSize = 12

func newGathering() (*gathering, error) {
	file, err := os.CreateTemp("", "pali3-gathering-*")
	if err != nil {
		return nil, err
	}
	os.Remove(file.Name()) // on most systems it exists until it is closed
	g := &gathering{file: file, out: bufio.NewWriterSize(file, 1<<20), last: map[[16]byte]place{}}
	g.out.WriteByte(0) // so that no fragment is at 0
	g.size = 1
	return g, nil
}

func (g *gathering) close() {
	g.file.Close()
	os.Remove(g.file.Name())
}

// fragment is what one place of a file says of a name, in the form of the temporary file.
type fragment struct {
	Sample shards.Sample    `json:"s"`
	Images [][]string       `json:"i,omitempty"`
	Inside [][]byte         `json:"e,omitempty"` // images that are in the file
	Frames string           `json:"r,omitempty"`
	Boxes  []box            `json:"b,omitempty"`
	Fields []Field          `json:"f,omitempty"`
	Left   []shards.LeftOut `json:"l,omitempty"`
}

// onlyCaption begins the encoding of a fragment with a key and one caption. Most fragments are
// such, and JSON is slow.
const onlyCaption = 'c'

// encode writes the fragment as JSON, or as onlyCaption followed by key, language and value of the
// caption, the first two preceded by their lengths.
func (p *fragment) encode() ([]byte, error) {
	s := &p.Sample
	plain := len(s.Texts) == 1 && s.Texts[0].Kind == shards.Caption && s.Texts[0].Score == nil && s.Split == "" && s.Metadata == nil && s.Provenance == (shards.Provenance{})
	if !plain || len(s.Questions)+len(s.Scores)+len(p.Images)+len(p.Inside)+len(p.Frames)+len(p.Boxes)+len(p.Fields)+len(p.Left) > 0 {
		return json.Marshal(p)
	}
	text := &s.Texts[0]
	b := append(make([]byte, 0, len(s.Key)+len(text.Language)+len(text.Value)+8), onlyCaption)
	b = append(binary.AppendUvarint(b, uint64(len(s.Key))), s.Key...)
	b = append(binary.AppendUvarint(b, uint64(len(text.Language))), text.Language...)
	return append(b, text.Value...), nil
}

func decodeFragment(content []byte) (p fragment, err error) {
	if content[0] != onlyCaption {
		return p, json.Unmarshal(content, &p)
	}
	content = content[1:]
	field := func() string {
		length, n := binary.Uvarint(content)
		text := string(content[n : n+int(length)])
		content = content[n+int(length):]
		return text
	}
	p.Sample.Key = field()
	p.Sample.Texts = []shards.Text{caption(field(), "")}
	p.Sample.Texts[0].Value = string(content)
	return p, nil
}

func nameHash(name string) [16]byte {
	sum := sha256.Sum256([]byte(name))
	return [16]byte(sum[:16])
}

// add adds an item under a name. The merged item has the key, images and metadata of the first
// item, and the texts, questions and boxes of all.
func (g *gathering) add(name string, i *item) error {
	hash := nameHash(name)
	before, known := g.last[hash]
	p := fragment{Sample: i.sample, Frames: i.frames, Boxes: i.boxes, Fields: i.fields, Left: i.left}
	for _, image := range i.sample.Images {
		p.Inside = append(p.Inside, image.Bytes)
	}
	p.Sample.Images = nil
	if known {
		p.Sample.Key, p.Sample.Metadata = "", nil
	} else {
		p.Images = i.images
		g.order = append(g.order, hash)
	}
	content, err := p.encode()
	if err != nil {
		return err
	}
	if len(content) > maxElement {
		return fmt.Errorf("%d bytes about %s", len(content), name)
	}
	var head [placeSize]byte
	binary.LittleEndian.PutUint64(head[:], uint64(before.at))
	binary.LittleEndian.PutUint32(head[8:], uint32(before.length))
	if _, err := g.out.Write(head[:]); err != nil {
		return err
	}
	if _, err := g.out.Write(content); err != nil {
		return err
	}
	g.last[hash] = place{g.size, int32(len(content)), 0}
	g.size += int64(placeSize + len(content))
	return nil
}

// has reports whether an item was added under the name.
func (g *gathering) has(name string) bool { return g.last[nameHash(name)].at != 0 }

// get returns the merged item of a name; ok is false if there is none.
func (g *gathering) get(name string) (i item, ok bool, err error) { return g.join(nameHash(name)) }

func (g *gathering) join(hash [16]byte) (i item, ok bool, err error) {
	at := g.last[hash]
	if at.at == 0 {
		return item{}, false, nil
	}
	if err := g.out.Flush(); err != nil {
		return item{}, true, err
	}
	var parts []fragment
	total := 0
	for at.at > 0 {
		if total += int(at.length); total > maxElement {
			return item{}, true, fmt.Errorf("what is said of one image takes over %d bytes", maxElement)
		}
		content := make([]byte, placeSize+int(at.length))
		if _, err := g.file.ReadAt(content, at.at); err != nil {
			return item{}, true, err
		}
		p, err := decodeFragment(content[placeSize:])
		if err != nil {
			return item{}, true, err
		}
		parts = append(parts, p)
		at = place{int64(binary.LittleEndian.Uint64(content)), int32(binary.LittleEndian.Uint32(content[8:])), 0}
	}
	slices.Reverse(parts)
	i = item{sample: parts[0].Sample, images: parts[0].Images, frames: parts[0].Frames, boxes: parts[0].Boxes, fields: parts[0].Fields, left: parts[0].Left}
	for at := 0; at < len(parts) && len(i.sample.Images) == 0; at++ {
		for _, content := range parts[at].Inside {
			i.sample.Images = append(i.sample.Images, shards.Image{Bytes: content})
		}
	}
	for _, p := range parts[1:] {
		i.sample.Texts = append(i.sample.Texts, p.Sample.Texts...)
		i.sample.Questions = append(i.sample.Questions, p.Sample.Questions...)
		i.boxes = append(i.boxes, p.Boxes...)
		i.fields = append(i.fields, p.Fields...)
		i.left = addLeft(i.left, p.Left...)
		if i.sample.Split = cmp.Or(i.sample.Split, p.Sample.Split); p.Sample.Split != "" && p.Sample.Split != i.sample.Split {
			i.leave(shards.LeftMetadata, "%s: split %s, after %s", i.sample.Key, p.Sample.Split, i.sample.Split)
		}
	}
	return i, true, nil
}

// take returns the merged item of a name and marks it as taken. Free is false if another taker has
// taken it before.
func (g *gathering) take(name string, taker uint64) (i item, free bool, err error) {
	hash, short := nameHash(name), uint32(taker)|1
	at, known := g.last[hash]
	if !known {
		return item{}, true, nil
	}
	if at.taker != 0 && at.taker != short {
		return item{}, false, nil
	}
	at.taker = short
	g.last[hash] = at
	i, _, err = g.join(hash)
	return i, true, err
}

// unused counts the annotations under names that were not taken. Their keys are the names.
func (g *gathering) unused(kind, why string) (left []shards.LeftOut) {
	for _, hash := range g.order {
		if g.last[hash].taker != 0 {
			continue
		}
		i, _, err := g.join(hash)
		if err != nil {
			left = addLeft(left, shards.LeftOut{Reason: shards.LeftMetadata, Name: err.Error(), N: 1})
			continue
		}
		left = addLeft(left, i.left...)
		for _, all := range []struct {
			reason string
			n      int
		}{{shards.LeftText, len(i.sample.Texts)}, {shards.LeftBox, len(i.boxes)}, {shards.LeftAnswer, len(i.sample.Questions)}} {
			if all.n > 0 {
				left = addLeft(left, shards.LeftOut{Reason: all.reason, Name: fmt.Sprintf("%s %s %s", kind, i.sample.Key, why), N: int64(all.n)})
			}
		}
	}
	return left
}

// items yields the merged items in the order in which their names were first added.
func (g *gathering) items() iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		for _, hash := range g.order {
			if i, _, err := g.join(hash); !yield(i, err) {
				return
			}
		}
	}
}

// gathered yields the items of a file merged by their keys, after the errors of single items. It
// yields no items of a file that cannot be read to its end, because they would be incomplete.
func gathered(all iter.Seq2[item, error]) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		g, err := newGathering()
		if err != nil {
			yield(item{}, err)
			return
		}
		defer g.close()
		for i, err := range all {
			if i.aside && err == nil {
				if !yield(i, nil) {
					return
				}
				continue
			}
			if err = i.checked(err); err == nil {
				err = g.add(i.sample.Key, &i)
			}
			if err != nil && (!yield(item{sample: shards.Sample{Key: i.sample.Key}}, err) || errors.Is(err, errBroken)) {
				return
			}
		}
		for i, err := range g.items() {
			if !yield(i, err) {
				return
			}
		}
	}
}
