package hub

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/format/hf"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/mapping"
)

// ColumnsTaken implements [ingest.Mapped].
func (h *Dataset) ColumnsTaken() string {
	if h.plan == nil {
		return ""
	}
	return h.plan.Describe()
}

// defaults fills in the columns that the options leave unset, from the schema of the first file.
func (h *Dataset) defaults(ctx context.Context) error {
	c := &h.options.Columns
	first := h.files[0].name
	if h.files[0].archive() {
		if c.NamesAny() {
			return fmt.Errorf("%s is a WebDataset archive, which has no columns; remove the column flags", first)
		}
		return nil
	}
	columns, err := h.schema(ctx, first)
	if err != nil {
		return fmt.Errorf("%s: %w", first, err)
	}
	m := c.Mapping(h.options.Language, h.options.Kind)
	m.DefaultKind = shards.Caption
	guess, err := m.For(columns)
	if err != nil {
		return fmt.Errorf("%s: %w", first, err)
	}
	if len(m.Image) == 0 {
		c.Image = imageColumn(guess, columns)
	}
	if taken := guess.Taken(); len(m.Text) == 0 && len(taken.Text) > 0 {
		c.Text, c.MoreTexts = taken.Text[0], taken.Text[1:]
	}
	taken := guess.Taken()
	c.Question, c.Answers = cmp.Or(c.Question, taken.Question), cmp.Or(c.Answers, taken.Answers)
	c.QuestionID, c.Boxes = cmp.Or(c.QuestionID, taken.QuestionID), cmp.Or(c.Boxes, taken.Boxes)
	if c.Image == "" && c.Text == "" && c.Question == "" {
		return fmt.Errorf("%s: name the columns; there are %s", first, strings.Join(mapping.Paths(columns), ", "))
	}
	h.plan, err = h.mapping().For(columns)
	return err
}

// mapping returns the mapping of the columns, all of which are named by now.
func (h *Dataset) mapping() mapping.Mapping {
	m := h.options.Columns.Mapping(h.options.Language, h.options.Kind)
	m.DefaultKind, m.NamedOnly, m.KeepNamed, m.Trim = shards.Caption, true, true, true
	return m
}

// imageColumn returns the first column with a common image name, or else the first that certainly
// holds images, or else the first of bytes, or "".
func imageColumn(plan *mapping.Plan, columns []mapping.Column) string {
	if named := plan.Taken().Image; len(named) > 0 {
		return named[0]
	}
	for _, kind := range []mapping.Type{mapping.Image, mapping.Bytes} {
		if at := slices.IndexFunc(columns, func(c mapping.Column) bool { return c.Type == kind }); at >= 0 {
			return columns[at].Name
		}
	}
	return ""
}

// schema returns the columns of a file. If the hub supports ranges, it downloads only the footer.
func (h *Dataset) schema(ctx context.Context, name string) ([]mapping.Column, error) {
	f, err := h.cache.peek(ctx, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	file, err := openParquet(f)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", name, err)
	}
	return hf.Columns(file), nil
}
