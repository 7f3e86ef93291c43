// Package pickle reads the data in a Python pickle without executing it.
//
// A pickle is a program for a small machine with a stack and a memo. Loading it in Python runs the
// program, which may import and call any name. The machine of this package only has the
// instructions that push and join numbers, texts, lists, tuples and dictionaries. It stops with
// [ErrProgram] at the first instruction that would import, call or build an object (GLOBAL, REDUCE,
// BUILD, INST, OBJ, NEWOBJ, persistent ids, extensions, and their later variants). Values are plain
// Go values; a file cannot name a type.
//
// [Limits] bound the instructions, the bytes of all texts and the length of each. A length in the
// file allocates nothing before its bytes are read, and nesting does not use the Go stack.
//
// The instructions are those that Lib/pickletools.py of CPython describes, protocols 0 to 5.
package pickle

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// ErrProgram is wrapped by the error for a pickle that would import or call something.
var ErrProgram = errors.New("this pickle is a program and not only data")

// Limits bound the cost of a pickle. A zero means the default.
type Limits struct {
	Instructions int   // Default: 16 Mi
	Bytes        int64 // of all texts and numbers. Default: 512 MiB
	Text         int   // bytes of one text. Default: 16 MiB
}

func (l Limits) withDefaults() Limits {
	if l.Instructions <= 0 {
		l.Instructions = 16 << 20
	}
	if l.Bytes <= 0 {
		l.Bytes = 512 << 20
	}
	if l.Text <= 0 {
		l.Text = 16 << 20
	}
	return l
}

// List is a Python list. It may contain itself.
type List struct{ Items []any }

// Tuple is a Python tuple.
type Tuple []any

// Dict is a Python dictionary. Its keys are string, int64, float64, bool or nil.
type Dict map[any]any

// Decode reads one pickle. Values are nil, bool, int64, *big.Int, float64, string (for Python's
// str, bytes and unicode; perhaps not UTF-8), *[List], [Tuple] and [Dict].
func Decode(r io.Reader, limits Limits) (any, error) {
	m := &machine{in: bufio.NewReader(r), limits: limits.withDefaults(), memo: map[int64]any{}}
	for n := 0; ; n++ {
		if n == m.limits.Instructions {
			return nil, fmt.Errorf("pickle of over %d instructions", n)
		}
		op, err := m.in.ReadByte()
		if err != nil {
			return nil, fmt.Errorf("pickle is cut short at instruction %d: %w", n, unexpected(err))
		}
		if op == stop {
			return m.pop()
		}
		if err := m.step(op); err != nil {
			return nil, fmt.Errorf("pickle: instruction %d (%#02x): %w", n, op, err)
		}
	}
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// machine executes the instructions of a pickle.
type machine struct {
	in     *bufio.Reader
	limits Limits
	bytes  int64 // read so far
	stack  []any
	memo   map[int64]any
}

// mark is on the stack below the items of a list.
type mark struct{}

var errStack = errors.New("there is too little on the stack")

func (m *machine) push(v any) error {
	m.stack = append(m.stack, v)
	return nil
}

// pop removes the top value, which must not be a mark.
func (m *machine) pop() (any, error) {
	v, err := m.top()
	if err == nil {
		m.stack = m.stack[:len(m.stack)-1]
	}
	return v, err
}

func (m *machine) top() (any, error) {
	if len(m.stack) == 0 {
		return nil, errStack
	}
	v := m.stack[len(m.stack)-1]
	if _, is := v.(mark); is {
		return nil, errStack
	}
	return v, nil
}

// popMark removes the values above the top mark, and the mark.
func (m *machine) popMark() ([]any, error) {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if _, is := m.stack[i].(mark); is {
			items := append([]any(nil), m.stack[i+1:]...)
			m.stack = m.stack[:i]
			return items, nil
		}
	}
	return nil, errors.New("there is no mark on the stack")
}
