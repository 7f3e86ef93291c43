//go:build !unix

package predictors

import "os/exec"

// ownGroup does nothing: these systems have no groups of processes that Go's standard library
// offers.
func ownGroup(*exec.Cmd) {}

// killGroup kills the program.
func killGroup(run *exec.Cmd) { run.Process.Kill() }
