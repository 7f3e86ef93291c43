package mixture

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Packed counts what packing did in the batches made so far: see [Packing].
type Packed struct {
	// Rows, of all hosts, and the examples in them.
	Rows     int `json:"rows"`
	Examples int `json:"examples"`
	// EncoderFill, DecoderFill and ImageFill are the shares of the rows' room that examples take.
	// ImageFill is 0 without images.
	EncoderFill float64 `json:"encoder_fill"`
	DecoderFill float64 `json:"decoder_fill"`
	ImageFill   float64 `json:"image_fill,omitempty"`
	// LeftOut counts the examples that found no room, by task.
	LeftOut map[string]int `json:"left_out,omitempty"`
}

// String tells it in a line.
func (p Packed) String() string {
	text := fmt.Sprintf("packed %.2f examples a row; prompts fill %.1f%% of the rows, targets %.1f%%",
		float64(p.Examples)/float64(max(1, p.Rows)), 100*p.EncoderFill, 100*p.DecoderFill)
	if p.ImageFill > 0 {
		text += fmt.Sprintf(", images %.1f%%", 100*p.ImageFill)
	}
	left, parts := 0, []string{}
	for _, task := range slices.Sorted(maps.Keys(p.LeftOut)) {
		left += p.LeftOut[task]
		parts = append(parts, fmt.Sprintf("%s %d", task, p.LeftOut[task]))
	}
	if left == 0 {
		return text + "; no example was left out"
	}
	return text + fmt.Sprintf("; %.2f%% of the examples were left out: %s", 100*float64(left)/float64(left+p.Examples), strings.Join(parts, ", "))
}

// Packed returns what packing did so far. ok is false if the recipe does not pack.
func (s *Stream) Packed() (p Packed, ok bool) {
	if s.packer == nil {
		return Packed{}, false
	}
	return s.packer.counted(), true
}

// packer packs the examples of a stream.
type packer struct {
	stream   *Stream
	rows     int    // of the whole batch
	row      extent // of an empty row
	examples int    // of a step

	mu    sync.Mutex
	steps []*packedStep // the newest few

	counts struct {
		sync.Mutex
		rows, examples int
		taken          extent
		leftOut        []int // by task
	}
}

// packedStep is a step with its own examples packed, and none of the step before.
type packedStep struct {
	step     int
	once     sync.Once
	err      error
	examples []*candidate
	sizes    []extent
	packed   packed
}

// candidate is an example that may get a row.
type candidate struct {
	task   *task
	before int    // examples of the task before it
	made   *Batch // of one unpacked row, without pixels
}

// stepsKept is how many packed steps are kept: a batch needs that of its step and the one before,
// and batches are mostly made in order.
const stepsKept = 4

// newPacker returns the packer of a stream whose sources are open, and nil if it does not pack. It
// measures how many examples a step takes unless the recipe says so.
func newPacker(s *Stream) (*packer, error) {
	if s.recipe.Packing == nil {
		return nil, nil
	}
	s.recipe.Packing = s.recipe.Packing.withDefaults(&s.recipe)
	shape := s.Shape()
	p := &packer{stream: s, rows: s.recipe.Batch, examples: s.recipe.Packing.Examples}
	p.row = extent{shape.Encoder, shape.Decoder, shape.Images, shape.Segments}
	p.counts.leftOut = make([]int, len(s.tasks))
	if p.examples > 0 {
		return p, nil
	}
	first, err := p.take(context.Background(), 0, min(max(leastMeasured, 4*p.rows), s.chooser.End()))
	if err != nil {
		return nil, fmt.Errorf("measuring how many examples fit into a packed batch: %w", err)
	}
	sizes := make([]extent, len(first))
	for i, c := range first {
		sizes[i] = c.size()
	}
	p.examples = examplesPerStep(sizes, p.rows, p.row)
	s.recipe.Packing.Examples = p.examples
	return p, nil
}

// size returns what the example takes of a row.
func (c *candidate) size() extent {
	r := extent{encoder: lastNonzero(c.made.EncoderIDs), decoder: lastNonzero(c.made.Weights), segments: 1}
	if slices.Contains(c.made.ImageMask, 1) {
		r.images = len(c.made.ImageMask)
	}
	return r
}

// lastNonzero returns the length up to the last element that is not zero.
func lastNonzero[T int32 | float32](values []T) int {
	n := len(values)
	for n > 0 && values[n-1] == 0 {
		n--
	}
	return n
}

// take makes the examples at n positions of the stream from the given one on, without pixels.
func (p *packer) take(ctx context.Context, first, n int) ([]*candidate, error) {
	s := p.stream
	all := make([]*candidate, n)
	group, ctx := errgroup.WithContext(ctx)
	for w := range s.options.Workers {
		group.Go(func() error {
			for i := w; i < n; i += s.options.Workers {
				if err := ctx.Err(); err != nil {
					return err
				}
				number, before, err := s.chooser.At(first + i)
				if err != nil {
					return err
				}
				c := &candidate{task: s.tasks[number], before: before}
				if c.made, err = p.example(c, false); err != nil {
					return fmt.Errorf("example %d of the stream: %w", first+i, err)
				}
				all[i] = c
			}
			return nil
		})
	}
	return all, group.Wait()
}

// example makes a batch of one row with an example, as if it were not packed.
func (p *packer) example(c *candidate, pixels bool) (*Batch, error) {
	shape := p.stream.shape
	shape.Rows = 1
	b := p.stream.batchOf(0, shape, pixels)
	b.uncounted = pixels // as it was counted without them
	return b, p.stream.fill(b, 0, c.task, c.before)
}

// at returns a step with its own examples packed. It keeps the newest few.
func (p *packer) at(ctx context.Context, step int) (*packedStep, error) {
	p.mu.Lock()
	i := slices.IndexFunc(p.steps, func(s *packedStep) bool { return s.step == step })
	if i < 0 {
		p.steps = append(p.steps, &packedStep{step: step})
		p.steps = p.steps[max(0, len(p.steps)-stepsKept):]
		i = len(p.steps) - 1
	}
	s := p.steps[i]
	p.mu.Unlock()
	s.once.Do(func() { s.err = p.pack(ctx, s) })
	if s.err == nil {
		return s, nil
	}
	p.mu.Lock()
	p.steps = slices.DeleteFunc(p.steps, func(other *packedStep) bool { return other == s })
	p.mu.Unlock()
	if ctx.Err() == nil && (errors.Is(s.err, context.Canceled) || errors.Is(s.err, context.DeadlineExceeded)) {
		return p.at(ctx, step) // another call's context ended
	}
	return nil, s.err
}

// pack makes the examples of a step and packs them.
func (p *packer) pack(ctx context.Context, s *packedStep) (err error) {
	if s.examples, err = p.take(ctx, s.step*p.examples, p.examples); err != nil {
		return err
	}
	numbers := make([]int, len(s.examples))
	s.sizes = make([]extent, len(s.examples))
	for i, c := range s.examples {
		numbers[i], s.sizes[i] = i, c.size()
	}
	s.packed = newPacked(p.rows, p.row)
	s.packed.put(s.sizes, numbers, p.row)
	return nil
}

// layout returns the examples of each row of a step's batch, in the order of the stream: its own,
// and in the gaps those that found no row in the step before.
func (p *packer) layout(ctx context.Context, step int) ([][]*candidate, error) {
	own, err := p.at(ctx, step)
	if err != nil {
		return nil, err
	}
	whole := packed{rows: make([][]int, p.rows), free: slices.Clone(own.packed.free)}
	before := &packedStep{}
	if step > 0 {
		if before, err = p.at(ctx, step-1); err != nil {
			return nil, err
		}
		whole.put(before.sizes, before.packed.left, p.row)
	}
	rows := make([][]*candidate, p.rows)
	for row := range rows {
		for _, from := range []struct {
			numbers []int
			of      *packedStep
		}{{whole.rows[row], before}, {own.packed.rows[row], own}} {
			for _, number := range slices.Sorted(slices.Values(from.numbers)) {
				rows[row] = append(rows[row], from.of.examples[number])
			}
		}
	}
	p.count(rows, whole.left, before)
	return rows, nil
}

// count counts the examples of a batch, and those of the step before that are left out.
func (p *packer) count(rows [][]*candidate, left []int, before *packedStep) {
	p.counts.Lock()
	defer p.counts.Unlock()
	p.counts.rows += len(rows)
	for _, row := range rows {
		p.counts.examples += len(row)
		for _, c := range row {
			size := c.size()
			p.counts.taken.encoder += size.encoder
			p.counts.taken.decoder += size.decoder
			p.counts.taken.images += size.images
		}
	}
	for _, number := range left {
		p.counts.leftOut[before.examples[number].task.number]++
	}
}

func (p *packer) counted() Packed {
	p.counts.Lock()
	defer p.counts.Unlock()
	c := Packed{Rows: p.counts.rows, Examples: p.counts.examples, LeftOut: map[string]int{}}
	share := func(taken, room int) float64 { return float64(taken) / float64(max(1, room*c.Rows)) }
	c.EncoderFill, c.DecoderFill = share(p.counts.taken.encoder, p.row.encoder), share(p.counts.taken.decoder, p.row.decoder)
	c.ImageFill = share(p.counts.taken.images, p.row.images)
	for task, n := range p.counts.leftOut {
		if n > 0 {
			c.LeftOut[p.stream.tasks[task].Name] = n
		}
	}
	return c
}

// batch makes the packed rows first to end-1 of a step's batch.
func (p *packer) batch(ctx context.Context, step, first, end int) (*Batch, error) {
	rows, err := p.layout(ctx, step)
	if err != nil {
		return nil, fmt.Errorf("step %d: %w", step, err)
	}
	rows = rows[first:end]
	shape := p.stream.Shape()
	shape.Rows = len(rows)
	b := p.stream.newBatch(step, shape)
	written := make([][]*Batch, shape.Rows)
	err = p.stream.eachRow(ctx, b, func(row int) (err error) {
		if written[row], err = p.write(b, row, rows[row]); err != nil {
			return fmt.Errorf("step %d row %d: %w", step, row, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	b.list(written)
	return b, nil
}

// write writes examples into a row and returns those that are in it, each as a batch of one row.
func (p *packer) write(b *Batch, row int, examples []*candidate) (written []*Batch, err error) {
	var at extent
	for _, c := range examples {
		size, made := c.size(), c.made
		if b.Pixels != nil && size.images > 0 {
			if made, err = p.example(c, true); err != nil {
				return nil, err
			}
			replaced := candidate{made: made}
			if !size.holds(replaced.size()) { // its image cannot be decoded, and the next sample is longer
				p.leave(c)
				continue
			}
		}
		b.append(row, len(written)+1, at, made)
		at = at.minus(extent{-size.encoder, -size.decoder, -size.images, 0})
		written = append(written, made)
	}
	return written, nil
}

// leave counts an example that is left out because its image cannot be decoded and the sample that
// replaces it does not fit.
func (p *packer) leave(c *candidate) {
	p.counts.Lock()
	defer p.counts.Unlock()
	p.counts.examples--
	p.counts.leftOut[c.task.number]++
}

// append writes an example, a batch of one row, into a packed row as the segment of the given
// number, from the given places on.
func (b *Batch) append(row, segment int, at extent, example *Batch) {
	size := (&candidate{made: example}).size()
	le, ld, n := b.Shape.Encoder, b.Shape.Decoder, b.Shape.Images
	first := row*le + at.encoder
	copy(b.EncoderIDs[first:first+size.encoder], example.EncoderIDs)
	number(b.Segments.Encoder[first:first+size.encoder], segment)
	first = row*ld + at.decoder
	copy(b.DecoderInputs[first:first+size.decoder], example.DecoderInputs)
	copy(b.Targets[first:first+size.decoder], example.Targets)
	copy(b.Weights[first:first+size.decoder], example.Weights)
	number(b.Segments.Decoder[first:first+size.decoder], segment)
	if size.images == 0 {
		return
	}
	first = row*n + at.images
	copy(b.ImageMask[first:first+size.images], example.ImageMask)
	number(b.Segments.Images[first:first+size.images], segment)
	if b.ImageRows != nil {
		copy(b.ImageRows[first:first+size.images], example.ImageRows)
		copy(b.ImagePlaces[first:first+size.images], example.ImagePlaces)
	}
	if b.ImageHashes != nil {
		copy(b.ImageHashes[first:first+size.images], example.ImageHashes)
	}
	if b.Pixels != nil {
		copy(b.Pixels[first*b.Shape.ImageValues():], example.Pixels)
	}
}

// number sets segments to a number.
func number(segments []int32, to int) {
	for i := range segments {
		segments[i] = int32(to)
	}
}

// list sets the lists by example to those of the examples of each row.
func (b *Batch) list(rows [][]*Batch) {
	b.Tasks, b.Keys, b.Origins, b.Indices, b.Truncated = b.Tasks[:0], b.Keys[:0], b.Origins[:0], b.Indices[:0], b.Truncated[:0]
	for row, examples := range rows {
		for i, e := range examples {
			b.Segments.Rows, b.Segments.Numbers = append(b.Segments.Rows, int32(row)), append(b.Segments.Numbers, int32(i+1))
			b.Tasks, b.Keys = append(b.Tasks, e.Tasks[0]), append(b.Keys, e.Keys[0])
			b.Origins, b.Indices = append(b.Origins, e.Origins[0]), append(b.Indices, e.Indices[0])
			b.Truncated = append(b.Truncated, e.Truncated[0])
		}
	}
}
