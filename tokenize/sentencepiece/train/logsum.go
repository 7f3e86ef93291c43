package train

import "math"

// logSumExp returns log(exp(x) + exp(y)) in 32-bit precision, as spm_train does.
func logSumExp(x, y float32) float32 {
	if x < y {
		x, y = y, x
	}
	if x > y+maxDifference {
		return x
	}
	return float32(float64(x) + softplus(float64(y-x)))
}

const (
	maxDifference = 50 // beyond it, the smaller number has no effect
	softplusSteps = 32 // entries of the table per unit
)

// softplusTable has the Taylor series of log(1 + exp(x)) around each multiple of -1/32 down to -51,
// up to the sixth power. The remainder is below 2e-17.
var softplusTable = func() *[51*softplusSteps + 1][8]float64 {
	t := new([51*softplusSteps + 1][8]float64)
	for i := range t {
		x := -float64(i) / softplusSteps
		s := 1 / (1 + math.Exp(-x)) // the first derivative
		d := s * (1 - s)            // the second; the others are its products with polynomials in s
		t[i] = [8]float64{
			math.Log1p(math.Exp(x)), s, d / 2, d * (1 - 2*s) / 6, d * (1 - 6*s + 6*s*s) / 24,
			d * (1 - 2*s) * (1 - 12*s + 12*s*s) / 120, d * (1 - 30*s + 150*s*s - 240*s*s*s + 120*s*s*s*s) / 720,
		}
	}
	return t
}()

// softplus returns log(1 + exp(x)) for -51 < x <= 0, with an error below 1e-16.
func softplus(x float64) float64 {
	i := int(0.5 - x*softplusSteps)
	c := &softplusTable[i]
	h := x + float64(i)*(1.0/softplusSteps)
	h2 := h * h
	return c[0] + (h*c[1] + h2*c[2]) + h2*h*((c[3]+h*c[4])+h2*(c[5]+h*c[6]))
}

// expWhole holds exp(-i), and expPart exp(-i/32).
var expWhole, expPart = func() (whole [700]float64, part [softplusSteps]float64) {
	for i := range whole {
		whole[i] = math.Exp(-float64(i))
	}
	for i := range part {
		part[i] = math.Exp(-float64(i) / softplusSteps)
	}
	return whole, part
}()

// exp returns e to the power of x, with a relative error below 1e-15.
func exp(x float64) float64 {
	i := int(0.5 - x*softplusSteps)
	if i < 0 || i >= len(expWhole)*softplusSteps {
		return math.Exp(x)
	}
	h := x + float64(i)*(1.0/softplusSteps)
	h2 := h * h
	series := 1 + (h + h2*(1.0/2)) + h2*h*((1.0/6+h*(1.0/24))+h2*(1.0/120+h*(1.0/720)))
	return expWhole[i/softplusSteps] * expPart[i%softplusSteps] * series
}

// digamma is the derivative of the logarithm of the gamma function, for x > 0.
func digamma(x float64) float64 {
	result := 0.0
	for ; x < 7; x++ {
		result -= 1 / x
	}
	x -= 0.5
	inverse := 1 / x
	x2 := inverse * inverse
	x4 := x2 * x2
	return result + (math.Log(x) + 1.0/24*x2 - 7.0/960*x4 + 31.0/8064*x4*x2 - 127.0/30720*x4*x4)
}
