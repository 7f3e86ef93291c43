package weights

import (
	"fmt"
	"math"

	"github.com/pali3/pali3/random"
)

// Init is the distribution that a weight is drawn from before training. The zero value is all
// zeros.
type Init struct {
	kind  kind
	value float64 // the constant, the standard deviation, or the limit
}

type kind int

const (
	constant kind = iota
	normal
	truncatedNormal
	uniform
)

// Constant sets every element to value.
func Constant(value float64) Init { return Init{constant, value} }

// Zeros sets every element to 0.
func Zeros() Init { return Constant(0) }

// Ones sets every element to 1.
func Ones() Init { return Constant(1) }

// Normal draws from a normal distribution with the given standard deviation.
func Normal(deviation float64) Init { return Init{normal, deviation} }

// FanInNormal is variance_scaling(1, fan_in, normal): standard deviation 1/sqrt(fanIn).
func FanInNormal(fanIn int) Init { return Normal(1 / math.Sqrt(float64(fanIn))) }

// truncatedDeviation is the standard deviation of a standard normal distribution truncated at two
// deviations. flax divides by it to get the deviation asked for (jax.nn.initializers).
const truncatedDeviation = 0.87962566103423978

// FanInTruncated is variance_scaling(1, fan_in, truncated_normal), which flax also calls
// lecun_normal.
func FanInTruncated(fanIn int) Init {
	return Init{truncatedNormal, 1 / math.Sqrt(float64(fanIn)) / truncatedDeviation}
}

// Uniform draws between minus and plus limit.
func Uniform(limit float64) Init { return Init{uniform, limit} }

// XavierUniform is variance_scaling(1, fan_avg, uniform): between plus and minus
// sqrt(6/(fanIn+fanOut)).
func XavierUniform(fanIn, fanOut int) Init {
	return Uniform(math.Sqrt(6 / float64(fanIn+fanOut)))
}

// Draw fills values. They depend only on the seed and the weight's name, so that adding a weight to
// a model changes no other.
func (i Init) Draw(values []float32, seed uint64, name string) {
	stream := random.New(seed, random.Name(name))
	for n := range values {
		values[n] = float32(i.next(stream))
	}
}

func (i Init) next(stream *random.Stream) float64 {
	switch i.kind {
	case normal:
		return i.value * stream.Normal()
	case truncatedNormal:
		for {
			if z := stream.Normal(); math.Abs(z) <= 2 {
				return i.value * z
			}
		}
	case uniform:
		return i.value * (2*stream.Float64() - 1)
	default:
		return i.value
	}
}

// String names the distribution and its parameter.
func (i Init) String() string {
	name := [...]string{"constant", "normal", "truncated normal", "uniform"}[i.kind]
	return fmt.Sprintf("%s(%.6g)", name, i.value)
}
