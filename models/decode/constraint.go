package decode

import (
	"errors"
	"fmt"
	"slices"
)

// Constraint restricts what an answer may say, id by id. One value may serve several samples and
// generators at the same time, so Allowed must not change it.
type Constraint interface {
	// Allowed returns what may follow the ids of an answer so far. A forced prefix is not among
	// them. It must not keep or change said.
	Allowed(said []int32) Allowed
}

// Allowed is what may come next in an answer. If that is nothing, decoding fails.
type Allowed struct {
	// Any id may come next that does not end the answer, but none of Except.
	Any bool
	// IDs that may come next, if not Any.
	IDs []int32
	// Except are ids that may not come next although Any is set.
	Except []int32
	// End says that the answer may end here.
	End bool
}

// OneOf is the constraint that an answer is one of a list. [NewOneOf] makes it.
type OneOf struct{ root *branch }

// branch is a beginning of answers, and what may follow it.
type branch struct {
	next map[int32]*branch
	ids  []int32 // the keys of next, in the order of the list
	end  bool    // the beginning is an answer
}

// NewOneOf returns the constraint that an answer is one of the given ones. They are ids without an
// end id. An answer may begin another one.
func NewOneOf(answers [][]int32) (*OneOf, error) {
	if len(answers) == 0 {
		return nil, errors.New("decoding one of a list of answers: the list is empty")
	}
	root := &branch{}
	for i, answer := range answers {
		at := root
		for _, id := range answer {
			if id < 0 {
				return nil, fmt.Errorf("decoding one of a list of answers: answer %d has the id %d", i, id)
			}
			if at.next == nil {
				at.next = map[int32]*branch{}
			}
			if at.next[id] == nil {
				at.next[id] = &branch{}
				at.ids = append(at.ids, id)
			}
			at = at.next[id]
		}
		at.end = true
	}
	return &OneOf{root}, nil
}

// Allowed returns the ids that lead to one of the answers.
func (o *OneOf) Allowed(said []int32) Allowed {
	at := o.root
	for _, id := range said {
		if at = at.next[id]; at == nil {
			return Allowed{}
		}
	}
	return Allowed{IDs: at.ids, End: at.end}
}

// Regions is the constraint that an answer lists objects as PaliGemma does, each with its box, with
// its mask if there are Masks, and with a label: "<loc0102><loc0000><loc0921><loc1023> cat ; ...".
// Package tokenize reads such answers (ParseRegions).
type Regions struct {
	// Locations are the ids of <loc0000> to <loc1023>, in order. Required. A box is four of them:
	// its edges y0, x0, y1, x1. Boxes that are empty are not allowed.
	Locations []int32
	// Masks are the ids of <seg000> to <seg127>. With them sixteen follow every box.
	Masks []int32
	// Separator is what stands between two objects, the ids of " ; ". Default: none, one object.
	Separator []int32
	// Most is the highest number of objects. Default: 0, any number.
	Most int
	// NoLabels says that objects have no labels.
	NoLabels bool
}

// Sizes of a region in ids.
const (
	boxIDs  = 4
	maskIDs = 16
)

// Validate returns an error that names the first invalid field.
func (r *Regions) Validate() error {
	switch {
	case len(r.Locations) < 2:
		return fmt.Errorf("decoding boxes: %d ids of locations, want at least 2", len(r.Locations))
	case r.Most < 0:
		return fmt.Errorf("decoding boxes: at most %d objects", r.Most)
	}
	for _, id := range r.Separator {
		if slices.Contains(r.Locations, id) || slices.Contains(r.Masks, id) {
			return fmt.Errorf("decoding boxes: the separator holds the id %d of a location or mask", id)
		}
	}
	return nil
}

// Allowed returns the locations within a box, the mask's codes after it, and then ids of the label.
// A label ends with the answer or with the separator, after which the next box begins.
func (r *Regions) Allowed(said []int32) Allowed {
	object, count := r.last(said)
	if len(object) < boxIDs {
		return r.edge(object)
	}
	object = object[boxIDs:]
	if len(r.Masks) > 0 {
		if len(object) < maskIDs {
			return Allowed{IDs: r.Masks}
		}
		object = object[maskIDs:]
	}
	more := len(r.Separator) > 0 && (r.Most == 0 || count < r.Most)
	if !r.NoLabels {
		out := Allowed{Any: true, End: true, Except: slices.Concat(r.Locations, r.Masks)}
		if len(r.Separator) > 0 && !more {
			out.Except = append(out.Except, r.Separator[0])
		}
		return out
	}
	out := Allowed{End: len(object) == 0} // object holds a part of the separator
	if more && len(object) < len(r.Separator) {
		out.IDs = r.Separator[len(object) : len(object)+1]
	}
	return out
}

// last returns the ids after the last separator, and how many objects there are.
func (r *Regions) last(said []int32) (object []int32, count int) {
	count = 1
	n := len(r.Separator)
	if n == 0 {
		return said, count
	}
	begin := 0
	for i := n; i <= len(said); i++ {
		if i-n >= begin && slices.Equal(said[i-n:i], r.Separator) {
			begin, count = i, count+1
		}
	}
	return said[begin:], count
}

// edge returns the locations that may come next in a box, so that its end is beyond its beginning.
func (r *Regions) edge(box []int32) Allowed {
	switch len(box) {
	case 0, 1: // the beginning must leave room
		return Allowed{IDs: r.Locations[:len(r.Locations)-1]}
	}
	begin := slices.Index(r.Locations, box[len(box)-2])
	return Allowed{IDs: r.Locations[begin+1:]}
}
