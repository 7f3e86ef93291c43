package cli

import (
	"fmt"
	"runtime"

	"github.com/alecthomas/kong"
)

type versionCommand struct{}

func (versionCommand) Run(con *console) error {
	con.println(con.program.versionLine())
	return nil
}

// versionFlag prints the version in place of running a command.
type versionFlag bool

func (versionFlag) IgnoreDefault() {}

func (versionFlag) BeforeReset(call *kong.Context, vars kong.Vars) error {
	fmt.Fprintln(call.Stdout, vars["version"])
	return errAnswered
}

func (p Program) versionLine() string {
	return fmt.Sprintf("%s %s %s %s/%s", p.Name, p.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
