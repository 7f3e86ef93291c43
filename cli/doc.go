// Package cli is the command line of pali3: one small file per command, which parses its arguments,
// calls the packages that do the work, and prints what they return.
//
// A [Program] is the whole command line as a value. [Default] is pali3; your own program
// takes it, adds its own sources, task kinds or metrics, and runs like pali3:
//
//	func main() {
//		program := cli.Default()
//		program.Name = "birds"
//		program.Sources = append(program.Sources, sightings)
//		program.Main()
//	}
package cli
