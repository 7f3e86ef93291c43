package evalsuite

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/stages"
)

// RunTrainedBenchmark is [RunBenchmark] for a trained model. It sets what depends on the model and
// is not given: the prompt, the decoding and the identity.
//
// The prompt is the one that the model was trained with for this kind of question, and else the
// benchmark's. The method of decoding, unless it is given, is the benchmark's; its length is at
// most that of the model's answers.
func RunTrainedBenchmark(ctx context.Context, be compute.Backend, t *stages.Trained, d mixture.Data, b *benchmarks.Benchmark, method *decode.Method, choices []string, o BenchmarkOptions) (*BenchmarkRun, error) {
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	p, err := NewPredictor(be, t)
	if err != nil {
		return nil, err
	}
	p.Method, p.Choices, p.Fixed = benchmarkMethod(t, b, method), choices, true
	if o.Batch > 0 {
		p.Batch = o.Batch
	}
	o.Batch = p.Batch
	if err := ValidateDecoding(p.Method, p.Choices); err != nil {
		return nil, err
	}
	if task, learnt := taskOf(t, "detect"); b.Task == benchmarks.Boxes && learnt {
		o.joinLabels = task.Boxes.Join
	}
	if o.Prompt == "" {
		o.Prompt = benchmarkPrompt(t, b, o.Warn)
	}
	id, err := weightsID(t)
	if err != nil {
		return nil, err
	}
	o.Identity = map[string]string{"kind": "trained model", "family": t.Family.Name, "weights": id, "image ops": t.Pipeline.String()}
	o.Decoding = cmp.Or(decodingName(p.Method, p.Choices), "greedy")
	asked := &benchmarkPredictor{TrainedPredictor: p}
	done, err := RunBenchmark(ctx, asked, d, b, o)
	if asked.cut > 0 {
		o.Warn(fmt.Sprintf("%d prompts have more pieces than the %d that the model reads, and were cut at the end", asked.cut, p.encoder))
	}
	return done, err
}

// benchmarkMethod returns the method of decoding: the given one, or the benchmark's.
func benchmarkMethod(t *stages.Trained, b *benchmarks.Benchmark, given *decode.Method) (m decode.Method) {
	if given != nil {
		return *given
	}
	if b.Decoding.Beams > 1 {
		m.Beams, m.Alpha = b.Decoding.Beams, b.Decoding.Alpha
	}
	if most := b.Decoding.MaxTokens; most > 0 && most < t.Lengths.Decoder {
		m.MaxLength = most
	}
	return m
}

// benchmarkPrompt returns the prompt that a model is asked.
func benchmarkPrompt(t *stages.Trained, b *benchmarks.Benchmark, warn func(string)) string {
	kind := "vqa"
	switch b.Task {
	case benchmarks.Captions:
		kind = "caption"
	case benchmarks.Boxes:
		kind = "detect"
	}
	task, learnt := taskOf(t, kind)
	if b.Task == benchmarks.Answers && !strings.Contains(b.Prompt, "{question}") {
		learnt = false // of a task without questions: words with their places
	}
	switch {
	case t.Published != nil && t.Family.Name == "paligemma", t.Published != nil && task.Prompt == "":
		return strings.TrimSuffix(b.Prompt, "\n") // PaliGemma's for its transfers; its frame ends the line
	case !learnt:
		warn(fmt.Sprintf("%s was not trained on tasks of the kind %s, so its prompt is that of %s", t.Dir, kind, b.Name))
		return b.Prompt
	case kind == "detect":
		return task.PromptFor("{question}")
	}
	return promptTemplate(t.Recipe.Mixture.Registry, task)
}

// promptTemplate returns the prompt of a task with the placeholders of benchmarks.
func promptTemplate(registry *mixture.Registry, task mixture.Task) string {
	return registry.AskIn(task, "", "{language}", "{question}").Prompt
}

// benchmarkPredictor is a [TrainedPredictor] that refuses queries with too many images, and counts
// the prompts that it cuts.
type benchmarkPredictor struct {
	*TrainedPredictor
	cut int
}

func (p *benchmarkPredictor) Replies(ctx context.Context, queries []Query, progress func(done, total int)) ([]Reply, error) {
	replies, err := p.TrainedPredictor.Replies(ctx, queries, progress)
	if err != nil {
		return nil, err
	}
	for i := range queries {
		if n := len(queries[i].Images); n > p.images {
			replies[i] = Reply{Err: fmt.Errorf("the question has %d images, and the model takes %d", n, p.images)}
		}
		if len(p.vocabulary.Encode(queries[i].Prompt))+p.vocabulary.FrameSize() > p.encoder {
			p.cut++
		}
	}
	return replies, nil
}
