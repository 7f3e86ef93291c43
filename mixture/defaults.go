package mixture

// WithDefaults returns the recipe with the values filled in that its keys have where they are left
// out.
func (r Recipe) WithDefaults() Recipe {
	if r.Temperature == 0 {
		r.Temperature = 1
	}
	r.Images.PerExample = max(r.Images.PerExample, 1)
	r.Lengths.Texts = max(r.Lengths.Texts, 1)
	if r.Images.EvalOps == "" {
		r.Images.EvalOps = r.Images.Ops
	}
	tasks := make([]Task, len(r.Tasks))
	for i, t := range r.Tasks {
		tasks[i] = t.withDefaults()
	}
	r.Tasks = tasks
	return r
}

func (t Task) withDefaults() Task {
	if t.Split == "" {
		t.Split = "train"
	}
	if t.Prompt == "" {
		t.Prompt = kinds[t.Kind].prompt
	}
	switch {
	case t.Kind == "denoise" && t.Denoisers == "":
		t.Denoisers = defaultDenoisers
	case t.Kind == "object_vqa" && len(t.Objects) == 0:
		t.Objects = []string{"boxes"}
	}
	return t
}
