package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/alecthomas/kong"
)

func TestHintFor(t *testing.T) {
	absolute, err := filepath.Abs("x")
	if err != nil {
		t.Fatal(err)
	}
	at := func(path string, err error) error {
		return fmt.Errorf("scoring: %w", &fs.PathError{Op: "open", Path: path, Err: err})
	}
	for _, c := range []struct {
		err  error
		want string // "" for no hint
	}{
		{at("x", syscall.ENOSPC), "free some space"},
		{at("x", syscall.EFBIG), "ulimit -f"},
		{at("x", syscall.EISDIR), "not a folder"},
		{at("x", syscall.EACCES), "permissions"},
		{at("x", syscall.EROFS), "another file system"},
		{at("x", syscall.ENOENT), "the current folder is "},
		{at(absolute, syscall.ENOENT), ""},
		{fmt.Errorf("%w; give another", at("x", syscall.ENOENT)), ""},
		{errors.New("recipe: tasks[0] (caption): web is not a dataset: there is no such folder"), "--set data=DATASET"},
		{errors.New("web is not a dataset: there is no such folder"), ""},
	} {
		if got := hintFor(c.err); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}

func TestKeptBy(t *testing.T) {
	for want, command := range map[string]any{
		"the files written are kept":      mixCommand{Materialize: "batches"},
		"":                                mixCommand{Stats: true},
		"the predictions so far are kept": predictCommand{},
	} {
		if got := keptBy(command); got != want {
			t.Errorf("%T: %q, want %q", command, got, want)
		}
	}
}

// TestHelp_NamesWhatFlagsTake looks for flags whose placeholder is a Go type or an empty string.
func TestHelp_NamesWhatFlagsTake(t *testing.T) {
	parser, err := Default().newParser(new(commands))
	if err != nil {
		t.Fatal(err)
	}
	var check func(*kong.Node)
	check = func(node *kong.Node) {
		for _, flag := range node.Flags {
			switch text := flag.FormatPlaceHolder(); {
			case flag.IsBool():
			case text == "", text == `""`, strings.HasPrefix(text, "INT"), strings.HasPrefix(text, "UINT"), strings.HasPrefix(text, "STRING"), strings.HasPrefix(text, "FLOAT"), strings.Contains(text, "...,..."):
				t.Errorf("%s --%s=%s", node.FullPath(), flag.Name, text)
			}
		}
		for _, child := range node.Children {
			check(child)
		}
	}
	check(parser.Model.Node)
}
