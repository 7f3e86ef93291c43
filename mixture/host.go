package mixture

import (
	"context"
	"fmt"
)

// HostBatch makes the rows of a step's batch that belong to one of several hosts, host 0 to
// hosts-1, whatever the share of the stream's options. It lets one stream feed hosts whose number
// changes while it is open.
func (s *Stream) HostBatch(ctx context.Context, step, host, hosts int) (*Batch, error) {
	switch {
	case hosts < 1 || host < 0 || host >= hosts:
		return nil, fmt.Errorf("host %d of %d: hosts are counted from 0", host, hosts)
	case hosts > s.recipe.Batch:
		return nil, fmt.Errorf("a batch of %d cannot be divided among %d hosts: it has a row for %d at most", s.recipe.Batch, hosts, s.recipe.Batch)
	}
	if err := s.endOf(step); err != nil {
		return nil, err
	}
	first, end := hostRows(s.recipe.Batch, host, hosts)
	if s.packer != nil {
		return s.packer.batch(ctx, step, first, end)
	}
	shape := s.shapeAt(step)
	shape.Rows = end - first
	b := s.newBatch(step, shape)
	first += step * s.recipe.Batch
	return b, s.eachRow(ctx, b, func(row int) error {
		if err := s.fillAt(b, row, first+row); err != nil {
			return fmt.Errorf("step %d row %d: %w", step, row, err)
		}
		return nil
	})
}

// hostRows returns the rows of a batch that belong to a host, first to end-1.
func hostRows(batch, host, hosts int) (first, end int) {
	return batch * host / hosts, batch * (host + 1) / hosts
}
