package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// explainUsage returns the message for a command line that is not understood: what is wrong with
// it, and which help lists what is legal.
func (p Program) explainUsage(err error) string {
	node := selectedBy(err)
	help := p.Name
	if node != nil {
		help = node.FullPath()
	}
	message := strings.Replace(err.Error(), `one of "",`, "one of ", 1)
	word, ok := strings.CutPrefix(message, "unexpected argument ")
	if ok && (node == nil || len(node.Children) > 0) {
		word, rest, more := strings.Cut(word, ", ")
		message = fmt.Sprintf("unexpected argument %s: %s has no such command", word, help)
		if more {
			message += " (" + rest + ")"
		}
	}
	return fmt.Sprintf("%s; see %s --help", message, help)
}

// selectedBy returns the command at which the parsing of a command line ended, nil for the program.
// For a command that another one runs by default it is that other one.
func selectedBy(err error) *kong.Node {
	var parsing *kong.ParseError
	if !errors.As(err, &parsing) || parsing.Context == nil {
		return nil
	}
	node := parsing.Context.Selected()
	if node != nil && node.Parent != nil && node.Parent.DefaultCmd == node {
		return node.Parent
	}
	return node
}

// hintFor returns what to do about an error of the operating system, to follow its message, or "".
func hintFor(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "; free some space, or write elsewhere, and run the command again"
	case errors.Is(err, syscall.EFBIG):
		return "; raise the limit of the size of files (ulimit -f), or write to another file system, and run the command again"
	case errors.Is(err, syscall.EISDIR):
		return "; name a file, not a folder"
	case errors.Is(err, fs.ErrPermission):
		return "; use a file or folder that you may use, or change its permissions"
	case errors.Is(err, syscall.EROFS):
		return "; write to another file system"
	}
	if text := err.Error(); strings.HasPrefix(text, "recipe: tasks[") && strings.Contains(text, " is not a dataset: ") {
		return "; name one with the key data, as in --set data=DATASET"
	}
	var missing *fs.PathError
	if errors.As(err, &missing) && errors.Is(missing, fs.ErrNotExist) && !filepath.IsAbs(missing.Path) && strings.HasSuffix(err.Error(), missing.Error()) {
		if dir, err := os.Getwd(); err == nil {
			return "; the current folder is " + dir
		}
	}
	return ""
}
