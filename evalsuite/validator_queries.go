package evalsuite

import (
	"context"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// captionQueries asks for captions of drawn samples.
func (h *heldOut) captionQueries() (asked, error) {
	samples, err := h.captioned()
	if err != nil {
		return asked{}, err
	}
	task, _ := taskOf(h.model, CaptionTask)
	task.Texts = []string{shards.Caption}
	return h.ask(task, samples)
}

// questionQueries asks questions about drawn samples: their own, or for other tasks than vqa those
// that the task draws.
func (h *heldOut) questionQueries(task string) (asked, error) {
	t, _ := taskOf(h.model, task)
	if task == VQATask {
		samples, err := h.asked()
		if err != nil {
			return asked{}, err
		}
		return h.ask(t, samples)
	}
	all, err := readSplit(context.Background(), h.Data, h.Split, nil, 0, 0)
	if err != nil {
		return asked{}, err
	}
	requests, err := h.requests(all, t)
	if err != nil {
		return asked{}, err
	}
	var rows []int
	for i := range requests {
		if n := len(rows); n == 0 || rows[n-1] != requests[i].row {
			rows = append(rows, requests[i].row)
		}
	}
	samples, err := h.draw(rows, needs(t)+" for the task "+task)
	if err != nil {
		return asked{}, err
	}
	return h.queries(samples, requests)
}

// ask asks what a task asks of samples.
func (h *heldOut) ask(t mixture.Task, samples []shards.Sample) (asked, error) {
	requests, err := h.requests(&split{data: h.Data, name: h.Split, samples: samples, rows: make([]int, len(samples))}, t)
	if err != nil {
		return asked{}, err
	}
	return h.queries(samples, requests)
}

// requests returns what a task asks of samples. It asks without shots, and says so, if there is
// nothing to draw them from.
func (h *heldOut) requests(s *split, t mixture.Task) ([]request, error) {
	s.registry, s.trained = h.model.Recipe.Mixture.Registry, h.model
	if _, _, err := s.asker(context.Background(), t); err != nil && t.Shots > 0 {
		h.warn("eval: the task %s is asked without shots: %v", t.Kind, err)
		t.Shots = 0
	}
	requests, _, err := s.requests(context.Background(), t, nil)
	return requests, err
}

// queries gives the requests about samples their images. Requests about other samples are left out.
func (h *heldOut) queries(samples []shards.Sample, requests []request) (a asked, err error) {
	of := map[string][]request{}
	for _, r := range requests {
		of[r.key] = append(of[r.key], r)
	}
	for i := range samples {
		for _, r := range of[samples[i].Key] {
			q := Query{Prompt: r.Prompt, ID: r.ID}
			for _, row := range r.shots {
				solved, err := h.Data.Row(row)
				if err != nil {
					return a, err
				}
				q.Images = append(q.Images, solved.Images[0])
			}
			q.Images = append(q.Images, shown(samples[i].Images, r.Images)...)
			r.sample = i
			a.queries, a.items = append(a.queries, q), append(a.items, itemsOf([]request{r})...)
		}
	}
	return a, nil
}
