package shards

import "iter"

// View is a choice of a dataset's columns and rows. What it leaves out is not read.
type View struct {
	d       *Dataset
	chosen  []bool // of columns
	filters []Filter
}

var everything = func() []bool {
	all := make([]bool, len(columns))
	for i := range all {
		all[i] = true
	}
	return all
}()

// All returns the view of everything.
func (d *Dataset) All() *View { return d.all }

// Select returns a view of the named columns, as FORMAT.md names them: "texts" is all of the texts,
// "images.format" one column of the images. The other fields of its samples are zero.
func (d *Dataset) Select(names ...string) (*View, error) { return d.all.Select(names...) }

// Without returns a view of all columns but the named, for example "images.bytes".
func (d *Dataset) Without(names ...string) (*View, error) {
	left, err := selected(names)
	if err != nil {
		return nil, err
	}
	for i := range left {
		left[i] = !left[i]
	}
	return &View{d: d, chosen: left}, nil
}

// Where returns a view of the rows that the filters keep, all of them. Row groups and parts whose
// statistics exclude every row are not read; of the others the filtered columns are read first.
func (d *Dataset) Where(filters ...Filter) (*View, error) { return d.all.Where(filters...) }

// Select narrows the view's columns; see [Dataset.Select].
func (v *View) Select(names ...string) (*View, error) {
	chosen, err := selected(names)
	if err != nil {
		return nil, err
	}
	return &View{v.d, chosen, v.filters}, nil
}

// Where adds filters to the view; see [Dataset.Where].
func (v *View) Where(filters ...Filter) (*View, error) {
	for _, f := range filters {
		if err := f.check(); err != nil {
			return nil, err
		}
	}
	return &View{v.d, v.chosen, append(v.filters[:len(v.filters):len(v.filters)], filters...)}, nil
}

// Samples yields the view's rows in order, and ends after an error. They stay valid.
func (v *View) Samples() iter.Seq2[Sample, error] {
	return func(yield func(Sample, error) bool) {
		for s, err := range v.rows(false) {
			if err != nil {
				yield(Sample{}, err)
				return
			}
			if !yield(*s, nil) {
				return
			}
		}
	}
}

// Scan yields the view's rows in order, and ends after an error. A sample and all it holds are
// valid until the next is asked for: their memory is used again or, of a folder's file on Linux, is
// the file's own, which makes it the fastest way through a dataset. A file that is cut short
// meanwhile ends the program; nothing that writes datasets does that. The checksum of every page is
// compared.
func (v *View) Scan() iter.Seq2[*Sample, error] { return v.rows(true) }
