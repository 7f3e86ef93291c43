// Package textlines reads text that others wrote, line by line: whatever ends its lines, in
// whatever encoding, and without taking a line of any length into memory.
package textlines

import "fmt"

// Fault is why a line, or a row of several, cannot be read. What follows can.
type Fault struct {
	Line   int64  // the first one, from 1
	Text   bool   // its bytes are no text in the encoding
	What   error  // what is wrong
	Advice string // what flags of ours may help, behind What and its punctuation; for readers that have such flags
}

// Error implements error. It says what is wrong, and what may help.
func (f *Fault) Error() string { return f.What.Error() + f.Advice }

// Unwrap returns what is wrong.
func (f *Fault) Unwrap() error { return f.What }

// BadLine returns the fault of a line whose bytes are text; it names the line.
func BadLine(line int64, format string, a ...any) error {
	return &Fault{Line: line, What: fmt.Errorf("line %d: %w", line, fmt.Errorf(format, a...))}
}
