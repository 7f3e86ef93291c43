package mixture

// HeldOut returns the recipe with its tasks on another split and with the image ops for scoring.
// Random choices are drawn as in training. Data, if not empty, replaces the dataset of all tasks.
func (r Recipe) HeldOut(data, split string) Recipe {
	tasks := make([]Task, len(r.Tasks))
	for i, t := range r.Tasks {
		t.Split, t.Epochs = split, 0
		if data != "" {
			t.Data = ""
		}
		tasks[i] = t
	}
	r.Tasks = tasks
	if data != "" {
		r.Data = data
	}
	if r.Images.EvalOps != "" {
		r.Images.Ops = r.Images.EvalOps
	}
	r.Images.SequenceLengths = nil // that of the ops
	r.Curriculum, r.WhenUsedUp = nil, ""
	r.Packing = nil // rows are not of one task
	return r
}
