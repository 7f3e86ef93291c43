package mixture

import (
	"math"

	"github.com/pali3/pali3/random"
)

// noise returns how many ids of a text of length ids are hidden, and in how many spans, as
// random_spans_noise_mask of T5's preprocessors.py: rounded in single precision, half to even, at
// least one id hidden and one kept.
func (d Denoiser) noise(length int) (hidden, spans int) {
	hidden = int(math.RoundToEven(float64(float32(length) * float32(d.Rate))))
	hidden = min(max(hidden, 1), length-1)
	spans = int(math.RoundToEven(float64(float32(hidden) / float32(d.MeanSpan))))
	return hidden, min(max(spans, 1), hidden, length-hidden)
}

// spans cuts a text of length ids into kept and hidden spans: kept[0], hidden[0], kept[1], ...,
// each at least one id long. Both are uniformly drawn among all ways to reach the numbers that
// noise says.
func (d Denoiser) spans(length int, rng *random.Stream) (kept, hidden []int) {
	noise, spans := d.noise(length)
	hidden = randomSegmentation(noise, spans, rng)
	kept = randomSegmentation(length-noise, spans, rng)
	return kept, hidden
}

// randomSegmentation draws one of the ways to write items as a sum of segments positive numbers,
// all equally likely (_random_segmentation of T5's preprocessors.py, which shuffles a vector of
// borders).
func randomSegmentation(items, segments int, rng *random.Stream) []int {
	lengths := make([]int, 0, segments)
	size, borders := 1, segments-1
	for left := items - 1; left > 0; left-- { // places where a border may be
		if rng.IntN(left) < borders {
			lengths = append(lengths, size)
			size, borders = 0, borders-1
		}
		size++
	}
	return append(lengths, size)
}

// prefix draws how many of length ids an S-denoiser gives (random_prefix_noise_mask): uniformly
// from round((1-2 Rate)(length-1)), at least 1, to length-1, so that the mean share asked for is
// Rate.
func (d Denoiser) prefix(length int, rng *random.Stream) int {
	low := d.shortestPrefix(length)
	return low + rng.IntN(length-low)
}

func (d Denoiser) shortestPrefix(length int) int {
	return max(1, int(math.RoundToEven((1-2*d.Rate)*float64(length-1))))
}

// planSpans is random_spans_helper of T5's preprocessors.py: how many raw ids fill inputs of the
// given length, the end of sentence counted, and how long the targets then are. It differs from
// what noise does to short texts, for which it can plan no span at all.
func planSpans(inputs int, rate, meanSpan float64) (raw, targets int) {
	lengths := func(raw int) (inputs, targets int) {
		hidden := int(math.RoundToEven(float64(raw) * rate))
		spans := int(math.RoundToEven(float64(hidden) / meanSpan))
		return raw - hidden + spans + 1, hidden + spans + 1
	}
	raw = inputs - 1
	for {
		if needed, _ := lengths(raw + 1); needed > inputs {
			break
		}
		raw++
	}
	needed, targets := lengths(raw)
	if rate == 0.5 && targets > needed {
		raw, targets = raw-1, targets-1
	}
	return raw, targets
}

// Length returns how many ids of text fit into inputs and targets of the given lengths, mode token,
// sentinels and ends of sentence counted; at most what T5's planning says. Below 2 nothing fits.
func (d Denoiser) Length(maxInput, maxTarget int) int {
	if d.Mode != "" {
		maxInput--
	}
	if d.MeanSpan == 0 {
		return d.longestSequence(maxInput, maxTarget)
	}
	if maxInput < 3 || maxTarget < 3 {
		return 0
	}
	length, _ := planSpans(maxInput, d.Rate, d.MeanSpan)
	for ; length >= 2; length-- {
		hidden, spans := d.noise(length)
		if length-hidden+spans+1 <= maxInput && hidden+spans+1 <= maxTarget {
			break
		}
	}
	return length
}

// longestSequence is Length of an S-denoiser: every prefix that it may draw, and every rest, has
// room.
func (d Denoiser) longestSequence(maxInput, maxTarget int) int {
	length := maxInput
	for length >= 2 && length-d.shortestPrefix(length)+1 > maxTarget {
		length--
	}
	return length
}
