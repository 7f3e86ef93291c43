package augment

import (
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/internal/strict"
)

// Arguments are those of one call of an op. An [Op]'s Build takes them one by one, in the order of
// its Usage: each by its name, or else the next by position.
type Arguments struct {
	pipeline string
	position int
	name     string
	byPlace  []string
	byName   map[string]string
	asked    []string // names of the arguments that the op takes
	err      error    // the first problem with them
}

// fail notes what is wrong with the arguments; the first note counts.
func (a *Arguments) fail(format string, args ...any) {
	if a.err == nil {
		a.err = a.errorf(format, args...)
	}
}

// Text takes an argument as it is written. Given is false if the call has none.
func (a *Arguments) Text(name string) (text string, given bool) {
	a.asked = append(a.asked, name)
	if text, given = a.byName[name]; given {
		delete(a.byName, name)
		return text, true
	}
	if len(a.byPlace) == 0 {
		return "", false
	}
	text, a.byPlace = a.byPlace[0], a.byPlace[1:]
	return text, true
}

// finish returns the first problem, or fails if arguments are left that the op did not take.
func (a *Arguments) finish(o Op, built error) error {
	if built != nil {
		a.fail("%v", built)
	}
	if a.err == nil && len(a.byPlace) > 0 {
		a.fail("argument %q is too many; write %s", a.byPlace[0], o.Usage)
	}
	for key := range a.byName {
		if len(a.asked) == 0 {
			a.fail("argument %q is too many; write %s", key, o.Usage)
		}
		a.fail("no argument is called %q; did you mean %q? Write %s", key, strict.Nearest(key, a.asked), o.Usage)
	}
	return a.err
}

// Number takes a number that the call must have.
func (a *Arguments) Number(name string) float64 {
	text, given := a.Text(name)
	if !given {
		a.fail("%s is missing", name)
		return 0
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		a.fail("%s is %q, not a number", name, text)
	}
	if math.IsInf(float64(float32(v)), 0) {
		a.fail("%s is %q, beyond numbers of 32 bits", name, text)
	}
	return v
}

// colour reads white, black, or six hexadecimal digits after "#".
func (a *Arguments) colour(name, text string) (rgb Colour) {
	switch text {
	case "white":
		return White
	case "black":
		return Black
	}
	digits, ok := strings.CutPrefix(text, "#")
	if _, err := hex.DecodeString(digits); !ok || len(digits) != 6 || err != nil {
		a.fail("%s is %q; write white, black or #rrggbb", name, text)
		return rgb
	}
	hex.Decode(rgb[:], []byte(digits))
	return rgb
}

// NumberOr takes an optional number.
func (a *Arguments) NumberOr(name string, otherwise float64) float64 {
	if _, named := a.byName[name]; !named && len(a.byPlace) == 0 {
		a.asked = append(a.asked, name)
		return otherwise
	}
	return a.Number(name)
}

// rename gives an argument that was written by another name its own.
func (a *Arguments) rename(other, name string) {
	if _, twice := a.byName[name]; twice {
		return
	}
	if text, given := a.byName[other]; given {
		delete(a.byName, other)
		a.byName[name] = text
	}
}

// Switch takes an optional true or false, otherwise false.
func (a *Arguments) Switch(name string) bool {
	text, given := a.Text(name)
	on, err := strconv.ParseBool(text)
	if given && err != nil {
		a.fail("%s is %q, not true or false", name, text)
	}
	return on && given
}

// Side takes a length in pixels.
func (a *Arguments) Side(name string) int {
	return a.whole(name, a.Number(name))
}

// side reads a length in pixels.
func (a *Arguments) side(name, text string) int {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		a.fail("%s is %q, not a number", name, text)
		return 1
	}
	return a.whole(name, v)
}

func (a *Arguments) whole(name string, v float64) int {
	if !(v == math.Trunc(v) && v >= 1 && v <= maxOutput) {
		a.fail("%s is %v, not a whole number from 1 to %d", name, v, maxOutput)
		return 1
	}
	return int(v)
}

// autoScale asks for the smallest size at which nothing that the next op needs is lost.
const autoScale = 0

// scale reads by how much JPEGs are scaled.
func (a *Arguments) scale(text string) int {
	switch text {
	case "auto":
		return autoScale
	case "1", "2", "4", "8":
		return int(text[0] - '0')
	}
	a.fail("scale is %q, not auto, 1, 2, 4 or 8", text)
	return 1
}

// Size takes one side of a square, or height and width.
func (a *Arguments) Size() (height, width int) {
	height = a.Side("size")
	if len(a.byPlace) > 0 {
		if _, err := strconv.ParseFloat(a.byPlace[0], 64); err == nil { // otherwise it is the method
			return height, a.Side("width")
		}
	}
	return height, height
}

// resampling is how an op resizes.
type resampling struct {
	filter    Filter
	antialias bool
	as        definition
}

// resampling takes method and antialias.
func (a *Arguments) resampling() resampling {
	how := resampling{antialias: true}
	if text, given := a.Text("method"); given {
		how.filter = a.filter(text)
	}
	text, given := a.Text("antialias")
	switch {
	case text == "pil":
		how.as, text, given = pil, "", false
	case given:
		var err error
		if how.antialias, err = strconv.ParseBool(text); err != nil {
			a.fail("antialias is %q, not true, false or pil", text)
		}
	}
	if name, named := a.Text("as"); named {
		as := definition(slices.Index(definitions[1:], name) + 1)
		if as == ours {
			a.fail("as is %q, not tf, pil, torch or planes", name)
		}
		how.as = as
	}
	if filters := definedFilters[how.as]; filters != nil && !slices.Contains(filters, how.filter) {
		a.fail("%s has no method %s: it has %v", definitions[how.as], how.filter, filters)
	}
	if how.as == pil && given && !how.antialias {
		a.fail("pil always antialiases")
	}
	return how
}

func (a *Arguments) filter(text string) Filter {
	var names []string
	for f := Bilinear; f <= Mitchell; f++ {
		if f.String() == text {
			return f
		}
		names = append(names, f.String())
	}
	a.fail("no method is called %q; did you mean %q?", text, strict.Nearest(text, names))
	return 0
}
