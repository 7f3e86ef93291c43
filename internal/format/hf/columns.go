package hf

import (
	"slices"

	"github.com/parquet-go/parquet-go/format"

	"github.com/pali3/pali3/internal/parquet/pages"
	"github.com/pali3/pali3/internal/parquet/table"
	"github.com/pali3/pali3/shards/format/mapping"
)

// Columns returns the columns of a Parquet file, as package mapping has them.
func Columns(f *table.File) []mapping.Column {
	root, leaves := f.Schema()
	return columnsOf(root.Children, leaves)
}

func columnsOf(nodes []*pages.Node, leaves []pages.Leaf) []mapping.Column {
	columns := make([]mapping.Column, 0, len(nodes))
	for _, n := range nodes {
		columns = append(columns, columnOf(n.Name, n, leaves))
	}
	return columns
}

func columnOf(name string, n *pages.Node, leaves []pages.Leaf) mapping.Column {
	if n.Leaf >= 0 {
		c := mapping.Column{Name: name, List: n.Repeated}
		switch kind := leaves[n.Leaf].Kind; {
		case n.Text:
			c.Type = mapping.Text
		case kind == format.ByteArray, kind == format.FixedLenByteArray:
			c.Type = mapping.Bytes
		}
		return c
	}
	if len(n.Children) == 1 && n.Children[0].Repeated && !n.Map {
		inner := n.Children[0]
		if inner.Leaf < 0 && len(inner.Children) == 1 && (inner.Name == "list" || inner.Name == "bag" || inner.Name == "array") {
			inner = inner.Children[0]
		}
		c := columnOf(name, inner, leaves)
		c.List = true
		return c
	}
	c := mapping.Column{Name: name, Type: mapping.Struct, List: n.Repeated}
	has := func(name string) bool {
		return slices.ContainsFunc(n.Children, func(child *pages.Node) bool { return child.Name == name && child.Leaf >= 0 })
	}
	if has("bytes") && has("path") && len(n.Children) == 2 {
		c.Type = mapping.Image
		return c
	}
	if !n.Map {
		c.Fields = columnsOf(n.Children, leaves)
	}
	return c
}
