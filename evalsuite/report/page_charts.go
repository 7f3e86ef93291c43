package report

import (
	"fmt"
	"math"
	"strings"
)

// plot is a chart laid out on a plane of 1000 by 1000, which the page stretches to its box. Its
// labels are text outside the plane, so that they keep their size on any screen.
type plot struct {
	Title    string
	Curves   []line
	X, Y     []tick
	Small    bool
	Last     string // the value at the end of a chart's only curve
	LastAt   float64
	Describe string
	LeftOut  int // number of curves beyond maxCurves
}

// line is a curve of a plot. Number selects its dashes, its colour and its mark.
type line struct {
	Name        string
	Number      int
	Raw, Smooth string // paths
	Marks       []mark
	Last        string
}

// mark is a point, in percent from the left and the top. It has an interval if Height is above 0.
type mark struct{ X, Y, Top, Height float64 }

// tick is a label at a place in percent from the left or the top.
type tick struct {
	At    float64
	Label string
}

const (
	plane     = 1000.0
	buckets   = 360 // a raw curve is drawn with at most twice as many points
	smoothing = 40  // the window of a smoothed curve reaches over 1/40 of the run on each side
	maxMarks  = 60
	maxCurves = 8
)

// stageCharts lays out the charts of a stage: the losses first.
func stageCharts(s Stage) (plots []*plot) {
	loss := Chart{Title: "Loss", Curves: []Curve{{Name: "training", Points: s.Losses, Noisy: true}}}
	if len(s.Validation) > 0 {
		loss.Curves = append(loss.Curves, Curve{Name: "validation", Points: s.Validation, Marked: true})
	}
	for _, c := range append([]Chart{loss}, s.Charts...) {
		if p := newPlot(c); p != nil {
			plots = append(plots, p)
		}
	}
	return plots
}

// newPlot lays out a chart. It skips values that are not finite, and returns nil if fewer than two
// steps are left.
func newPlot(c Chart) *plot {
	p := &plot{Title: c.Title, Small: c.Small}
	curves, noisy := numbers(c.Curves), 0
	if len(curves) > maxCurves {
		curves, p.LeftOut = curves[:maxCurves], len(curves)-maxCurves
	}
	for _, curve := range curves {
		if curve.Noisy {
			noisy++
		}
	}
	first, last := c.From, c.To
	low, high := math.Inf(1), math.Inf(-1)
	drawn := make([][]Point, len(curves)) // the lines
	for i, curve := range curves {
		if drawn[i] = curve.Points; curve.Noisy {
			drawn[i] = smoothed(curve.Points)
		}
		if c.From == 0 && c.To == 0 {
			if i == 0 {
				first, last = drawn[i][0].Step, drawn[i][0].Step
			}
			first, last = min(first, drawn[i][0].Step), max(last, drawn[i][len(drawn[i])-1].Step)
		}
		extent := drawn[i]
		if noisy == 1 {
			extent = curve.Points
		}
		for _, point := range extent {
			low, high = min(low, point.Loss), max(high, point.Loss)
		}
		for _, in := range curve.Intervals {
			low, high = min(low, in.Lo), max(high, in.Hi)
		}
	}
	if len(curves) == 0 || last <= first {
		return nil
	}
	ticks := niceTicks(low, high, 4)
	if c.Small {
		ticks = niceTicks(min(low, 0), high, 2)
	}
	bottom, top := ticks[0], ticks[len(ticks)-1]
	x := func(step int) float64 { return plane * float64(step-first) / float64(last-first) }
	y := func(v float64) float64 { return plane * (top - v) / (top - bottom) }
	for i, curve := range curves {
		l := line{Name: curve.Name, Number: i, Smooth: path(thinned(drawn[i]), x, y)}
		if curve.Noisy && noisy == 1 {
			l.Raw = path(extremes(curve.Points), x, y)
		}
		if curve.Marked {
			l.Marks = marks(curve, x, y)
		}
		end := drawn[i][len(drawn[i])-1].Loss
		l.Last = significant(end)
		p.Last, p.LastAt = l.Last, y(end)/plane*100
		p.Curves = append(p.Curves, l)
	}
	for _, v := range ticks {
		p.Y = append(p.Y, tick{y(v) / plane * 100, trimmed(v, ticks[1]-ticks[0])})
	}
	for _, v := range niceTicks(float64(first), float64(last), 4) {
		if v >= float64(first) && v <= float64(last) {
			p.X = append(p.X, tick{x(int(v)) / plane * 100, count(int64(v))})
		}
	}
	p.describe(drawn)
	return p
}

// describe writes a description for readers who cannot see the chart.
func (p *plot) describe(drawn [][]Point) {
	var parts []string
	for i, points := range drawn {
		begin, end := points[0], points[len(points)-1]
		part := fmt.Sprintf("from %s at step %d to %s at step %d", significant(begin.Loss), begin.Step, p.Curves[i].Last, end.Step)
		if len(drawn) > 1 {
			part = p.Curves[i].Name + " " + part
		}
		parts = append(parts, part)
	}
	p.Describe = p.Title + " " + strings.Join(parts, "; ")
}

// numbers returns the curves without values that are not finite, and without empty curves.
func numbers(curves []Curve) (left []Curve) {
	for _, c := range curves {
		var points []Point
		var intervals []Interval
		for i, p := range c.Points {
			if math.IsNaN(p.Loss) || math.IsInf(p.Loss, 0) {
				continue
			}
			points = append(points, p)
			if i < len(c.Intervals) {
				in := c.Intervals[i]
				if !(in.Lo <= p.Loss && p.Loss <= in.Hi) || math.IsInf(in.Lo, 0) || math.IsInf(in.Hi, 0) {
					in = Interval{p.Loss, p.Loss}
				}
				intervals = append(intervals, in)
			}
		}
		if len(points) > 0 {
			c.Points, c.Intervals = points, intervals
			left = append(left, c)
		}
	}
	return left
}

// marks returns the marks of a curve's points: all, or evenly spaced ones and the last.
func marks(c Curve, x func(int) float64, y func(float64) float64) (marks []mark) {
	n := min(len(c.Points), maxMarks)
	for k := range n {
		i := len(c.Points) - 1
		if n > 1 {
			i = k * (len(c.Points) - 1) / (n - 1)
		}
		m := mark{X: x(c.Points[i].Step) / plane * 100, Y: y(c.Points[i].Loss) / plane * 100}
		if i < len(c.Intervals) {
			m.Top = y(c.Intervals[i].Hi) / plane * 100
			m.Height = y(c.Intervals[i].Lo)/plane*100 - m.Top
		}
		marks = append(marks, m)
	}
	return marks
}

// smoothed returns the mean of each point and its neighbours. Near the beginning the window is
// smaller, so that the steep fall there is not delayed; near the end it takes the neighbours that
// exist.
func smoothed(points []Point) []Point {
	sums := make([]float64, len(points)+1)
	for i, p := range points {
		sums[i+1] = sums[i] + p.Loss
	}
	reach := len(points) / smoothing
	out := make([]Point, len(points))
	for i, p := range points {
		from, to := i-min(reach, i), min(len(points), i+min(reach, i)+1)
		out[i] = Point{p.Step, (sums[to] - sums[from]) / float64(to-from)}
	}
	return out
}

// extremes keeps the lowest and the highest point of each bucket, in their order. A long curve is
// then drawn with few points and keeps its spread.
func extremes(points []Point) []Point {
	if len(points) <= 2*buckets {
		return points
	}
	var out []Point
	for b := range buckets {
		part := points[b*len(points)/buckets : (b+1)*len(points)/buckets]
		low, high := 0, 0
		for i, p := range part {
			if p.Loss < part[low].Loss {
				low = i
			}
			if p.Loss > part[high].Loss {
				high = i
			}
		}
		out = append(out, part[min(low, high)])
		if low != high {
			out = append(out, part[max(low, high)])
		}
	}
	return out
}

// thinned keeps evenly spaced points, including the last.
func thinned(points []Point) []Point {
	if len(points) <= buckets {
		return points
	}
	out := make([]Point, 0, buckets)
	for b := range buckets {
		out = append(out, points[b*(len(points)-1)/(buckets-1)])
	}
	return out
}

func path(points []Point, x func(int) float64, y func(float64) float64) string {
	var d strings.Builder
	for i, p := range points {
		command := byte('L')
		if i == 0 {
			command = 'M'
		}
		fmt.Fprintf(&d, "%c%.1f %.1f", command, x(p.Step), y(p.Loss))
	}
	return d.String()
}

// niceTicks returns about n evenly spaced round numbers that enclose low and high.
func niceTicks(low, high float64, n int) []float64 {
	if high <= low {
		high = low + max(1e-9, math.Abs(low)*0.01)
	}
	rough := (high - low) / float64(n)
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	step := 10 * power
	for _, f := range []float64{1, 2, 2.5, 5} {
		if rough <= f*power*1.0001 {
			step = f * power
			break
		}
	}
	first := math.Floor(low/step + 1e-9)
	var ticks []float64
	for i := first; ; i++ {
		ticks = append(ticks, i*step)
		if i*step >= high-step*1e-9 {
			return ticks
		}
	}
}

// trimmed formats a tick with as many decimals as its step needs.
func trimmed(v, step float64) string {
	places := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	if scaled := step * math.Pow(10, float64(places)); math.Abs(scaled-math.Round(scaled)) > 1e-6 {
		places++ // steps of 2.5
	}
	return fmt.Sprintf("%.*f", places, v)
}

// significant formats a number with three significant digits.
func significant(v float64) string {
	if v == 0 {
		return "0"
	}
	places := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return fmt.Sprintf("%.*f", min(6, max(0, places)), v)
}
