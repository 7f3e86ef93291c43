package cli

import (
	"fmt"
	"runtime"
)

// version is stamped by the Makefile (-ldflags -X).
var version = "development"

type versionCommand struct{}

func (versionCommand) Run() error {
	_, err := fmt.Println(versionLine())
	return err
}

func versionLine() string {
	return fmt.Sprintf("pali3 %s %s %s/%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
