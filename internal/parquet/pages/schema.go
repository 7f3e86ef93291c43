package pages

import (
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// Node is an element of the schema: a column, or a group of them.
type Node struct {
	Name               string
	Optional, Repeated bool
	Children           []*Node // nil of a column
	Leaf               int     // the number of the column, -1 of a group
	Def, Rep           int     // the levels at which it is there
	Text               bool    // a column of text: STRING, ENUM or JSON
	List, Map          bool    // what a group says it is
}

// Leaf is a column of the file.
type Leaf struct {
	Path string // of its names, joined by dots
	Levels
}

const (
	maxDepth     = 32 // of groups in groups
	elementBytes = 3  // the least that an element takes in the footer: its name
	maxElements  = 1 << 20
)

// element is one of the schema, which lists the tree with every group in front of its children.
type element struct {
	name                       string
	kind, size, repetition     int64
	children, converted        int64
	hasKind, isOptional, isRep bool
	logical                    int // number of the logical type; 0 if there is none
}

// Numbers of logical types, and the converted types that were before them.
//
// Source: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
const (
	logicalString = 1
	logicalMap    = 2
	logicalList   = 3
	logicalEnum   = 4
	logicalJSON   = 12
)

var converted = map[int64]int{0: logicalString, 1: logicalMap, 2: logicalMap, 3: logicalList, 4: logicalEnum, 19: logicalJSON}

func (c *compact) element() (e element) {
	e.converted = -1
	for id := 0; ; {
		kind := c.field(&id)
		switch {
		case kind == 0:
			e.isOptional, e.isRep = e.repetition == 1, e.repetition == 2
			if e.logical == 0 {
				e.logical = converted[e.converted]
			}
			return e
		case id == 1 && isInt(kind):
			e.kind, e.hasKind = c.int(), true
		case id == 2 && isInt(kind):
			e.size = c.int()
		case id == 3 && isInt(kind):
			e.repetition = c.int()
		case id == 4 && kind == thriftBinary:
			e.name = string(c.binary())
		case id == 5 && isInt(kind):
			e.children = c.int()
		case id == 6 && isInt(kind):
			e.converted = c.int()
		case id == 10 && kind == thriftStruct:
			e.logical = c.union()
		default:
			c.skip(kind, 8)
		}
	}
}

// union reads which field of a union is set.
func (c *compact) union() (which int) {
	for id := 0; ; {
		kind := c.field(&id)
		if kind == 0 {
			return which
		}
		which = id
		c.skip(kind, 8)
	}
}

func (f *Footer) readSchema(c *compact) error {
	size, _ := c.list()
	if size == 0 || size > maxElements || size > uint64(len(c.b)-c.at)/elementBytes {
		return fmt.Errorf("a schema of %d elements", size)
	}
	root := c.element()
	f.Root = &Node{Name: root.name, Leaf: -1}
	left := int(size) - 1
	for range root.children {
		child, err := f.readNode(c, &left, "", Levels{}, 0, 0)
		if err != nil {
			return err
		}
		f.Root.Children = append(f.Root.Children, child)
	}
	for ; left > 0 && !c.bad; left-- {
		c.element() // of no group
	}
	return nil
}

// readNode reads the next of left elements, and those below it.
func (f *Footer) readNode(c *compact, left *int, path string, above Levels, lists, depth int) (*Node, error) {
	if *left == 0 || c.bad || depth > maxDepth {
		return nil, errors.New("the schema is cut short, or nested too deeply")
	}
	*left--
	e := c.element()
	if f.paths -= len(path) + len(e.name) + 1; f.paths < 0 {
		return nil, errors.New("the schema repeats long names")
	}
	if path != "" {
		path += "."
	}
	path += e.name
	if e.isOptional || e.isRep {
		above.MaxDef++
	}
	if e.isRep {
		above.MaxRep++
		if lists < len(above.ListDef) {
			above.ListDef[lists] = byte(above.MaxDef)
		}
		lists++
	}
	n := &Node{Name: e.name, Optional: e.isOptional, Repeated: e.isRep, Leaf: -1, Def: above.MaxDef, Rep: above.MaxRep}
	if e.hasKind {
		if e.kind < 0 || e.kind > int64(format.FixedLenByteArray) || e.size < 0 && e.kind == int64(format.FixedLenByteArray) || e.size > MaxPage {
			return nil, fmt.Errorf("column %s is of type %d and size %d", path, e.kind, e.size)
		}
		above.Kind, above.Size = format.Type(e.kind), int(e.size)
		n.Leaf, n.Text = len(f.Leaves), e.logical == logicalString || e.logical == logicalEnum || e.logical == logicalJSON
		f.Leaves = append(f.Leaves, Leaf{path, above})
		return n, nil
	}
	n.List, n.Map = e.logical == logicalList, e.logical == logicalMap
	for range e.children {
		child, err := f.readNode(c, left, path, above, lists, depth+1)
		if err != nil {
			return nil, err
		}
		n.Children = append(n.Children, child)
	}
	return n, nil
}
