package cli

import (
	"cmp"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// commandGroups orders the commands in the program's help, from raw data to a model in use.
var commandGroups = []struct {
	name     string
	commands []string
}{
	{"begin", []string{"quickstart", "start", "run"}},
	{"data", []string{"ingest", "shards"}},
	{"curate", []string{"curate"}},
	{"tokenizer", []string{"tokenizer", "masks"}},
	{"train", []string{"recipe", "augment", "mix", "train", "cache"}},
	{"evaluate", []string{"predict", "eval", "report"}},
	{"use", []string{"caption", "ask", "detect", "segment", "classify", "embed", "export"}},
	{"look", []string{"describe", "forward", "weights"}},
	{"system", []string{"doctor", "completion"}},
}

// printHelp prints the help of the selected command: one line per subcommand, or its arguments,
// flags and examples.
func (p Program) printHelp(options kong.HelpOptions, call *kong.Context) error {
	switch node := call.Selected(); {
	case node == nil:
		return p.printCommands(call.Stdout, call.Model.Node)
	case node.DefaultCmd != nil:
		return printWithDefault(options, call, node)
	case len(node.Children) > 0:
		return printSubcommands(call.Stdout, node)
	}
	return kong.DefaultHelpPrinter(options, call)
}

// printCommands prints all commands of the program, group by group.
func (p Program) printCommands(w io.Writer, app *kong.Node) error {
	fmt.Fprintf(w, "Usage: %s <command> [flags]\n\n%s\n\n", p.Name, app.Help)
	for _, group := range commandGroups {
		title := group.name
		for _, name := range group.commands {
			if child := childOf(app, name); child != nil {
				fmt.Fprintf(w, "  %-10s %-11s %s\n", title, name, child.Help)
				title = ""
			}
		}
	}
	fmt.Fprintf(w, "\n")
	printFlags(w, app.Flags)
	_, err := fmt.Fprintf(w, "\n%[1]s help COMMAND shows a command's flags and examples.\n%[1]s help TOPIC: %s.\n", p.Name, strings.Join(topicNames(), ", "))
	return err
}

// printSubcommands prints the subcommands of a command, one per line.
func printSubcommands(w io.Writer, node *kong.Node) error {
	path, command := node.FullPath(), "<command>"
	if node.DefaultCmd != nil {
		command = "[<command>]"
	}
	fmt.Fprintf(w, "Usage: %s %s [flags]\n\n%s\n\n", path, command, node.Help)
	width := 0
	for _, child := range node.Children {
		width = max(width, len(child.Name))
	}
	for _, child := range node.Children {
		if !child.Hidden {
			fmt.Fprintf(w, "  %-*s  %s\n", width, child.Name, child.Help)
		}
	}
	_, err := fmt.Fprintf(w, "\n%s COMMAND --help shows a command's flags and examples.\n", path)
	return err
}

// printWithDefault prints the subcommands of a command, and the help of the one that it runs
// without a name.
func printWithDefault(options kong.HelpOptions, call *kong.Context, node *kong.Node) error {
	if err := printSubcommands(call.Stdout, node); err != nil {
		return err
	}
	fmt.Fprintln(call.Stdout)
	inner, err := kong.Trace(call.Kong, []string{node.Name, node.DefaultCmd.Name})
	if err != nil {
		return err
	}
	return kong.DefaultHelpPrinter(options, inner)
}

// namePlaceholders gives the flags of a command and of those below it placeholders that say what
// they take, where they would be the names of Go's types or an empty string: N for numbers, else
// the last word of the flag's name.
func namePlaceholders(node *kong.Node) {
	for _, flag := range node.Flags {
		if flag.PlaceHolder != "" || flag.HasDefault && flag.Default != "" {
			continue
		}
		switch flag.Target.Kind() {
		case reflect.Int, reflect.Int64, reflect.Uint64, reflect.Float64:
			flag.PlaceHolder = "N"
		case reflect.String:
			flag.PlaceHolder = strings.ToUpper(flag.Name[strings.LastIndexByte(flag.Name, '-')+1:])
		}
	}
	for _, child := range node.Children {
		namePlaceholders(child)
	}
}

// printFlags prints flags, one per line.
func printFlags(w io.Writer, flags []*kong.Flag) {
	for _, flag := range flags {
		short := cmp.Or(flag.Short, ' ')
		dash := "-"
		comma := ","
		if short == ' ' {
			dash, comma = " ", " "
		}
		fmt.Fprintf(w, "  %s%c%s --%-15s %s\n", dash, short, comma, flag.Name, flag.Help)
	}
}
