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
	case step < 0:
		return nil, fmt.Errorf("batch of step %d", step)
	case hosts < 1 || host < 0 || host >= hosts:
		return nil, fmt.Errorf("host %d of %d: hosts are counted from 0", host, hosts)
	case s.recipe.Batch%hosts != 0:
		return nil, fmt.Errorf("a batch of %d cannot be divided among %d hosts: their number must divide the batch", s.recipe.Batch, hosts)
	}
	if s.packer != nil {
		return s.packer.batch(ctx, step, host, hosts)
	}
	shape := s.shapeAt(step)
	shape.Rows = s.recipe.Batch / hosts
	b := s.newBatch(step, shape)
	first := step*s.recipe.Batch + host*shape.Rows
	return b, s.eachRow(ctx, b, func(row int) error {
		if err := s.fillAt(b, row, first+row); err != nil {
			return fmt.Errorf("step %d row %d: %w", step, row, err)
		}
		return nil
	})
}
