// Command pali3 takes raw image-text data to a trained and scored PaLI-3.
package main

import (
	"runtime/debug"

	"github.com/pali3/pali3/cli"
)

// version is stamped by the Makefile (-ldflags -X).
var version = ""

func main() {
	program := cli.Default()
	switch info, known := debug.ReadBuildInfo(); {
	case version != "":
		program.Version = version
	case known && info.Main.Version != "" && info.Main.Version != "(devel)":
		program.Version = info.Main.Version // of `go install ...@version`
	}
	program.Main()
}
