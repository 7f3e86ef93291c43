// Command pali3 takes raw image-text data to a trained and scored PaLI-3.
package main

import "github.com/pali3/pali3/cli"

func main() { cli.Main() }
