package augment

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"github.com/pali3/pali3/internal/strict"
)

// fail notes what is wrong with the arguments; the first note counts.
func (c *call) fail(format string, args ...any) {
	if c.err == nil {
		c.err = c.errorf(format, args...)
	}
}

// take removes an argument: the one of that name, else the next by position.
func (c *call) take(name string) (text string, given bool) {
	c.asked = append(c.asked, name)
	if text, given = c.byName[name]; given {
		delete(c.byName, name)
		return text, true
	}
	if len(c.byPlace) == 0 {
		return "", false
	}
	text, c.byPlace = c.byPlace[0], c.byPlace[1:]
	return text, true
}

// finish returns what went wrong, or fails if arguments are left that the op did not take.
func (c *call) finish(o op) error {
	if c.err == nil && len(c.byPlace) > 0 {
		c.fail("argument %q is too many; write %s", c.byPlace[0], o.usage)
	}
	for key := range c.byName {
		if len(c.asked) == 0 {
			c.fail("argument %q is too many; write %s", key, o.usage)
		}
		c.fail("no argument is called %q; did you mean %q? Write %s", key, strict.Nearest(key, c.asked), o.usage)
	}
	return c.err
}

// number takes a number that must be there.
func (c *call) number(name string) float64 {
	text, given := c.take(name)
	if !given {
		c.fail("%s is missing", name)
		return 0
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		c.fail("%s is %q, not a number", name, text)
	}
	return v
}

// colour reads white, black, or six hexadecimal digits after "#".
func (c *call) colour(name, text string) (rgb Colour) {
	switch text {
	case "white":
		return White
	case "black":
		return Black
	}
	digits, ok := strings.CutPrefix(text, "#")
	if _, err := hex.DecodeString(digits); !ok || len(digits) != 6 || err != nil {
		c.fail("%s is %q; write white, black or #rrggbb", name, text)
		return rgb
	}
	hex.Decode(rgb[:], []byte(digits))
	return rgb
}

// numberOr takes a number that may be left out.
func (c *call) numberOr(name string, otherwise float64) float64 {
	if _, named := c.byName[name]; !named && len(c.byPlace) == 0 {
		c.asked = append(c.asked, name)
		return otherwise
	}
	return c.number(name)
}

// side takes a length in pixels.
func (c *call) side(name string) int {
	v := c.number(name)
	if v != math.Trunc(v) || v < 1 || v > maxOutput {
		c.fail("%s is %v, not a whole number from 1 to %d", name, v, maxOutput)
	}
	return int(v)
}

// size takes one side for a square, or height and width.
func (c *call) size() (height, width int) {
	height = c.side("size")
	if len(c.byPlace) > 0 {
		if _, err := strconv.ParseFloat(c.byPlace[0], 64); err == nil { // otherwise it is the method
			return height, c.side("width")
		}
	}
	return height, height
}

// resampling takes method and antialias.
func (c *call) resampling() (filter Filter, antialias bool) {
	if text, given := c.take("method"); given {
		filter = c.filter(text)
	}
	text, given := c.take("antialias")
	if !given {
		return filter, true
	}
	antialias, err := strconv.ParseBool(text)
	if err != nil {
		c.fail("antialias is %q, not true or false", text)
	}
	return filter, antialias
}

func (c *call) filter(text string) Filter {
	var names []string
	for f := Bilinear; f <= Nearest; f++ {
		if f.String() == text {
			return f
		}
		names = append(names, f.String())
	}
	c.fail("no method is called %q; did you mean %q?", text, strict.Nearest(text, names))
	return 0
}
