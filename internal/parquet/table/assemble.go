package table

import (
	"errors"
	"fmt"

	"github.com/pali3/pali3/internal/parquet/pages"
)

// A row is put together from the slots of its columns, from the root of the schema down. All
// columns below a list have a slot for each of its elements, and one where it is empty or null; how
// they repeat has to agree, or the file is damaged.
//
// Source: https://research.google/pubs/dremel-interactive-analysis-of-web-scale-datasets-2/,
// section 4.3

// PerRow bounds what the values of one row take, in bytes, beyond [pages.Expansion] times those of
// the file that it lies in.
const PerRow = 256 << 20

// What values take, in bytes: about as much as their memory.
const (
	slotCost  = 40 // an element of a list, boxed
	fieldCost = 64 // of a struct
)

var errRow = errors.New("the row takes too much memory")

// begin begins a row.
func (r *Reader) begin() {
	r.budget.NextRow()
	r.cost = 0
}

// charge counts what a part of the row takes.
func (r *Reader) charge(n int) error {
	if r.cost += int64(n); r.cost > PerRow && r.cost-PerRow > int64(r.budget.File())*pages.Expansion {
		return errRow
	}
	return nil
}

// value builds the value of a node; its columns' next slots are at repetition level rep.
func (r *Reader) value(n *node, rep int) (any, error) {
	if n.repeated {
		return r.elements(n, rep)
	}
	if n.optional && n.first < n.last {
		def, err := r.columns[n.first].expect(rep)
		if err != nil {
			return nil, err
		}
		if def < n.def {
			return nil, r.pass(n, rep, def)
		}
	}
	return r.present(n, rep)
}

// present builds the value of a node that is there.
func (r *Reader) present(n *node, rep int) (any, error) {
	switch n.shape {
	case isList:
		return r.elements(n.children[0], rep)
	case isMap:
		return r.entries(n.children[0], rep)
	case isStruct:
		return r.fields(n, rep)
	}
	c := r.columns[n.first]
	def, err := c.expect(rep)
	if err != nil {
		return nil, err
	}
	if def != n.def {
		return nil, fmt.Errorf("column %s: definition level %d, want %d", c.leaf.Path, def, n.def)
	}
	v := c.take()
	if err := r.charge(slotCost + len(v.Text)); err != nil {
		return nil, err
	}
	return scalar(v, n), nil
}

// fields builds a struct.
func (r *Reader) fields(n *node, rep int) (map[string]any, error) {
	if err := r.charge(fieldCost * (1 + len(n.children))); err != nil {
		return nil, err
	}
	fields := make(map[string]any, len(n.children))
	for _, child := range n.children {
		value, err := r.value(child, rep)
		if err != nil {
			return nil, err
		}
		fields[child.name] = value
	}
	return fields, nil
}

// elements builds the list of what a repeated node has.
func (r *Reader) elements(n *node, rep int) (any, error) {
	all := []any{}
	err := r.each(n, rep, func(rep int) error {
		var value any
		var err error
		if n.wrapped {
			value, err = r.value(n.children[0], rep)
		} else {
			value, err = r.present(n, rep)
		}
		all = append(all, value)
		return err
	})
	return all, err
}

// entries builds a map of a repeated node of two.
func (r *Reader) entries(n *node, rep int) (any, error) {
	all := map[string]any{}
	err := r.each(n, rep, func(rep int) error {
		if err := r.charge(fieldCost); err != nil {
			return err
		}
		key, err := r.value(n.children[0], rep)
		if err != nil {
			return err
		}
		all[keyText(key)], err = r.value(n.children[1], rep)
		return err
	})
	return all, err
}

func keyText(key any) string {
	switch key := key.(type) {
	case string:
		return key
	case []byte:
		return string(key)
	}
	return fmt.Sprint(key)
}

// each goes through the elements of a repeated node; do builds one, the slots of which begin at a
// repetition level.
func (r *Reader) each(n *node, rep int, do func(rep int) error) error {
	if n.first == n.last {
		return nil
	}
	lead := r.columns[n.first]
	def, err := lead.expect(rep)
	if err != nil {
		return err
	}
	if def < n.def {
		return r.pass(n, rep, def)
	}
	for {
		if err := r.charge(slotCost); err != nil {
			return err
		}
		if err := do(rep); err != nil {
			return err
		}
		next, _, more, err := lead.peek()
		if err != nil || !more || next < n.rep {
			return err
		}
		if rep = n.rep; next > rep {
			return fmt.Errorf("column %s: a value at repetition level %d, the level is %d", lead.leaf.Path, next, rep)
		}
	}
}

// pass goes over a node that is null or empty: all its columns say so, at the same level.
func (r *Reader) pass(n *node, rep, def int) error {
	for _, c := range r.columns[n.first:n.last] {
		got, err := c.expect(rep)
		if err != nil {
			return err
		}
		if got != def {
			return fmt.Errorf("column %s: definition level %d, another column's is %d", c.leaf.Path, got, def)
		}
		c.pass()
	}
	return nil
}
