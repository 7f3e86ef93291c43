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

// Parse parses a pipeline of built-in ops: see [Ops.Parse].
func Parse(pipeline string) (*Pipeline, error) { return builtinOps.Parse(pipeline) }

// Parse parses a pipeline: ops separated by "|", each a name with arguments in parentheses where it
// takes any, first by position, then as key=value. Errors are of type *[ParseError].
func (ops Ops) Parse(pipeline string) (*Pipeline, error) {
	p := &Pipeline{text: pipeline, limits: DefaultLimits()}
	position := 0
	for i, text := range strings.Split(pipeline, "|") {
		if i == maxOps {
			return nil, &ParseError{pipeline, position, fmt.Sprintf("more than %d ops", maxOps)}
		}
		if err := p.add(ops, i, text, position); err != nil {
			return nil, err
		}
		position += len(text) + 1
	}
	if p.drafts && p.draft[0] == 0 {
		return nil, &ParseError{pipeline, 0, "decode: scale=auto needs an op behind it that leaves a fixed size, such as resize(224); or write scale=2, 4 or 8"}
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
func (p *Pipeline) add(ops Ops, i int, text string, position int) error {
	a := &Arguments{pipeline: p.text, position: position + len(text) - len(strings.TrimLeft(text, " "))}
	if err := a.parse(strings.TrimSpace(text)); err != nil {
		return err
	}
	op, err := a.lookUp(ops)
	if err != nil {
		return err
	}
	if (i == 0) != decodes(op.Name) {
		return a.errorf("decode must be the first op and only the first, or one of the others that decode: %s, %s", decodeAndCropOp, sheetOp)
	}
	action, err := op.Build(a)
	if err := a.finish(op, err); err != nil {
		return err
	}
	if action.eightBit && p.values != (valueMap{}) {
		return a.errorf("works on pixels of 0 to 255: put it before ops that map values, such as value_range")
	}
	text = strings.TrimSpace(text)
	if action.first != nil {
		p.steps = append(p.steps, step{text: text, run: action.first})
		p.fixed++
	}
	p.random = p.random || action.Random
	if !p.random {
		p.fixed++
	}
	if i == 0 {
		p.drafts = action.draft
	}
	if i == 1 && p.drafts && action.Moves == InPlace {
		p.draft = [2]int{action.Height, action.Width}
	}
	p.steps = append(p.steps, step{text, action.Run, action.Moves, action.drawsBoxes})
	p.values = p.values.then(action.values)
	if !action.KeepsSize {
		p.height, p.width, p.sequence = action.Height, action.Width, action.sequence
	}
	return nil
}

// decodes reports whether an op begins a pipeline.
func decodes(op string) bool { return op == decodeOp || op == decodeAndCropOp || op == sheetOp }

func (a *Arguments) errorf(format string, args ...any) error {
	return &ParseError{a.pipeline, a.position, fmt.Sprintf("%s: %s", a.name, fmt.Sprintf(format, args...))}
}

func (a *Arguments) parse(text string) error {
	name, arguments, bracket := strings.Cut(text, "(")
	a.name, a.byName = strings.TrimSpace(name), map[string]string{}
	if a.name == "" {
		return &ParseError{a.pipeline, a.position, "an op is missing here"}
	}
	if !bracket {
		return nil
	}
	arguments, closed := strings.CutSuffix(arguments, ")")
	if !closed || strings.ContainsAny(arguments, "()") {
		return a.errorf("brackets do not match")
	}
	if strings.TrimSpace(arguments) == "" {
		return nil
	}
	for _, argument := range strings.Split(arguments, ",") {
		if err := a.argument(argument); err != nil {
			return err
		}
	}
	return nil
}

func (a *Arguments) argument(text string) error {
	key, value, named := strings.Cut(text, "=")
	key, value = strings.TrimSpace(key), strings.Trim(strings.TrimSpace(value), `"'`)
	switch {
	case !named && key == "", named && (key == "" || value == ""):
		return a.errorf("an argument is empty")
	case !named && len(a.byName) > 0:
		return a.errorf("argument %q by position after one by name", key)
	case !named:
		a.byPlace = append(a.byPlace, strings.Trim(key, `"'`))
		return nil
	}
	if _, twice := a.byName[key]; twice {
		return a.errorf("argument %s is given twice", key)
	}
	a.byName[key] = value
	return nil
}

func (a *Arguments) lookUp(ops Ops) (Op, error) {
	names := make([]string, len(ops))
	for i, o := range ops {
		if names[i] = o.Name; o.Name == a.name {
			return o, nil
		}
	}
	return Op{}, &ParseError{a.pipeline, a.position,
		fmt.Sprintf("no op is called %q; did you mean %q? There are %s", a.name, strict.Nearest(a.name, names), strings.Join(names, ", "))}
}
