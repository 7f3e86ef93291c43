package webdataset

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pali3/pali3/internal/format/sidecar"
	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/shards"
)

// Bounds of a record of a WebDataset archive.
const (
	maxImageMember  = 256 << 20 // bytes
	maxTextMember   = 16 << 20  // bytes
	maxRecordMember = 1 << 30   // bytes of all members
	maxMembers      = 4096
)

// badImage is the reason of a record whose only image has a format that is not read.
const badImage = "image"

// Kinds of members, by the last element of their extension.
const (
	otherMember = iota
	imageMember
	textMember
	jsonMember
	classMember
)

// memberKinds are the endings that the Python library webdataset decodes as text, JSON and
// classes, and those that trainers of diffusion models write captions to.
var memberKinds = map[string]int{
	"txt": textMember, "text": textMember, "transcript": textMember, "caption": textMember, "captions": textMember, "cap": textMember,
	"json": jsonMember, "jsn": jsonMember,
	"cls": classMember, "cls2": classMember, "class": classMember, "index": classMember, "inx": classMember, "id": classMember, "count": classMember,
}

// members are those of one record.
type members struct {
	key, origin string
	n           int // of files whose content is kept
	files       int // of all files
	size        int // bytes
	images      []recordMember
	others      []recordMember // images of formats that are not read, or of endings that are no image's
	texts       []recordMember
	left        tally
	reason      string
	err         error
}

// recordMember is a file of a record.
type recordMember struct {
	name      string
	extension string // what follows the first dot, for example 0.jpg
	kind      int
	content   []byte
}

// read takes a member in, and gives its content to keep. It returns whether it read to the
// member's end, and false if the stream is broken.
func (m *members) read(name string, size int64, r io.Reader, keep func([]byte)) (whole, ok bool) {
	m.files++
	_, extension := splitMember(name)
	ending := lastEnding(extension)
	zipped := ""
	if inner, is := strings.CutSuffix(extension, ".gz"); is && (memberKinds[lastEnding(inner)] != otherMember || imagefile.HasImageEnding("."+inner)) {
		zipped, extension, ending = extension, inner, lastEnding(inner)
	}
	kind, limit := memberKinds[ending], int64(maxTextMember)
	switch {
	case imagefile.HasImageEnding("." + extension):
		kind, limit = imageMember, maxImageMember
	case kind == otherMember:
		head := make([]byte, min(size, tarBlock))
		if _, err := io.ReadFull(r, head); err != nil {
			m.reject(shards.BadArchive, cutShort(extension, err))
			return false, false
		}
		if format := imagefile.Format(head); format == "" || format == "svg" || size > maxImageMember {
			m.left.add(shards.LeftMember, "."+ending)
			return size <= tarBlock, true
		}
		r, limit = io.MultiReader(bytes.NewReader(head), r), maxImageMember
	}
	m.n++
	if m.n > maxMembers || size > limit || int64(m.size)+size > maxRecordMember {
		m.reject(shards.TooLarge, fmt.Errorf("member .%s of %d bytes, number %d of its record: the limits are %d bytes, %d members and %d bytes of all",
			extension, size, m.n, limit, maxMembers, maxRecordMember))
		return false, true
	}
	content := make([]byte, size)
	if _, err := io.ReadFull(r, content); err != nil {
		m.reject(shards.BadArchive, cutShort(extension, err))
		return false, false
	}
	keep(content)
	if zipped != "" {
		plain, err := gunzip(content, min(limit, maxRecordMember-int64(m.size)))
		if err != nil {
			m.reject(shards.BadArchive, fmt.Errorf("member .%s: %w", zipped, err))
			return true, true
		}
		name, content = strings.TrimSuffix(name, ".gz"), plain
	}
	if m.err == nil {
		m.size += len(content)
		m.add(recordMember{name, extension, kind, content})
	}
	return true, true
}

// gunzip decompresses a member as the Python library webdataset does by its name, up to a limit in
// bytes.
func gunzip(content []byte, limit int64) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("not gzip: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("damaged gzip: %w", err)
	case int64(len(plain)) > limit:
		return nil, fmt.Errorf("over %d bytes when decompressed", limit)
	}
	return plain, nil
}

func cutShort(extension string, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("the archive ends within member .%s: fetch it again (%w)", extension, err)
	}
	return fmt.Errorf("member .%s: %w", extension, err)
}

// add sorts a member in.
func (m *members) add(f recordMember) {
	to := &m.texts
	switch {
	case f.kind != imageMember && f.kind != otherMember:
	case f.kind == imageMember && (imagefile.Reads(f.content) || imagefile.HasReadEnding("."+f.extension) && imagefile.Format(f.content) != imagefile.TIFF):
		to = &m.images
	default:
		to = &m.others
	}
	for i := range *to {
		if (*to)[i].name == f.name { // as extracting the archive would
			m.left.add(shards.LeftMember, "."+f.extension+" (a member of that name comes twice)")
			(*to)[i] = f
			return
		}
	}
	*to = append(*to, f)
}

func (m *members) reject(reason string, err error) {
	if m.err == nil {
		m.reason, m.err = reason, err
		m.images, m.others, m.texts = nil, nil, nil
	}
}

// record assembles the sample.
func (m *members) record() shards.Record {
	if m.files == 0 {
		return shards.Aside(m.origin, m.left...) // links that lead nowhere
	}
	s := shards.Sample{}
	if m.err == nil {
		m.describe(&s)
	}
	if m.err == nil {
		m.show(&s)
	}
	if m.err == nil && len(s.Images) == 0 && len(s.Texts) == 0 && len(s.Questions) == 0 {
		m.reject(shards.NoContent, errors.New("neither image nor text"+m.only()))
	}
	if m.err != nil {
		record := shards.Bad(m.origin, m.key, m.reason, m.err)
		record.LeftOut = m.left
		return record
	}
	if s.Key == "" {
		s.Key = m.key
	}
	return shards.Record{Sample: s, Origin: m.origin, LeftOut: m.left}
}

// only names the members of a record that has nothing else.
func (m *members) only() string {
	var names []string
	for _, l := range m.left {
		if l.Name != "" && len(names) < 4 {
			names = append(names, l.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ": its members are " + strings.Join(names, ", ")
}

// show puts the images in. One of a format that is not read stays out, and is counted, where the
// record has others; where it has none, the record is rejected for it.
func (m *members) show(s *shards.Sample) {
	shown, spare := m.images, m.others
	if len(shown) == 0 {
		shown, spare = readableOf(spare)
	}
	if len(shown) == 0 && len(spare) > 0 {
		m.reject(badImage, fmt.Errorf("member .%s: %s", spare[0].extension, imagefile.Unread(spare[0].content)))
		return
	}
	described := s.Images
	s.Images = nil
	for i := range shown {
		image := shards.Image{Bytes: shown[i].content}
		if i < len(described) {
			image.SHA256 = described[i].SHA256
		}
		s.Images = append(s.Images, image)
	}
	for _, f := range spare {
		m.left.add(shards.LeftImage, fmt.Sprintf(".%s (%s)", lastEnding(f.extension), imagefile.Kind(f.content)))
	}
}

// readableOf parts images of formats that are read from the others.
func readableOf(all []recordMember) (readable, others []recordMember) {
	for _, f := range all {
		if imagefile.Reads(f.content) {
			readable = append(readable, f)
		} else {
			others = append(others, f)
		}
	}
	return readable, others
}

// describe puts in what the members say: first the record's own .json, then the texts, then the
// other .json members.
func (m *members) describe(s *shards.Sample) {
	own := false // there is a .json
	for _, f := range m.texts {
		own = own || f.kind == jsonMember && f.extension == lastEnding(f.extension)
	}
	for _, f := range m.texts {
		if f.kind == jsonMember && (!own || f.extension == lastEnding(f.extension)) {
			m.decode(f, s)
		}
	}
	for _, f := range m.texts {
		switch {
		case m.err != nil:
			return
		case f.kind == textMember:
			m.say(f, s)
		case f.kind == classMember:
			m.classify(f, s)
		case f.kind == jsonMember && own && f.extension != lastEnding(f.extension):
			m.attach(f, s)
		}
	}
}

// decode reads the record's .json.
func (m *members) decode(f recordMember, s *shards.Sample) {
	if len(bytes.TrimSpace(f.content)) == 0 {
		m.left.add(shards.LeftMetadata, "."+f.extension+" (empty)")
		return
	}
	left, err := sidecar.AddJSON(s, f.content)
	for _, l := range left {
		m.left.add(l.Reason, fmt.Sprintf(".%s: %s", f.extension, l.Name))
	}
	if err != nil {
		m.reject(shards.BadMetadata, fmt.Errorf("member .%s: %w", f.extension, err))
	}
}

// attach keeps a further .json as metadata under its own name, for example detections; lists of
// texts are texts.
func (m *members) attach(f recordMember, s *shards.Sample) {
	name := strings.TrimSuffix(f.extension, "."+lastEnding(f.extension))
	raw, err := sidecar.ParseJSON(f.content)
	if err != nil {
		m.left.add(shards.LeftMetadata, "."+f.extension+" (damaged)")
		return
	}
	if texts, ok := sidecar.Texts(raw); ok && sidecar.IsCaption(name) {
		sidecar.AddTexts(s, texts)
		return
	}
	if l, ok := sidecar.AddMetadata(s, name, raw); !ok {
		m.left.add(l.Reason, fmt.Sprintf(".%s: %s", f.extension, l.Name))
	}
}

// say adds a text.
func (m *members) say(f recordMember, s *shards.Sample) {
	text, err := sidecar.ParseText(f.content)
	if err != nil {
		m.reject(shards.BadText, fmt.Errorf("member .%s: %w", f.extension, err))
		return
	}
	if text = strings.TrimSpace(text); text == "" {
		m.left.add(shards.LeftText, "."+f.extension+" (empty)")
		return
	}
	if sidecar.IsLabelFile(text) {
		m.left.add(shards.LeftBox, "."+f.extension+" (labels in YOLO's layout, not a caption)")
		return
	}
	sidecar.AddTexts(s, []string{text})
}

// classify keeps a class as metadata.
func (m *members) classify(f recordMember, s *shards.Sample) {
	text, err := sidecar.ParseText(f.content)
	if err != nil {
		m.reject(shards.BadText, fmt.Errorf("member .%s: %w", f.extension, err))
		return
	}
	if text = strings.TrimSpace(text); text == "" || s.Metadata[f.extension] != "" {
		return // the .json has the class, too
	}
	if s.Metadata == nil {
		s.Metadata = map[string]string{}
	}
	s.Metadata[f.extension] = text
}
