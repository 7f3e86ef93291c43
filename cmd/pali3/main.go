// Command pali3 takes raw image-text data to a trained and scored PaLI-3.
package main

import "github.com/pali3/pali3/cli"

// version is stamped by the Makefile (-ldflags -X).
var version = "development"

func main() {
	program := cli.Default()
	program.Version = version
	program.Main()
}
