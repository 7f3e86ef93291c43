package stages

const (
	defaultKeepCheckpoints = 2
	defaultTokenCache      = 1024 // MiB
	defaultEvalSplit       = "val"
	defaultSamples         = 200
)

// WithDefaults returns the recipe with the defaults of absent keys filled in. Values that follow
// from the data, such as the size of the vocabulary, stay as they are.
func (r Recipe) WithDefaults() Recipe {
	r.Mixture = r.Mixture.WithDefaults()
	fill(&r.KeepCheckpoints, defaultKeepCheckpoints)
	fill(&r.TokenCache, defaultTokenCache)
	if r.Schedule.Kind == "" {
		r.Schedule.Kind = "constant"
	}
	if r.Schedule.Kind == "rsqrt" {
		fill(&r.Schedule.Timescale, defaultTimescale)
	}
	if r.Optimizer.Name == "adafactor_bigvision" || r.Optimizer.Name == "adamw" {
		fill(&r.Optimizer.Beta1, 0.9)
		fill(&r.Optimizer.Beta2, 0.999)
	}
	if r.Eval != nil {
		e := r.Eval.withDefaults()
		r.Eval = &e
	}
	return r
}

func fill[T int | float64](value *T, standard T) {
	if *value == 0 {
		*value = standard
	}
}

// withDefaults returns the keys with the defaults of absent ones filled in.
func (e Eval) withDefaults() Eval {
	fill(&e.Samples, defaultSamples)
	if e.Split == "" {
		e.Split = defaultEvalSplit
	}
	if len(e.Metrics) == 0 {
		e.Metrics = []string{lossMetric}
	}
	return e
}

// tokenCacheMebibytes is the memory for visual tokens, in MiB.
func (r Recipe) tokenCacheMebibytes() int {
	if r.TokenCache == 0 {
		return defaultTokenCache
	}
	return r.TokenCache
}
