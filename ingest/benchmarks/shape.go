package benchmarks

import (
	"bytes"
	"encoding/json/jsontext"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/csvtext"
	"github.com/pali3/pali3/internal/textlines"
)

// shape is what a file holds, as far as its beginning and the names in it say: enough to tell one
// benchmark's file from another's.
type shape struct {
	kind    string          // for people: "an object", "a list", "lines of JSON", "a table", or what else it is
	members []string        // of an object
	fields  map[string]bool // "images.file_name" of the elements of a member, ".image" of a list's or a line's, "*.imageId" of the values by name
}

// Bounds of what is looked at.
const (
	shapeElements = 20
	shapeNames    = 40
)

// shapeOf looks at a file. It is for files that are not as they should be: it may read all of one.
func shapeOf(file string) shape {
	s := shape{fields: map[string]bool{}}
	d, err := openDocument(file)
	if err != nil {
		_, s.kind, _ = strings.Cut(err.Error(), ": ")
		return s
	}
	defer d.close()
	switch d.peek() {
	case '{':
		s.object(d)
	case '[':
		s.kind = "a list"
		s.elements(d, "")
	default:
		s.table(file)
	}
	return s
}

// object looks at the members of the object that is next, and whether another follows.
func (s *shape) object(d *document) {
	s.kind = "an object"
	if _, err := d.ReadToken(); err != nil {
		return
	}
	for d.peek() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return
		}
		member := name.String()
		if len(s.members) < shapeNames {
			s.members = append(s.members, member)
		}
		switch d.peek() {
		case '[':
			s.elements(d, member)
		case '{':
			if value, err := d.ReadValue(); err == nil {
				s.value("*", value)
			}
		default:
			if d.skip() != nil {
				return
			}
		}
	}
	if _, err := d.ReadToken(); err == nil && d.peek() == '{' {
		s.kind = "lines of JSON"
		for _, name := range s.members {
			s.fields["."+name] = true
		}
	}
}

// elements looks at the first elements of the list that is next, and passes over it.
func (s *shape) elements(d *document, member string) {
	d.ReadToken()
	for n := 0; d.peek() != ']'; n++ {
		if n >= shapeElements || d.PeekKind() != '{' {
			if d.skip() != nil {
				return
			}
			continue
		}
		value, err := d.ReadValue()
		if err != nil {
			return
		}
		s.value(member, value)
	}
	d.ReadToken()
}

func (s *shape) value(of string, value jsontext.Value) {
	var fields map[string]jsontext.Value
	if decode(value, &fields) != nil {
		return
	}
	for name := range fields {
		if len(s.fields) < 4*shapeNames {
			s.fields[of+"."+name] = true
		}
	}
}

// table looks at a file that is no JSON.
func (s *shape) table(file string) {
	s.kind = "no JSON"
	text, closer, err := openText(file)
	if err != nil {
		return
	}
	defer closer.Close()
	switch begin, _ := text.Peek(1); {
	case len(begin) == 0:
		s.kind = "empty"
		return
	case begin[0] == 0x80:
		s.kind = "a Python pickle"
		return
	}
	begin, _ := text.Peek(1 << 16)
	if len(begin) == 1<<16 && !bytes.ContainsAny(begin, "\r\n") {
		return
	}
	table, err := csvtext.Open(textlines.New(bytes.NewReader(begin)), textlines.Encoding{}, csvtext.Dialect{}, nil)
	if err == nil && len(table.Names()) > 1 {
		s.kind = "a table"
		for _, name := range table.Names() {
			s.members = append(s.members, name)
			s.fields[","+name] = true
		}
	}
}

// signatures are the members by which layouts are recognised, the most specific first.
var signatures = []struct {
	layout string
	fields string // all of them are there
}{
	{"nocaps", "images.domain annotations.caption"},
	{"coco-captions", "images.file_name annotations.caption"},
	{"lvis", "images.neg_category_ids"},
	{"coco-instances", "annotations.bbox annotations.category_id"},
	{"COCO's panoptic annotations (which no layout reads)", "annotations.segments_info"},
	{"karpathy", "images.sentences"},
	{"the questions of vqav2 or okvqa (give them with --questions)", "questions.question_id questions.image_id"},
	{"the annotations of vqav2 or okvqa", "annotations.question_id annotations.answers"},
	{"msrvtt", "videos.video_id sentences.video_id"},
	{"infovqa", "data.image_local_name"}, {"docvqa", "data.questionId data.image"}, {"stvqa", "data.file_path data.question"},
	{"textcaps", "data.reference_strs"}, {"textcaps", "data.caption_str"}, {"textvqa", "data.image_id data.question"},
	{"vizwiz", ".image .question .answerable"}, {"vizwiz", ".image .question .answers"}, {"tallyqa", ".image .question .answer .question_id"},
	{"chartqa", ".imgname"}, {"vg-regions", ".regions"}, {"vg-objects", ".objects"}, {"vg-questions", ".qas"},
	{"localized-narratives", ".dataset_id .caption"}, {"nlvr2", ".identifier .sentence"}, {"xm3600", ".image/key"},
	{"coco-35l or cc3m-35l", ".src_lang .trg_lang"},
	{"gqa", "*.imageId"}, {"ocrvqa", "*.imageURL"}, {"scienceqa", "*.choices"}, {"activitynet", "*.timestamps"}, {"ai2d", "*.answerTexts"},
	{"openimages-boxes", ",LabelName ,XMin"}, {"screen2words", ",screenId ,summary"}, {"widgetcap", ",screenId ,captions"},
}

func (s *shape) has(fields string) bool {
	for name := range strings.FieldsSeq(fields) {
		if !s.fields[name] {
			return false
		}
	}
	return true
}

// String says what the file holds, and which layout it looks like.
func (s shape) String() string {
	var b strings.Builder
	b.WriteString(s.kind)
	if len(s.members) > 0 {
		what := "members"
		if s.kind == "a table" {
			what = "columns"
		}
		fmt.Fprintf(&b, " with the %s %s", what, firstOf(s.members, 12))
	}
	if s.kind == "a list" {
		var names []string
		for _, name := range slices.Sorted(maps.Keys(s.fields)) {
			names = append(names, strings.TrimPrefix(name, "."))
		}
		if len(names) > 0 {
			fmt.Fprintf(&b, " of objects with the fields %s", firstOf(names, 12))
		}
	}
	for _, signature := range signatures {
		if s.has(signature.fields) {
			fmt.Fprintf(&b, "; it looks like %s", signature.layout)
			break
		}
	}
	return b.String()
}

// firstOf shows the first few of names.
func firstOf(names []string, n int) string {
	text := ""
	for i, name := range names {
		if i == n {
			return fmt.Sprintf("%s and %d more", text, len(names)-n)
		}
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%.60s", name)
	}
	return text
}

// needs are the fields that a layout cannot do without, of the first elements of its file; of
// several in one word, separated by |, one is enough. Layouts that are not here check what they
// read themselves.
var needs = map[string]string{
	"karpathy": "images.sentences images.filename", "msrvtt": "videos.video_id sentences.video_id",
	"vizwiz": ".image .question", "tallyqa": ".image .question", "chartqa": ".imgname .query",
	"gqa": "*.imageId *.question", "ocrvqa": "*.questions", "scienceqa": "*.question *.choices", "activitynet": "*.sentences",
	"textvqa": "data.question data.image_id", "textcaps": "data.image_id", "stvqa": "data.question data.file_path",
	"docvqa": "data.question data.image", "infovqa": "data.question data.image_local_name",
	"vg-regions": ".regions", "vg-objects": ".objects", "vg-questions": ".qas",
	"localized-narratives": ".image_id .caption", "nlvr2": ".identifier .sentence", "xm3600": ".image/key",
	"cc3m-35l": ".image_id .trg_lang", "coco-35l": ".image_id .trg_lang",
}

// fits checks that a file is of the layout, by the fields of its first elements.
func fits(o Options) error {
	want := needs[o.Layout]
	if want == "" {
		return nil
	}
	s := beginning(o.Annotations, want)
	if s == nil {
		return nil
	}
	for name := range strings.FieldsSeq(want) {
		if !s.fields[name] {
			return fmt.Errorf("%w: %s is no file of %s: no %s in it; it is %v", errBroken, filepath.Base(o.Annotations), o.Layout, fieldPlace(name), shapeOf(o.Annotations))
		}
	}
	return nil
}

// fieldPlace names a field of a shape for people.
func fieldPlace(name string) string {
	of, field, _ := strings.Cut(name, ".")
	switch of {
	case "":
		return fmt.Sprintf("element with %s", field)
	case "*":
		return fmt.Sprintf("member that has %s", field)
	}
	return fmt.Sprintf("element of %s with %s", of, field)
}

// beginning looks at the first elements of a file alone, where the layout has them; nil if there is
// nothing to see, as in a file that is broken before them, or without elements.
func beginning(file, want string) *shape {
	s := &shape{fields: map[string]bool{}}
	d, err := openDocument(file)
	if err != nil {
		return nil
	}
	defer d.close()
	member, _, _ := strings.Cut(want, ".")
	kind := d.peek()
	switch {
	case kind == 0 || kind == 'n':
		return nil
	case member == "*" && kind != '{', member == "" && kind != '{' && kind != '[', member != "" && kind != '{':
		return s
	case member == "*":
		d.ReadToken()
		for n := 0; n < shapeElements && d.peek() == '"'; n++ {
			d.ReadToken()
			s.next(d, "*")
		}
	case member == "" && kind == '{':
		for n := 0; n < shapeElements && d.peek() == '{'; n++ {
			s.next(d, "")
		}
	default:
		s.list(d, member)
		for name := range strings.FieldsSeq(want) { // another list of the same file
			if of, _, _ := strings.Cut(name, "."); of != member {
				if other, err := openDocument(file); err == nil {
					s.list(other, of)
					other.close()
				}
			}
		}
	}
	if len(s.members) == 0 {
		return nil
	}
	return s
}

// list looks at the first elements of a list.
func (s *shape) list(d *document, member string) {
	if member != "" && d.find(member) != nil {
		s.members = append(s.members, "no "+member)
		return
	}
	if d.enter('[') != nil {
		s.members = append(s.members, "no list")
		return
	}
	for n := 0; n < shapeElements && d.peek() != ']' && d.PeekKind() != 0; n++ {
		s.next(d, member)
	}
}

// next looks at one value, of which there is one, then.
func (s *shape) next(d *document, of string) {
	d.limited.left = maxElement
	value, err := d.ReadValue()
	if err != nil {
		return
	}
	s.members = append(s.members, of)
	s.value(of, value)
}
