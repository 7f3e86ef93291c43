package project

import (
	"errors"
	"fmt"
)

// check reads all recipes before any work is done, so that a mistake in the last does not come up
// after hours.
func (r *runner) check() error {
	var all error
	if r.pipeline.Curate != "" {
		if _, err := r.curation(); err != nil {
			all = errors.Join(all, err)
		}
	}
	kinds := map[string]string{}
	for _, s := range r.pipeline.Train {
		recipe, err := r.recipe(s)
		if err == nil {
			err = recipe.Check()
		}
		if err != nil {
			all = errors.Join(all, err)
			continue
		}
		kinds[s.Name] = recipe.Stage
	}
	for _, scored := range r.pipeline.Score.stages() {
		want := "pali3"
		if scored.task == "retrieval" {
			want = "siglip"
		}
		if kind := kinds[scored.stage]; kind != "" && kind != want {
			all = errors.Join(all, fmt.Errorf("%s: score.%s: %s is of stage %s, want one of %s", r.path(PipelineFile), scored.task, scored.stage, kind, want))
		}
	}
	return all
}
