package mixture

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/pali3/pali3/shards"
)

// scannedDataset is an open dataset. Its samples are scanned once, for all tasks that use it.
type scannedDataset struct {
	*shards.Dataset
	rows    *namedRows // in place of the dataset, if the program has rows of its own
	err     error      // of opening it
	scanErr error      // of scanning it
}

// data returns the dataset or the rows.
func (d *scannedDataset) data() Data {
	if d.rows != nil {
		return *d.rows
	}
	return d.Dataset
}

// datasetsAtOnce is how many datasets are opened or scanned at a time. Each waits for its store
// most of the time, and its scan reads several row groups ahead.
const datasetsAtOnce = 8

// openDatasets opens the datasets of all tasks, each once.
func (s *Stream) openDatasets() {
	var opening errgroup.Group
	opening.SetLimit(datasetsAtOnce)
	for _, t := range s.tasks {
		folder := t.folder(&s.recipe)
		if s.datasets[folder] != nil {
			continue
		}
		d := &scannedDataset{}
		s.datasets[folder] = d
		opening.Go(func() error {
			if rows, ok, err := s.recipe.Registry.openRows(context.Background(), folder); ok {
				d.rows, d.err = &rows, err
				return nil
			}
			d.Dataset, d.err = s.recipe.Registry.OpenDataset(context.Background(), folder)
			if d.err == nil {
				d.Share(s.cache)
			}
			return nil
		})
	}
	opening.Wait()
}

// scanDatasets finds the samples of all tasks, in one scan of each dataset.
func (s *Stream) scanDatasets() {
	finders := map[*scannedDataset][]*finder{}
	var used []*scannedDataset // in the order of the tasks
	for _, t := range s.tasks {
		d := s.datasets[t.folder(&s.recipe)]
		if t.Weight == 0 || t.failed {
			continue
		}
		if finders[d] == nil {
			used = append(used, d)
		}
		finders[d] = append(finders[d], newFinder(t, s.recipe.version()))
	}
	keeper := newScanKeeper(s.options)
	var scanning errgroup.Group
	scanning.SetLimit(datasetsAtOnce)
	for _, d := range used {
		scanning.Go(func() error {
			d.scanErr = d.find(finders[d], &keeper)
			return nil
		})
	}
	scanning.Wait()
}

// find finds the samples of tasks: in kept scans, or in a scan of the dataset.
func (d *scannedDataset) find(finders []*finder, keeper *scanKeeper) error {
	if d.rows != nil {
		return d.rows.find(finders)
	}
	keep, rest := keeper.keeps(d.Dataset), slices.Clone(finders)
	if keep {
		rest = slices.DeleteFunc(rest, func(f *finder) bool { return keeper.load(f, d.Dataset) })
	}
	if len(rest) > 0 {
		if err := d.scan(rest); err != nil {
			return err
		}
	}
	for _, f := range finders {
		f.scanErr = f.finish(d.Dataset)
	}
	if !keep {
		return nil
	}
	for _, f := range rest {
		if err := keeper.save(f, d.Dataset); err != nil {
			return fmt.Errorf("keeping what a scan of %s found: %w", d.Dir(), err)
		}
	}
	return nil
}

// scan goes once through the columns of a dataset that the finders need.
func (d *scannedDataset) scan(finders []*finder) error {
	var columns []string
	for _, f := range finders {
		if _, err := d.Select(f.columns()...); err != nil {
			return fmt.Errorf("kind %s: Columns: %w", f.Kind, err)
		}
		columns = append(columns, f.columns()...)
	}
	slices.Sort(columns)
	view, err := d.Select(slices.Compact(columns)...)
	if err != nil {
		return err
	}
	row := 0
	for sample, err := range view.Scan() {
		if err != nil {
			return err
		}
		for _, f := range finders {
			f.see(row, sample)
		}
		row++
	}
	return nil
}

// noSample is the error of a task that can use no sample of its dataset.
type noSample struct{ error }

// found returns an error if the scan failed or the task can use no sample.
func (s *Stream) found(t *task) error {
	d := s.datasets[t.folder(&s.recipe)]
	switch {
	case t.scanErr != nil:
		return t.scanErr
	case t.Weight == 0 || t.failed || t.source != nil:
		return nil
	case d.scanErr != nil && d.Dataset != nil && !errors.Is(d.scanErr, shards.ErrUnread):
		return fmt.Errorf("%w; pali3 shards verify %s --deep lists what is damaged, and pali3 shards repair drops it", d.scanErr, d.Dir())
	case d.scanErr != nil:
		return d.scanErr
	case s.options.Lenient:
		return noSample{errors.New("no sample can be used")}
	}
	return noSample{noneUsable(d.data(), t.Task)}
}
