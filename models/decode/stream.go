package decode

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/pali3/pali3/models/weights"
)

// Token is an id of an answer as it is chosen.
type Token struct {
	// Sample is the row of the batch.
	Sample int
	ID     int32
	// LogProbability of the id, in nats.
	LogProbability float64
	// End says that the id ends the answer and is not part of it.
	End bool
}

// errStopped is returned to the decoding loop when the caller wants no more tokens.
var errStopped = errors.New("stopped")

// Stream decodes a batch and yields each id as soon as it is chosen, those of one position in the
// order of the samples. It ends after an error, which it yields. Greedy decoding and sampling with
// one draw stream; beam search does not, as it may change its mind about every id.
func (g *Generator) Stream(ctx context.Context, set *weights.Set, in Inputs) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		if g.Method.Beams > 1 || g.Method.NBest > 1 {
			yield(Token{}, fmt.Errorf("decoding: a stream has one answer per sample without beam search: leave out beams and n-best"))
			return
		}
		_, err := g.generate(ctx, set, in, func(t Token) error {
			if !yield(t, nil) {
				return errStopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(Token{}, err)
		}
	}
}
