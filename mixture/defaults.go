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
	r.Packing = r.Packing.withDefaults(&r)
	tasks := make([]Task, len(r.Tasks))
	for i, t := range r.Tasks {
		tasks[i] = t.withDefaults(&r)
	}
	r.Tasks = tasks
	return r
}

func (t Task) withDefaults(r *Recipe) Task {
	kind, _ := r.Registry.Kind(t.Kind)
	if t.Split == "" {
		t.Split = "train"
	}
	t.fillPrompt(kind, r.Prompts)
	if t.Denoisers == "" && len(t.DenoiserList) == 0 {
		t.Denoisers = kind.Denoisers
	}
	if kind.Labels != nil && len(t.Objects) == 0 {
		t.Objects = []string{"boxes"}
	}
	return t
}
