package mixture

// WithDefaults returns the recipe with the defaults of absent keys filled in.
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
		tasks[i] = t.withDefaults(r.Registry)
	}
	r.Tasks = tasks
	return r
}

func (t Task) withDefaults(registry *Registry) Task {
	kind, _ := registry.Kind(t.Kind)
	if t.Split == "" {
		t.Split = "train"
	}
	t.fillPrompt(kind)
	switch {
	case kind.Denoises && t.Denoisers == "":
		t.Denoisers = defaultDenoisers
	case kind.Labels != nil && len(t.Objects) == 0:
		t.Objects = []string{"boxes"}
	}
	return t
}
