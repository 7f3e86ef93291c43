package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (r *run) stage() Stage {
	s := Stage{Name: r.name, About: aboutRecipe(r.recipe), Seconds: r.seconds()}
	if kept := r.kept(); kept != "" {
		s.About += "; " + kept
	}
	s.Losses, s.Validation = r.losses(), r.scores("loss").Points
	if tasks := r.taskLosses(); len(tasks) > 0 {
		s.Charts = append(s.Charts, Chart{Title: "Training loss by task", Curves: tasks})
	}
	for _, g := range r.metricGroups() {
		chart := Chart{Title: g.title, From: 1, To: r.lastStep()}
		for _, name := range g.names {
			c := r.scores(name)
			c.Name = curveName(name)
			chart.Curves = append(chart.Curves, c)
		}
		s.Charts = append(s.Charts, chart)
	}
	if rate := r.learningRate(); len(rate.Points) > 1 {
		s.Charts = append(s.Charts, Chart{Title: "Learning rate", Small: true, Curves: []Curve{rate}})
	}
	return s
}

// kept says from which step the run's weights are, unless it is the last.
func (r *run) kept() string {
	for _, e := range slices.Backward(r.curves.evaluations) {
		if e.Best != "" {
			return fmt.Sprintf("the weights of step %s, best by %s, are kept", number(int64(e.Step)), metricName(e.Best))
		}
	}
	return ""
}

func (r *run) losses() (points []Point) {
	for _, step := range r.curves.steps {
		points = append(points, Point{Step: step.Step, Loss: float64(step.Loss)})
	}
	return points
}

func (r *run) learningRate() Curve {
	c := Curve{Name: "learning rate"}
	for _, step := range r.curves.steps {
		c.Points = append(c.Points, Point{Step: step.Step, Loss: step.LearningRate})
	}
	return c
}

// taskLosses returns a loss curve for each task.
func (r *run) taskLosses() (tasks []Curve) {
	names := map[string]bool{}
	for _, step := range r.curves.steps {
		for name := range step.Tasks {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		c := Curve{Name: name, Noisy: true}
		for _, step := range r.curves.steps {
			if loss, ok := step.Tasks[name]; ok {
				c.Points = append(c.Points, Point{Step: step.Step, Loss: float64(loss)})
			}
		}
		tasks = append(tasks, c)
	}
	return tasks
}

// scores returns the curve of a metric that was evaluated during training.
func (r *run) scores(name string) Curve {
	c := Curve{Name: name, Marked: true}
	for _, e := range r.curves.evaluations {
		if s, ok := e.Scores[name]; ok {
			c.Points = append(c.Points, Point{Step: e.Step, Loss: s.Value})
			c.Intervals = append(c.Intervals, Interval{Lo: s.Lo, Hi: s.Hi})
		}
	}
	return c
}

// metricGroup is a group of metrics that one chart shows, on one scale.
type metricGroup struct {
	title string
	names []string
}

// metricGroups groups the metrics that were evaluated during training, except for the loss, which
// is drawn with the training loss.
func (r *run) metricGroups() (groups []metricGroup) {
	return groupMetrics([]*run{r})
}

func groupMetrics(runs []*run) (groups []metricGroup) {
	names := map[string]bool{}
	for _, r := range runs {
		for _, e := range r.curves.evaluations {
			for name := range e.Scores {
				names[name] = true
			}
		}
	}
	delete(names, "loss")
	place := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		title := "Validation: " + metricName(name)
		switch {
		case strings.HasPrefix(name, "loss/"):
			title = "Validation loss by task"
		case strings.HasPrefix(name, "i2t_r"), strings.HasPrefix(name, "t2i_r"):
			title = "Validation: retrieval"
		}
		at, known := place[title]
		if !known {
			at = len(groups)
			place[title] = at
			groups = append(groups, metricGroup{title: title})
		}
		groups[at].names = append(groups[at].names, name)
	}
	return groups
}

// curveName returns the name of a metric within its chart.
func curveName(name string) string {
	if task, ok := strings.CutPrefix(name, "loss/"); ok {
		return task
	}
	return metricName(name)
}

// over draws the curves of several runs in the same charts.
func over(runs []*run) Stage {
	s := Stage{Name: "All runs"}
	chart := func(title string, small bool, curve func(*run) Curve) {
		c := Chart{Title: title, Small: small}
		for _, r := range runs {
			drawn := curve(r)
			drawn.Name = r.name
			c.Curves = append(c.Curves, drawn)
		}
		s.Charts = append(s.Charts, c)
	}
	chart("Training loss", false, func(r *run) Curve { return Curve{Points: r.losses(), Noisy: true} })
	if slices.ContainsFunc(runs, func(r *run) bool { return len(r.scores("loss").Points) > 0 }) {
		chart("Validation loss", false, func(r *run) Curve { return r.scores("loss") })
	}
	for _, g := range groupMetrics(runs) {
		for _, name := range g.names {
			title := "Validation: " + metricName(name)
			chart(title, false, func(r *run) Curve { return r.scores(name) })
		}
	}
	chart("Learning rate", true, (*run).learningRate)
	return s
}
