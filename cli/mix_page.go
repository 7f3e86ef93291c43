package cli

import (
	"context"

	"github.com/pali3/pali3/internal/mixpage"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/stages"
)

// writePage writes a page of the examples of the steps.
func (c mixCommand) writePage(ctx context.Context, con *console, _ stages.Recipe, stream *mixture.Stream) error {
	page, err := mixpage.New("Batches of "+c.Recipe, c.Recipe, stream, c.Examples)
	if err != nil {
		return err
	}
	for step := c.first(); step < c.Steps.to; step++ {
		batch, err := stream.Batch(ctx, step)
		if err != nil {
			return err
		}
		if err := page.Add(batch); err != nil {
			return err
		}
	}
	if err := page.WriteFile(c.Dump.page); err != nil {
		return err
	}
	con.printf("wrote %s with %d examples; open it in a browser\n", c.Dump.page, len(page.Examples))
	return nil
}
