package detection

import (
	"bytes"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"sync/atomic"
)

// Matches is what an image adds to the scores: what matching found in it, by category. Two models
// are compared by their matches, without the files of boxes.
type Matches []CategoryMatches

// CategoryMatches is what matching found of a category in an image. Its text has all of it but the
// category (see [CategoryMatches.MarshalText]).
type CategoryMatches struct {
	Category int32
	objects  [areas]int32 // that must be found
	entries  []entry      // by score

	// By the rule of Open Images:
	openObjects float64
	open        []openEntry
}

// Match matches the detections to the objects of each image. [Gather] makes scores of the matches.
func Match(images []Image, o Options) ([]Matches, error) {
	if err := check(images, o); err != nil {
		return nil, err
	}
	matches := make([]Matches, len(images))
	if o.Rule == OpenImages {
		for n := range images {
			matches[n] = matchOpenImages(&images[n], o)
		}
		return matches, nil
	}
	var next atomic.Int64
	parallel(func() {
		m := matcher{Options: o}
		for {
			const step = 16
			end := int(next.Add(step))
			for n := end - step; n < min(end, len(images)); n++ {
				matches[n] = m.match(&images[n])
			}
			if end >= len(images) {
				return
			}
		}
	})
	return matches, nil
}

// Alone returns the scores of the image by itself, in the order of [Rule.Names], as
// [Evaluation.Scores] does. Of the options it takes the rule and the frequencies.
func (m Matches) Alone(o Options) []float64 {
	few := make(Matches, len(m)) // with categories that have numbers from 0 on
	var frequencies []Frequency
	for n := range m {
		if few[n] = m[n]; o.Rule == LVIS {
			frequencies = append(frequencies, o.Frequencies[m[n].Category])
		}
		few[n].Category = int32(n)
	}
	scores, _ := Gather([]Matches{few}, Options{Rule: o.Rule, Frequencies: frequencies}).Scores(nil)
	return scores
}

// Counts returns the number of objects that must be found in the image, and those of detections
// that are right and wrong at an intersection over union of 0.5, whatever their scores.
func (m Matches) Counts() (objects, right, wrong int) {
	for n := range m {
		c := &m[n]
		objects += int(c.objects[0]) + int(math.Ceil(c.openObjects))
		for i := range c.entries {
			right += int(c.entries[i].right[0] & 1)
			wrong += int(c.entries[i].wrong[0] & 1)
		}
		for i := range c.open {
			if c.open[i].right > 0 {
				right++
			} else {
				wrong++
			}
		}
	}
	return objects, right, wrong
}

// MarshalText returns the matches as text: the numbers of objects and, after a semicolon, the
// detections, the highest score first, with commas between them. By the rules of COCO and LVIS the
// objects are those of all areas, small, medium and large, as in 3,0,1,2; a detection has its score
// and, after a slash for each of these, x if it is wrong at all thresholds, nothing if it does not
// count, or the thresholds at which it is right and wrong, in bits as hexadecimal numbers, as in
// 0.9/1f.3e0//x/. By that of Open Images a detection has its score and its weight if it is right,
// else 0.
func (c CategoryMatches) MarshalText() ([]byte, error) {
	var b []byte
	if c.openObjects > 0 || c.open != nil {
		b = append(strconv.AppendFloat(append(b, 'o'), c.openObjects, 'g', -1, 64), ';')
		for n := range c.open {
			b = append(strconv.AppendFloat(comma(b, n), c.open[n].score, 'g', -1, 64), '/')
			b = strconv.AppendFloat(b, c.open[n].right, 'g', -1, 64)
		}
		return b, nil
	}
	for area, count := range c.objects {
		b = strconv.AppendInt(comma(b, area), int64(count), 10)
	}
	b = append(b, ';')
	for n := range c.entries {
		e := &c.entries[n]
		b = strconv.AppendFloat(comma(b, n), e.score, 'g', -1, 64)
		for area := range areas {
			b = append(b, '/')
			switch right, wrong := e.right[area], e.wrong[area]; {
			case wrong == allThresholds:
				b = append(b, 'x')
			case right|wrong != 0:
				b = append(strconv.AppendUint(b, uint64(right), 16), '.')
				b = strconv.AppendUint(b, uint64(wrong), 16)
			}
		}
	}
	return b, nil
}

func comma(b []byte, n int) []byte {
	if n > 0 {
		b = append(b, ',')
	}
	return b
}

// mostObjects bounds the numbers of objects of a category in an image.
const mostObjects = 1 << 20

// UnmarshalText reads what [CategoryMatches.MarshalText] returns.
func (c *CategoryMatches) UnmarshalText(text []byte) error {
	read := CategoryMatches{Category: c.Category}
	head, tail, ok := bytes.Cut(text, []byte(";"))
	if !ok {
		return fmt.Errorf("matches %.40q: no semicolon between objects and detections", text)
	}
	var err error
	if open, is := bytes.CutPrefix(head, []byte("o")); is {
		err = read.readOpen(open, tail)
	} else {
		err = read.read(head, tail)
	}
	if err != nil {
		return fmt.Errorf("matches %.40q: %w", text, err)
	}
	*c = read
	return nil
}

func (c *CategoryMatches) read(objects, found []byte) error {
	counts := bytes.Split(objects, []byte(","))
	if len(counts) != areas {
		return fmt.Errorf("%d numbers of objects, want %d", len(counts), areas)
	}
	for area, text := range counts {
		count, err := strconv.ParseUint(string(text), 10, 31)
		if err != nil || count > mostObjects {
			return fmt.Errorf("%.40q objects, want 0 to %d", text, mostObjects)
		}
		c.objects[area] = int32(count)
	}
	if len(found) == 0 {
		return nil
	}
	c.entries = make([]entry, 0, bytes.Count(found, []byte(","))+1)
	last := math.Inf(1)
	for text := range bytes.SplitSeq(found, []byte(",")) {
		parts := bytes.Split(text, []byte("/"))
		if len(parts) != 1+areas {
			return fmt.Errorf("detection %.40q: %d parts, want %d", text, len(parts), 1+areas)
		}
		e := entry{rank: int32(len(c.entries))}
		var err error
		if e.score, err = scoreUpTo(last, parts[0]); err != nil {
			return err
		}
		last = e.score
		for area, of := range parts[1:] {
			if e.right[area], e.wrong[area], err = readThresholds(of); err != nil {
				return fmt.Errorf("detection %.40q: %w", text, err)
			}
		}
		c.entries = append(c.entries, e)
	}
	return nil
}

// scoreUpTo reads a score, which is no higher than the one before.
func scoreUpTo(last float64, text []byte) (float64, error) {
	score, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.IsNaN(score) || score > last {
		return 0, fmt.Errorf("score %.40q: want a number of at most %g, the score before it", text, last)
	}
	return score, nil
}

func readThresholds(text []byte) (right, wrong uint16, err error) {
	switch string(text) {
	case "":
		return 0, 0, nil
	case "x":
		return 0, allThresholds, nil
	}
	first, second, _ := bytes.Cut(text, []byte("."))
	a, errA := strconv.ParseUint(string(first), 16, 16)
	b, errB := strconv.ParseUint(string(second), 16, 16)
	if errA != nil || errB != nil || a&b != 0 || bits.Len64(a|b) > thresholds {
		return 0, 0, fmt.Errorf("thresholds %.40q: want two hexadecimal numbers of %d bits that share none", text, thresholds)
	}
	return uint16(a), uint16(b), nil
}

func (c *CategoryMatches) readOpen(objects, found []byte) error {
	var err error
	if c.openObjects, err = strconv.ParseFloat(string(objects), 64); err != nil || !(c.openObjects >= 0 && c.openObjects <= mostObjects) {
		return fmt.Errorf("%.40q objects, want 0 to %d", objects, mostObjects)
	}
	c.open = []openEntry{}
	if len(found) == 0 {
		return nil
	}
	for text := range bytes.SplitSeq(found, []byte(",")) {
		first, second, _ := bytes.Cut(text, []byte("/"))
		var e openEntry
		if e.score, err = scoreUpTo(math.Inf(1), first); err != nil { // groups follow in their own order
			return err
		}
		if e.right, err = strconv.ParseFloat(string(second), 64); err != nil || !(e.right >= 0 && e.right <= 1) {
			return fmt.Errorf("detection %.40q: a weight of %.40q, want 0 to 1", text, second)
		}
		c.open = append(c.open, e)
	}
	return nil
}
