package shards

import "iter"

// View is a selection of the columns and rows of a dataset. Only these are read.
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

// All returns the view of all columns and rows.
func (d *Dataset) All() *View { return d.all }

// Select returns a view of the named columns. They are named as in FORMAT.md: "texts" is all
// columns of the texts, "images.format" one column of the images. The other fields of its samples
// are zero.
func (d *Dataset) Select(names ...string) (*View, error) { return d.all.Select(names...) }

// Without returns a view of all columns except the named ones, for example "images.bytes".
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

// Where returns a view of the rows that all filters keep. Row groups and parts whose statistics
// exclude every row are not read; in the others the filtered columns are read first.
func (d *Dataset) Where(filters ...Filter) (*View, error) { return d.all.Where(filters...) }

// Select returns a view of the named columns; see [Dataset.Select].
func (v *View) Select(names ...string) (*View, error) {
	chosen, err := selected(names)
	if err != nil {
		return nil, err
	}
	return &View{v.d, chosen, v.filters}, nil
}

// Where returns a view with further filters; see [Dataset.Where].
func (v *View) Where(filters ...Filter) (*View, error) {
	for _, f := range filters {
		if err := f.check(); err != nil {
			return nil, err
		}
	}
	return &View{v.d, v.chosen, append(v.filters[:len(v.filters):len(v.filters)], filters...)}, nil
}

// Samples yields the rows of the view in order, and ends after an error. The samples stay valid.
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

// Scan yields the rows of the view in order, and ends after an error. A sample and what it holds
// are valid until the iterator advances, because their memory is reused. On Linux they point into
// the mapped file if the dataset is in a folder. This makes Scan the fastest way through a dataset,
// but truncating a part during the scan crashes the program; no writer of datasets does so. Scan
// compares the checksum of every page.
func (v *View) Scan() iter.Seq2[*Sample, error] { return v.rows(true) }
