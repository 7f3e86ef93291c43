package table

import (
	"github.com/parquet-go/parquet-go/format"

	"github.com/pali3/pali3/internal/parquet/pages"
)

// node says how the values of a column, or of the columns below it, become one value.
type node struct {
	name               string
	optional, repeated bool
	shape              shape
	kind               format.Type // of a leaf
	text               bool
	children           []*node
	wrapped            bool // of a list's repeated child: its elements are what its only child has
	def, rep           int  // the levels at which it is there
	first, last        int  // its leaves
}

type shape int

const (
	isLeaf shape = iota
	isStruct
	isList // one repeated child
	isMap  // one repeated child, of a key and a value
)

func build(root *pages.Node, leaves []pages.Leaf) *node {
	leaf := 0
	return buildNode(root, leaves, &leaf)
}

func buildNode(from *pages.Node, leaves []pages.Leaf, leaf *int) *node {
	n := &node{name: from.Name, optional: from.Optional, repeated: from.Repeated, text: from.Text, def: from.Def, rep: from.Rep, first: *leaf}
	if from.Leaf >= 0 {
		n.kind = leaves[from.Leaf].Kind
		*leaf++
	} else {
		n.shape = isStruct
		for _, child := range from.Children {
			n.children = append(n.children, buildNode(child, leaves, leaf))
		}
		n.group(from)
	}
	n.last = *leaf
	return n
}

// group recognises lists and maps: a group of one repeated child, by what it says that it is or by
// the child's name.
//
// Source: https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#nested-types
func (n *node) group(from *pages.Node) {
	if len(n.children) != 1 || !n.children[0].repeated || n.repeated {
		return
	}
	child := n.children[0]
	isPair := child.shape == isStruct && len(child.children) == 2
	switch {
	case isPair && (from.Map || child.name == "key_value" || child.name == "map"):
		n.shape = isMap
	case from.List || child.name == "list" || child.name == "element" || child.name == "array" || child.name == "bag":
		n.shape = isList
		child.wrapped = child.shape == isStruct && len(child.children) == 1 && (child.name == "list" || child.name == "bag" || child.name == "array")
	}
}
