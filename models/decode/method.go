package decode

import "fmt"

// Method is how ids are chosen. The zero value is greedy decoding.
type Method struct {
	// Beams above 1 selects beam search with that many beams; T5X uses 4.
	Beams int
	// Alpha of the length penalty: beam search divides an answer's log probability by
	// ((5+length)/6)^Alpha, so that it does not prefer short answers (arXiv 1609.08144, equation
	// 14). T5X uses 0.6.
	Alpha float64
	// Temperature above 0 selects sampling, with logits divided by the temperature.
	Temperature float64
	// TopK restricts sampling to the K likeliest ids. Default: 0, all.
	TopK int
	// TopP restricts sampling to the likeliest ids that together have this probability. Default: 0,
	// all.
	TopP float64
	// Seed of sampling: each id is a function of seed, sample and position.
	Seed uint64
}

// T5XAlpha is the length normalisation of T5X's beam search (t5x/decoding.py, beam_search).
const T5XAlpha = 0.6

// Validate returns an error that names the first invalid value.
func (m Method) Validate() error {
	switch {
	case m.Beams < 0:
		return fmt.Errorf("decoding: %d beams", m.Beams)
	case m.Alpha < 0:
		return fmt.Errorf("decoding: alpha is %g, must not be below zero", m.Alpha)
	case !(m.Temperature >= 0):
		return fmt.Errorf("decoding: temperature is %g, must not be below zero", m.Temperature)
	case m.TopK < 0:
		return fmt.Errorf("decoding: top-k is %d, must not be below zero", m.TopK)
	case !(m.TopP >= 0 && m.TopP <= 1):
		return fmt.Errorf("decoding: top-p is %g, must be from 0 to 1", m.TopP)
	case m.Beams > 1 && m.Temperature > 0:
		return fmt.Errorf("decoding: beam search draws nothing: give beams or a temperature")
	case m.Temperature == 0 && (m.TopK > 0 || m.TopP > 0):
		return fmt.Errorf("decoding: top-k and top-p restrict what is drawn: give a temperature too")
	}
	return nil
}
