package augment

import (
	"fmt"
	"strings"

	"github.com/pali3/pali3/internal/strict"
)

// ParseError says what is wrong in a pipeline and where.
type ParseError struct {
	Pipeline string
	Position int // byte offset into Pipeline
	Message  string
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("image ops %q, at byte %d: %s", e.Pipeline, e.Position, e.Message)
}

// maxOps bounds the length of a pipeline.
const maxOps = 64

// Parse reads a pipeline: ops separated by "|", each a name with arguments in brackets where it
// takes any, first by position, then as key=value. [Ops] lists them. Errors are of type
// *[ParseError].
func Parse(pipeline string) (*Pipeline, error) {
	p := &Pipeline{text: pipeline, limits: DefaultLimits()}
	position := 0
	for i, text := range strings.Split(pipeline, "|") {
		if i == maxOps {
			return nil, &ParseError{pipeline, position, fmt.Sprintf("more than %d ops", maxOps)}
		}
		if err := p.add(i, text, position); err != nil {
			return nil, err
		}
		position += len(text) + 1
	}
	return p, nil
}

// MustParse is [Parse] for pipelines written in the program; it panics on an error.
func MustParse(pipeline string) *Pipeline {
	p, err := Parse(pipeline)
	if err != nil {
		panic(err)
	}
	return p
}

// add parses op number i, which stands at position.
func (p *Pipeline) add(i int, text string, position int) error {
	c := &call{pipeline: p.text, position: position + len(text) - len(strings.TrimLeft(text, " "))}
	if err := c.parse(strings.TrimSpace(text)); err != nil {
		return err
	}
	o, err := c.lookUp()
	if err != nil {
		return err
	}
	if (i == 0) != (o.name == "decode") {
		return c.errorf("decode must be the first op and only the first")
	}
	a := o.build(c)
	if err := c.finish(o); err != nil {
		return err
	}
	p.steps = append(p.steps, step{strings.TrimSpace(text), a.run})
	p.random = p.random || a.random
	if !a.keepsSize {
		p.height, p.width = a.height, a.width
	}
	return nil
}

// call is an op as it is written. The builders of ops.go take its arguments out one by one.
type call struct {
	pipeline string
	position int
	name     string
	byPlace  []string
	byName   map[string]string
	asked    []string // names of the arguments that the op takes
	err      error    // the first thing wrong with them
}

func (c *call) errorf(format string, args ...any) error {
	return &ParseError{c.pipeline, c.position, fmt.Sprintf("%s: %s", c.name, fmt.Sprintf(format, args...))}
}

func (c *call) parse(text string) error {
	name, arguments, bracket := strings.Cut(text, "(")
	c.name, c.byName = strings.TrimSpace(name), map[string]string{}
	if c.name == "" {
		return &ParseError{c.pipeline, c.position, "an op is missing here"}
	}
	if !bracket {
		return nil
	}
	arguments, closed := strings.CutSuffix(arguments, ")")
	if !closed || strings.ContainsAny(arguments, "()") {
		return c.errorf("brackets do not match")
	}
	if strings.TrimSpace(arguments) == "" {
		return nil
	}
	for _, argument := range strings.Split(arguments, ",") {
		if err := c.argument(argument); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) argument(text string) error {
	key, value, named := strings.Cut(text, "=")
	key, value = strings.TrimSpace(key), strings.Trim(strings.TrimSpace(value), `"'`)
	switch {
	case !named && key == "", named && (key == "" || value == ""):
		return c.errorf("an argument is empty")
	case !named && len(c.byName) > 0:
		return c.errorf("argument %q by position after one by name", key)
	case !named:
		c.byPlace = append(c.byPlace, strings.Trim(key, `"'`))
		return nil
	}
	if _, twice := c.byName[key]; twice {
		return c.errorf("argument %s is given twice", key)
	}
	c.byName[key] = value
	return nil
}

func (c *call) lookUp() (op, error) {
	names := make([]string, len(ops))
	for i, o := range ops {
		if names[i] = o.name; o.name == c.name {
			return o, nil
		}
	}
	return op{}, &ParseError{c.pipeline, c.position,
		fmt.Sprintf("no op is called %q; did you mean %q? There are %s", c.name, strict.Nearest(c.name, names), strings.Join(names, ", "))}
}
