package main

import (
	"fmt"
	"runtime"
)

// version is stamped by the Makefile (-ldflags -X).
var version = "development"

type versionCommand struct{}

func (versionCommand) Run() error {
	_, err := fmt.Printf("pali3 %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
