// Package textlines reads text line by line, with any kind of line endings and in many encodings.
// The memory for a line is limited.
package textlines

import "fmt"

// Fault is the error for a line, or a row of several lines, that cannot be read. Reading can
// continue.
type Fault struct {
	Line   int64  // the first line, from 1
	Text   bool   // the bytes are not text in the encoding
	What   error  // what is wrong
	Advice string // flags that may help, to append to What; for commands that have such flags
}

// Error returns what is wrong, followed by the advice.
func (f *Fault) Error() string { return f.What.Error() + f.Advice }

// Unwrap returns what is wrong.
func (f *Fault) Unwrap() error { return f.What }

// BadLine returns a fault that names the line.
func BadLine(line int64, format string, a ...any) error {
	return &Fault{Line: line, What: fmt.Errorf("line %d: %w", line, fmt.Errorf(format, a...))}
}
