package report

import (
	"fmt"
	"math"
	"strings"
)

// chart is a loss curve laid out on a plane of 1000 by 1000, which the page stretches to its box; its
// labels are text beside it, so that they keep their size on any screen.
type chart struct {
	Raw, Smooth string // paths
	X, Y        []tick
	Last        string // the smoothed loss at the end
	LastAt      float64
	Describe    string
}

// tick is a label at a place in percent from the left or the top.
type tick struct {
	At    float64
	Label string
}

const (
	plane     = 1000.0
	buckets   = 360 // at most twice as many points are drawn of the raw curve
	smoothing = 40  // the smoothed curve reaches over one part in so many of the run on each side
)

// newChart lays out losses in order of step. Values that are no numbers are passed over; nil is
// returned for fewer than two.
func newChart(losses []Point) *chart {
	var points []Point
	for _, p := range losses {
		if !math.IsNaN(p.Loss) && !math.IsInf(p.Loss, 0) {
			points = append(points, p)
		}
	}
	if len(points) < 2 || points[len(points)-1].Step <= points[0].Step {
		return nil
	}
	low, high := points[0].Loss, points[0].Loss
	for _, p := range points {
		low, high = min(low, p.Loss), max(high, p.Loss)
	}
	ticks := niceTicks(low, high, 4)
	bottom, top := ticks[0], ticks[len(ticks)-1]
	first, last := points[0].Step, points[len(points)-1].Step
	x := func(step int) float64 { return plane * float64(step-first) / float64(last-first) }
	y := func(loss float64) float64 { return plane * (top - loss) / (top - bottom) }

	smooth := smoothed(points)
	end := smooth[len(smooth)-1].Loss
	c := &chart{Raw: path(extremes(points), x, y), Smooth: path(thinned(smooth), x, y),
		Last: significant(end), LastAt: y(end) / plane * 100}
	for _, v := range ticks {
		c.Y = append(c.Y, tick{y(v) / plane * 100, trimmed(v, ticks[1]-ticks[0])})
	}
	for _, v := range niceTicks(float64(first), float64(last), 4) {
		if v >= float64(first) && v <= float64(last) {
			c.X = append(c.X, tick{x(int(v)) / plane * 100, count(int64(v))})
		}
	}
	c.Describe = fmt.Sprintf("Loss from %s at step %d to %s at step %d", significant(smooth[0].Loss), first, c.Last, last)
	return c
}

// smoothed is the mean of each point and its neighbours on both sides, fewer near the beginning so that the
// steep fall there is not drawn late; near the end, of those that there are.
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

// extremes keeps the lowest and the highest of each bucket, in their order, so that a long curve is
// drawn in few points and keeps its spread.
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

// thinned keeps evenly spaced points and the last.
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

// niceTicks returns about n round numbers, evenly spaced, from one not above low to one not below
// high.
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

// trimmed prints a tick with the decimals its step needs.
func trimmed(v, step float64) string {
	places := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	if scaled := step * math.Pow(10, float64(places)); math.Abs(scaled-math.Round(scaled)) > 1e-6 {
		places++ // steps of 2.5
	}
	return fmt.Sprintf("%.*f", places, v)
}

// significant prints three significant digits.
func significant(v float64) string {
	if v == 0 {
		return "0"
	}
	places := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return fmt.Sprintf("%.*f", min(6, max(0, places)), v)
}
