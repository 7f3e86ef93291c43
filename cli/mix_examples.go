package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"

	"github.com/pali3/pali3/mixture"
)

// printDigests prints the digest of each batch.
func (c mixCommand) printDigests(ctx context.Context, con *console, stream *mixture.Stream) error {
	out := bufio.NewWriter(con.out)
	defer out.Flush()
	for step := c.first(); step < c.Steps.to; step++ {
		batch, err := stream.Batch(ctx, step)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%d %s\n", step, batch.Digest())
	}
	return nil
}

// printExamples prints the examples as JSON lines.
func (c mixCommand) printExamples(ctx context.Context, con *console, stream *mixture.Stream) error {
	out := bufio.NewWriter(con.out)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for step := c.first(); step < c.Steps.to; step++ {
		batch, err := stream.Batch(ctx, step)
		if err != nil {
			return err
		}
		for _, example := range stream.Describe(batch) {
			if err := encoder.Encode(example); err != nil {
				return err
			}
		}
	}
	return nil
}
