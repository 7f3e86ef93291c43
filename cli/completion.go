package cli

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/pali3/pali3/recipes"
)

// completionCommand prints a shell's completion script.
type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"Shell: ${enum}."`
}

// completionScripts call the program itself, so they are never out of date. Where it offers no
// completion, the shell offers files.
var completionScripts = map[string]string{
	"bash": `# bash completion of pali3: source <(pali3 completion bash)
_pali3() {
  local word="${COMP_WORDS[COMP_CWORD]}"
  mapfile -t COMPREPLY < <(compgen -W "$(pali3 complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "$word")
}
complete -o default -F _pali3 pali3
`,
	"zsh": `#compdef pali3
# zsh completion of pali3: source <(pali3 completion zsh)
_pali3() {
  local -a found
  found=(${(f)"$(pali3 complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( $#found )); then compadd -a found; else _files; fi
}
compdef _pali3 pali3
`,
	"fish": `# fish completion of pali3: pali3 completion fish | source
function __pali3
  set -l before (commandline -opc)
  pali3 complete -- $before[2..] (commandline -ct) 2>/dev/null
end
complete -c pali3 -a '(__pali3)'
`,
}

func (c completionCommand) Run(con *console) error {
	con.printf("%s", strings.ReplaceAll(completionScripts[c.Shell], "pali3", con.program.Name))
	return nil
}

// completeCommand lists completions for the scripts.
type completeCommand struct {
	Words []string `arg:"" optional:"" passthrough:"" help:"Words of the command line after pali3, the last one unfinished."`
}

func (c completeCommand) Run(con *console, parser *kong.Kong) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	for _, found := range con.program.completions(parser.Model.Node, words) {
		con.println(found)
	}
	return nil
}

// completions returns the sorted completions of the last word. It returns none where a file or free
// text is expected.
func (p Program) completions(node *kong.Node, words []string) (found []string) {
	if len(words) == 0 {
		words = []string{""}
	}
	last, before := words[len(words)-1], words[:len(words)-1]
	var asked *kong.Flag // a flag that expects a value next
	for _, word := range before {
		switch {
		case asked != nil:
			asked = nil
		case strings.HasPrefix(word, "-"):
			node = defaultOf(node)
			asked = flagOf(node, word)
		default:
			if child := childOf(node, word); child != nil {
				node = child
			}
		}
	}
	switch {
	case asked != nil:
		found = p.values(asked.Value)
	case strings.HasPrefix(last, "-"):
		for _, group := range defaultOf(node).AllFlags(true) {
			for _, flag := range group {
				found = append(found, "--"+flag.Name)
			}
		}
	default:
		for _, child := range node.Children {
			if !child.Hidden {
				found = append(found, child.Name)
			}
		}
		if len(node.Positional) > 0 {
			found = append(found, p.values(node.Positional[0])...)
		}
	}
	found = slices.DeleteFunc(found, func(s string) bool { return !strings.HasPrefix(s, last) })
	slices.Sort(found)
	return slices.Compact(found)
}

// defaultOf returns the subcommand that a flag of the node belongs to, if the node has a default
// one.
func defaultOf(node *kong.Node) *kong.Node {
	if node.DefaultCmd != nil {
		return node.DefaultCmd
	}
	return node
}

// flagOf returns the flag that a word names, if the next word is its value.
func flagOf(node *kong.Node, word string) *kong.Flag {
	for _, group := range node.AllFlags(false) {
		for _, flag := range group {
			if (word == "--"+flag.Name || flag.Short != 0 && word == "-"+string(flag.Short)) && !flag.IsBool() {
				return flag
			}
		}
	}
	return nil
}

func childOf(node *kong.Node, name string) *kong.Node {
	for _, child := range node.Children {
		if child.Name == name {
			return child
		}
	}
	return nil
}

// values lists the values that a flag or an argument may take.
func (p Program) values(v *kong.Value) []string {
	switch {
	case v.Name == "recipe":
		return recipes.Names()
	case v.Name == "bench":
		return p.Benchmarks.Names()
	case v.Enum != "":
		return strings.Split(v.Enum, ",")
	}
	return nil
}
