// Package outside runs examples in another module, which can import the public packages alone: a
// task, a source and an image op that a program adds.
package outside

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamples_WorkInAnotherModule copies examples into a module that requires this one, and runs
// their tests there.
func TestExamples_WorkInAnotherModule(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"taskkind", "rows", "imageop"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(root, "examples", name))); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, "go.mod", goMod(t, root))
	write(t, dir, "go.sum", read(t, root, "go.sum"))
	cmd := exec.Command("go", "test", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS="+os.Getenv("GOFLAGS")+" -mod=mod")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// goMod returns the go.mod of a module that requires the one at root, and the same modules as it.
func goMod(t *testing.T, root string) string {
	const this = "github.com/pali3/pali3"
	text, found := strings.CutPrefix(read(t, root, "go.mod"), "module "+this+"\n")
	if !found {
		t.Fatal("go.mod does not begin with the name of the module")
	}
	return "module example.com/outside\n" + text + "\nrequire " + this + " v0.0.0\n\nreplace " + this + " => " + root + "\n"
}

func read(t *testing.T, dir, name string) string {
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func write(t *testing.T, dir, name, content string) {
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
