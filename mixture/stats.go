package mixture

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pali3/pali3/tokenize"
)

// Stats is what the batches of some steps hold.
type Stats struct {
	// From and To are the steps: from From up to, not including, To.
	From int `json:"from"`
	To   int `json:"to"`
	// Examples of all tasks.
	Examples int         `json:"examples"`
	Tasks    []TaskStats `json:"tasks"`
	// Repeated counts examples of a sample that an earlier row of the same batch has for the same
	// task, and RepeatedImages those whose sample an earlier row has for any task.
	Repeated       int `json:"repeated_in_batch"`
	RepeatedImages int `json:"repeated_samples_in_batch"`
}

// TaskStats is what the batches hold of a task.
type TaskStats struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	// Asked is the share of the examples that the recipe's weights ask for, and Met that of these
	// batches.
	Asked float64 `json:"share_asked"`
	Met   float64 `json:"share_met"`
	// Examples in these batches, and the different samples that they are made of.
	Examples int `json:"examples"`
	Distinct int `json:"distinct_samples"`
	// Samples of the dataset that the task can use, and the texts or questions of these samples by
	// language, "" where it is not known.
	Samples   int            `json:"samples"`
	Languages map[string]int `json:"languages"`
	// Encoder and Decoder are the lengths in ids, ends of sentence included, after truncation. For
	// contrastive tasks Encoder has every text.
	Encoder Lengthwise `json:"encoder_ids"`
	Decoder Lengthwise `json:"decoder_ids"`
	// Truncated is the share of examples that were truncated, and TruncatedIDs the ids that were
	// left out.
	Truncated    float64 `json:"truncated_share"`
	TruncatedIDs int     `json:"truncated_ids"`
	// Unknown is the share of ids that are the unknown piece.
	Unknown float64 `json:"unknown_share"`
	// Images is the mean number of images of an example.
	Images float64 `json:"images_per_example"`
	// Epochs is how often the task's samples have been used from step 0 to the last of these
	// examples: 1.5 is the middle of the second epoch.
	Epochs float64 `json:"epochs"`
}

// Lengthwise is a distribution of lengths.
type Lengthwise struct {
	Mean float64 `json:"mean"`
	P50  int     `json:"p50"`
	P95  int     `json:"p95"`
	Max  int     `json:"max"`
}

// Stats makes the batches of the steps from up to, not including, to and counts what they hold. The
// function each, which may be nil, is called after each batch.
func (s *Stream) Stats(ctx context.Context, from, to int, each func(step int)) (Stats, error) {
	c := s.newCounter()
	for step := from; step < to; step++ {
		b, err := s.Batch(ctx, step)
		if err != nil {
			return Stats{}, err
		}
		if err := c.add(b); err != nil {
			return Stats{}, err
		}
		if each != nil {
			each(step)
		}
	}
	return c.stats(from, to), nil
}

// counter counts batches.
type counter struct {
	stream   *Stream
	tasks    []taskCounter
	examples int
	// repeated examples and samples within a batch
	repeated, repeatedSamples int
}

// taskCounter counts the examples of a task.
type taskCounter struct {
	examples, images        int
	truncated, truncatedIDs int
	ids, unknown            int
	last                    int             // examples of the task from step 0 on
	encoder, decoder        map[int]int     // texts by length
	samples                 map[string]bool // that were used
}

func (s *Stream) newCounter() *counter {
	c := &counter{stream: s}
	for range s.tasks {
		c.tasks = append(c.tasks, taskCounter{encoder: map[int]int{}, decoder: map[int]int{}, samples: map[string]bool{}})
	}
	return c
}

// add counts a batch.
func (c *counter) add(b *Batch) error {
	examples, samples := map[string]bool{}, map[string]bool{} // of this batch
	for i := range b.Examples() {
		t := &c.tasks[b.Tasks[i]]
		sample := fmt.Sprintf("%s#%d", b.Origins[i], b.Indices[i])
		example := fmt.Sprintf("%d %s", b.Tasks[i], sample)
		if examples[example] {
			c.repeated++
		}
		if samples[sample] {
			c.repeatedSamples++
		}
		examples[example], samples[sample], t.samples[sample] = true, true, true
		c.examples++
		t.examples++
		t.addTexts(c.stream, b, i)
		if n := int(b.Truncated[i]); n > 0 {
			t.truncated++
			t.truncatedIDs += n
		}
	}
	for place, here := range b.ImageMask {
		if example, _ := b.ExampleOf(place); example >= 0 {
			c.tasks[b.Tasks[example]].images += int(here)
		}
	}
	return c.addPositions(b)
}

// addPositions notes how many examples of each task there are up to a batch.
func (c *counter) addPositions(b *Batch) error {
	s := c.stream
	n := s.recipe.Batch
	if s.packer != nil {
		n = s.packer.examples
	}
	for position := b.Step * n; position < (b.Step+1)*n; position++ {
		task, before, err := s.chooser.At(position)
		if err != nil {
			return err
		}
		c.tasks[task].last = max(c.tasks[task].last, before+1)
	}
	return nil
}

// addTexts counts the ids of an example.
func (t *taskCounter) addTexts(s *Stream, b *Batch, example int) {
	unknown := s.vocab.Model().UnknownID()
	count := func(ids []int32, lengths map[int]int) {
		lengths[len(ids)]++
		t.ids += len(ids)
		for _, id := range ids {
			if id == unknown {
				t.unknown++
			}
		}
	}
	if !s.tasks[b.Tasks[example]].kind.Target {
		for text := range slices.Chunk(b.Texts(example), b.Shape.Encoder) {
			count(untilEnd(text), t.encoder)
		}
		return
	}
	encoder, targets := b.ExampleIDs(example)
	count(encoder[:lastUsed(encoder)], t.encoder)
	count(targets[:lastUsed(targets)], t.decoder)
}

// untilEnd returns a text that is compared, which ends with the first end of sentence or with the
// padding.
func untilEnd(ids []int32) []int32 {
	if end := slices.Index(ids, tokenize.EOS); end >= 0 {
		return ids[:end+1]
	}
	return ids[:lastUsed(ids)]
}

// lastUsed returns the length of ids without the padding at their end.
func lastUsed(ids []int32) int {
	n := len(ids)
	for n > 0 && ids[n-1] == tokenize.Pad {
		n--
	}
	return n
}

// stats returns what was counted.
func (c *counter) stats(from, to int) Stats {
	all := Stats{From: from, To: to, Examples: c.examples, Repeated: c.repeated, RepeatedImages: c.repeatedSamples, Tasks: []TaskStats{}}
	shares := shares(c.stream.weights)
	for i, t := range c.stream.tasks {
		n := &c.tasks[i]
		one := TaskStats{
			Name: t.Name, Kind: t.Kind, Asked: shares[i], Met: ratio(n.examples, c.examples), Examples: n.examples, Distinct: len(n.samples),
			Languages: map[string]int{}, Encoder: lengthwise(n.encoder), Decoder: lengthwise(n.decoder),
			Truncated: ratio(n.truncated, n.examples), TruncatedIDs: n.truncatedIDs, Unknown: ratio(n.unknown, n.ids), Images: ratio(n.images, n.examples),
		}
		if t.source != nil {
			one.Samples = c.stream.Examples()[i]
			one.Epochs = ratio(n.last, one.Samples)
			maps.Copy(one.Languages, t.source.languages)
		}
		all.Tasks = append(all.Tasks, one)
	}
	return all
}

// shares divides weights by their sum.
func shares(weights []float64) []float64 {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	all := make([]float64, len(weights))
	for i, w := range weights {
		all[i] = w / total
	}
	return all
}

func ratio(part, whole int) float64 { return float64(part) / float64(max(1, whole)) }

// lengthwise describes lengths, given how many texts have each. A percentile is the least length
// that this percentage of the texts does not exceed.
func lengthwise(counts map[int]int) (l Lengthwise) {
	n, sum := 0, 0
	for length, count := range counts {
		n += count
		sum += length * count
	}
	below := 0
	for _, length := range slices.Sorted(maps.Keys(counts)) {
		before := below
		below += counts[length]
		if 2*before < n && n > 0 {
			l.P50 = length
		}
		if 20*before < 19*n {
			l.P95 = length
		}
		l.Max = length
	}
	l.Mean = ratio(sum, n)
	return l
}
