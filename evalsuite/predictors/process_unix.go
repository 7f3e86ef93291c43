//go:build unix

package predictors

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the program the head of a group of processes.
func ownGroup(run *exec.Cmd) { run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills the program and what it started.
func killGroup(run *exec.Cmd) { syscall.Kill(-run.Process.Pid, syscall.SIGKILL) }
