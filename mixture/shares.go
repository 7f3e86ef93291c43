package mixture

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/pali3/pali3/internal/strict"
)

// Mixture is a group of tasks that has one weight, which its tasks divide by theirs.
type Mixture struct {
	// Name of the mixture, which its tasks give as their key mixture. Required. Legal: one that no
	// task and no other mixture has.
	Name string `yaml:"name"`
	// Weight of the mixture among what it stands beside. Required. Legal: 0 and above.
	Weight float64 `yaml:"weight"`
	// Mixture that this one is in. Default: none, it is in the recipe's own.
	Mixture string `yaml:"mixture,omitempty"`
	// Temperature flattens the weights in it, as the recipe's does its own. Default: 1.
	// Legal: 0 (as 1) and above.
	Temperature float64 `yaml:"temperature,omitempty"`
	// Sizes multiplies the weights in it by numbers of samples, as the recipe's does its own.
	Sizes bool `yaml:"sizes,omitempty"`
}

// CurriculumPoint is the weights that tasks have at a step.
type CurriculumPoint struct {
	// Step, counted from 0. Required. Legal: 0 and above, and above that of the point before.
	Step int `yaml:"step"`
	// Weights of tasks and mixtures, by name. Default: each keeps its own. Legal: 0 and above.
	Weights NamedWeights `yaml:"weights,omitempty"`
}

// NamedWeights are weights by the names of what has them.
type NamedWeights map[string]float64

// temper flattens a weight: w^(1/T). A temperature of 0 counts as 1.
func temper(weight, temperature float64) float64 {
	if temperature == 0 || temperature == 1 || weight == 0 {
		return weight
	}
	return math.Pow(weight, 1/temperature)
}

// Flat returns the recipe with the tasks that stand in other tasks in one list, and with what holds
// them as [Mixture]s. The recipe that a run records is flat.
func (r Recipe) Flat() Recipe {
	if !slices.ContainsFunc(r.Tasks, func(t Task) bool { return len(t.Tasks) > 0 }) {
		return r
	}
	tasks := r.Tasks
	r.Tasks, r.Mixtures = nil, slices.Clone(r.Mixtures)
	r.flatten(tasks, "", "tasks")
	return r
}

// flatten adds tasks that stand in a mixture, at a path of the recipe.
func (r *Recipe) flatten(tasks []Task, in, path string) {
	for i, t := range tasks {
		at := fmt.Sprintf("%s.%d", path, i)
		if in != "" {
			t.Mixture = in
		}
		if t.at = at; len(t.Tasks) == 0 {
			r.Tasks = append(r.Tasks, t)
			continue
		}
		r.Mixtures = append(r.Mixtures, Mixture{t.Name, t.Weight, t.Mixture, t.Temperature, t.Sizes})
		r.flatten(t.Tasks, t.Name, at+".tasks")
	}
}

// TaskPath returns the path of a task in the recipe that was read, by its number.
func (r *Recipe) TaskPath(task int) string {
	if at := r.Tasks[task].at; at != "" {
		return at
	}
	return fmt.Sprintf("tasks.%d", task)
}

// Shares returns the share of each task in the examples: its weight, flattened by the temperature,
// of all weights. The weights are those at the beginning of a curriculum. Where weights are
// multiplied by sizes, which the recipe does not know, it counts all sizes as one: see
// [Stream.Weights].
func (r Recipe) Shares() []float64 {
	sizes := make([]int, len(r.Tasks))
	for i := range sizes {
		sizes[i] = 1
	}
	var with NamedWeights
	if len(r.Curriculum) > 0 {
		with = r.Curriculum[0].Weights
	}
	shares := r.weights(with, sizes)
	total := sumOf(shares)
	for i := range shares {
		shares[i] /= total
	}
	return shares
}

// weightsWith returns the weights of the stream's tasks, where some are replaced by name: 0 for one
// that makes no examples.
func (s *Stream) weightsWith(replaced NamedWeights) []float64 {
	return s.recipe.weights(replaced, s.Examples())
}

// checkWeights is the recipe's, with the numbers of samples that the tasks have.
func (s *Stream) checkWeights() error {
	if err := s.recipe.checkWeights(nil, s.Examples()); err != nil {
		return fmt.Errorf("recipe: tasks: %w", err)
	}
	for i, c := range s.recipe.Curriculum {
		if err := s.recipe.checkWeights(c.Weights, s.Examples()); err != nil {
			return fmt.Errorf("recipe: curriculum[%d]: %w", i, err)
		}
	}
	return nil
}

// weights returns the weight of each task beside all others, given the number of its samples. A
// task of size 0 has none.
func (r *Recipe) weights(replaced NamedWeights, sizes []int) []float64 {
	w := weigher{r, replaced, sizes, make([]float64, len(r.Tasks))}
	top := w.members("")
	for i := range top {
		top[i].weight = w.value(top[i], r.Temperature, r.Sizes)
	}
	w.give(top)
	return w.all
}

// checkWeights returns an error for weights that the computer cannot add up, and for a task or
// mixture that a temperature leaves without a share.
func (r *Recipe) checkWeights(replaced NamedWeights, sizes []int) error {
	w := weigher{r, replaced, sizes, make([]float64, len(r.Tasks))}
	check := func(in string, temperature float64, bySize bool) error {
		total := 0.0
		for _, m := range w.members(in) {
			own, tempered := w.value(m, 1, bySize), w.value(m, temperature, bySize)
			if total += tempered; math.IsInf(tempered, 0) || math.IsInf(total, 0) || tempered == 0 && own > 0 {
				return fmt.Errorf("weight: %s: %g to the power of 1/temperature, %g, is %g, beyond what can be added up; bring temperature and weights nearer to 1",
					m.name, own, 1/cmp.Or(temperature, 1), tempered)
			}
		}
		return nil
	}
	if err := check("", r.Temperature, r.Sizes); err != nil {
		return err
	}
	for _, m := range r.Mixtures {
		if err := check(m.Name, m.Temperature, m.Sizes); err != nil {
			return fmt.Errorf("mixture %s: %w", m.Name, err)
		}
	}
	return nil
}

// weigher divides the weights of mixtures among what is in them.
type weigher struct {
	*Recipe
	replaced NamedWeights
	sizes    []int     // samples of the tasks
	all      []float64 // weights of the tasks
}

// member is a task or a mixture in a mixture.
type member struct {
	name    string
	weight  float64
	size    int // samples
	task    int // its number, or -1
	mixture *Mixture
}

// members lists what is in a mixture, "" for the recipe's own.
func (w *weigher) members(in string) (all []member) {
	for i, t := range w.Tasks {
		if t.Mixture == in {
			all = append(all, member{t.Name, t.Weight, w.sizes[i], i, nil})
		}
	}
	for i := range w.Mixtures {
		if m := &w.Mixtures[i]; m.Mixture == in {
			all = append(all, member{m.Name, m.Weight, w.sizeOf(m.Name), -1, m})
		}
	}
	return all
}

// sizeOf returns the number of samples in a mixture.
func (w *weigher) sizeOf(mixture string) (n int) {
	for _, m := range w.members(mixture) {
		if m.task < 0 || m.weight > 0 {
			n += m.size
		}
	}
	return n
}

// value returns the weight of a member in its mixture.
func (w *weigher) value(m member, temperature float64, bySize bool) float64 {
	weight := m.weight
	if replacement, found := w.replaced[m.name]; found {
		weight = replacement
	}
	switch {
	case m.size == 0:
		return 0
	case bySize:
		weight *= float64(m.size)
	}
	return temper(weight, temperature)
}

// give gives the tasks among the members their weights, and divides those of mixtures.
func (w *weigher) give(members []member) {
	for _, m := range members {
		if m.mixture == nil {
			w.all[m.task] = m.weight
			continue
		}
		within, total := w.members(m.name), 0.0
		for i := range within {
			within[i].weight = w.value(within[i], m.mixture.Temperature, m.mixture.Sizes)
			total += within[i].weight
		}
		for i := range within {
			if total > 0 {
				within[i].weight *= m.weight / total
			}
		}
		w.give(within)
	}
}

// What happens when a task with epochs is used up.
const (
	goOnWhenUsedUp = "continue"
	stopWhenUsedUp = "stop"
)

// mixingProblems lists what is wrong with the keys that say how tasks are mixed.
func (r *Recipe) mixingProblems() (all strict.Problems) {
	if !notBelowZero(r.Temperature) {
		all.Add("temperature", "temperature: %s", mustBe(r.Temperature))
	}
	if err := r.checkVersion(); err != nil {
		all.Add("stream_version", "%v", err)
	} else if r.StreamVersion == 1 {
		for _, key := range r.keysOfVersion2() {
			all.Add(key, "%s: stream_version 1, which this recipe or its run has, cannot do this; version 2 can", key)
		}
	}
	if w := r.WhenUsedUp; w != "" && w != goOnWhenUsedUp && w != stopWhenUsedUp {
		all.Add("when_used_up", "when_used_up: %q; it is %s or %s", w, goOnWhenUsedUp, stopWhenUsedUp)
	}
	all = append(all, r.mixtureProblems()...)
	return append(all, r.curriculumProblems(len(all) == 0)...)
}

// keysOfVersion2 lists the keys that the recipe has and version 1 of the order does not know.
func (r *Recipe) keysOfVersion2() (keys []string) {
	add := func(key string, has bool) {
		if has {
			keys = append(keys, key)
		}
	}
	add("sizes", r.Sizes)
	add("mixtures", len(r.Mixtures) > 0)
	add("curriculum", len(r.Curriculum) > 0)
	add("when_used_up", r.WhenUsedUp != "")
	for i, t := range r.Tasks {
		add(r.TaskPath(i)+".epochs", t.Epochs != 0)
		add(r.TaskPath(i)+".balance_languages", t.BalanceLanguages != nil)
	}
	return keys
}

// mixtureProblems lists what is wrong with the mixtures in the recipe's own.
func (r *Recipe) mixtureProblems() (all strict.Problems) {
	parents := map[string]string{}
	for i, m := range r.Mixtures {
		path := fmt.Sprintf("mixtures.%d", i)
		if _, taken := parents[m.Name]; taken || slices.ContainsFunc(r.Tasks, func(t Task) bool { return t.Name == m.Name }) {
			all.Add(path+".name", "mixtures[%d]: the name %q is taken", i, m.Name)
		}
		if m.Name == "" {
			all.Add(path+".name", "mixtures[%d]: name: missing", i)
		}
		if !notBelowZero(m.Weight) {
			all.Add(path+".weight", "mixtures[%d] (%s): weight: %s", i, m.Name, mustBe(m.Weight))
		}
		if !notBelowZero(m.Temperature) {
			all.Add(path+".temperature", "mixtures[%d] (%s): temperature: %s", i, m.Name, mustBe(m.Temperature))
		}
		parents[m.Name] = m.Mixture
	}
	names := r.mixtureNames()
	for i, m := range r.Mixtures {
		at, depth := m.Mixture, 0
		for ; at != "" && depth <= len(r.Mixtures); depth++ {
			up, known := parents[at]
			if !known {
				all.Add(fmt.Sprintf("mixtures.%d.mixture", i), "mixtures[%d] (%s): mixture: %q; the nearest is %q", i, m.Name, at, strict.Nearest(at, names))
				break
			}
			at = up
		}
		if depth > len(r.Mixtures) {
			all.Add(fmt.Sprintf("mixtures.%d.mixture", i), "mixtures[%d] (%s): mixture: %q holds itself", i, m.Name, m.Mixture)
		}
	}
	for i, t := range r.Tasks {
		if _, known := parents[t.Mixture]; !known && t.Mixture != "" {
			legal := fmt.Sprintf("the nearest is %q", strict.Nearest(t.Mixture, names))
			if len(names) == 0 {
				legal = "the recipe has no mixtures: list it there, or put its tasks into a task"
			}
			all.Add(r.TaskPath(i)+".mixture", "tasks[%d] (%s): mixture: %q; %s", i, t.Name, t.Mixture, legal)
		}
	}
	return all
}

func (r *Recipe) mixtureNames() (names []string) {
	for _, m := range r.Mixtures {
		names = append(names, m.Name)
	}
	return names
}

// curriculumProblems lists what is wrong with the curriculum. Weights are added up only if all else
// about them is sound.
func (r *Recipe) curriculumProblems(soundSoFar bool) (all strict.Problems) {
	names := r.mixtureNames()
	for _, t := range r.Tasks {
		names = append(names, t.Name)
	}
	sizes := make([]int, len(r.Tasks))
	for i := range sizes {
		sizes[i] = 1
	}
	for i, c := range r.Curriculum {
		path := fmt.Sprintf("curriculum.%d", i)
		if c.Step < 0 || i > 0 && c.Step <= r.Curriculum[i-1].Step || c.Step > maxCurriculumStep {
			all.Add(path+".step", "curriculum[%d]: step: %d; steps ascend, from 0 to at most %d", i, c.Step, int(maxCurriculumStep))
		}
		sound := soundSoFar
		for _, name := range slices.Sorted(maps.Keys(c.Weights)) {
			weight, key := c.Weights[name], path+".weights."+name
			n := slices.IndexFunc(r.Tasks, func(t Task) bool { return t.Name == name })
			switch {
			case !slices.Contains(names, name):
				all.Add(key, "curriculum[%d]: weights: no task or mixture is named %q; the nearest is %q", i, name, strict.Nearest(name, names))
			case !notBelowZero(weight):
				all.Add(key, "curriculum[%d]: weights: %s: %s", i, name, mustBe(weight))
			case weight > 0 && n >= 0 && r.Tasks[n].Weight == 0:
				all.Add(key, "curriculum[%d]: weights: %s: %g, but the task's own weight is 0, so that it makes no examples; give it any weight above 0", i, name, weight)
			default:
				continue
			}
			sound = false
		}
		if !sound || len(r.Tasks) == 0 {
			continue
		}
		if err := r.checkWeights(c.Weights, sizes); err != nil {
			all.Add(path+".weights", "curriculum[%d]: %v", i, err)
		} else if sumOf(r.weights(c.Weights, sizes)) == 0 {
			all.Add(path+".weights", "curriculum[%d]: all weights are zero at step %d; at least one must be above zero", i, c.Step)
		}
	}
	return all
}

// maxCurriculumStep bounds the steps of a curriculum, so that positions fit into an int.
const maxCurriculumStep = 1e10
