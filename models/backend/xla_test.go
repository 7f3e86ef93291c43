//go:build xla

package backend

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
)

// needPlugin skips a test, loudly, where XLA has no plugin for the CPU.
func needPlugin(t *testing.T) {
	t.Helper()
	found, folders := Plugins()
	if !slices.ContainsFunc(found, func(p Plugin) bool { return p.Name == "cpu" }) {
		t.Skipf("XLA IS NOT TESTED: no plugin for the CPU in %q; make xla-plugin gets one", folders)
	}
}

func TestXLA_Computes(t *testing.T) {
	needPlugin(t)
	be, err := Open("xla:cpu")
	if err != nil {
		t.Fatal(err)
	}
	defer be.Finalize()
	if IsGo(be) || be.NumDevices() != 1 {
		t.Errorf("%d devices of %q", be.NumDevices(), be.Name())
	}
	if be.Name() != xlaKind {
		t.Errorf("the backend's name is %q", be.Name())
	}
	product := func(x *graph.Node) *graph.Node { return graph.Dot(x, x).Product() }
	got, err := graph.CallOnce(be, product, [][]float32{{1, 2}, {3, 4}})
	if err != nil {
		t.Fatal(err)
	}
	if want := "[][]float32{{7, 10}, {15, 22}}"; !strings.Contains(got.GoStr(), want) {
		t.Errorf("the product is %s, want %s", got.GoStr(), want)
	}
}

func TestXLA_NamesAMissingPluginAndWhereItLooked(t *testing.T) {
	_, err := Open("xla:nosuch")
	_, folders := Plugins()
	if err == nil || !strings.Contains(err.Error(), `"xla:nosuch"`) || !strings.Contains(err.Error(), strings.Join(folders, ":")) {
		t.Errorf("error %v", err)
	}
	if _, err := Open("xla:cpu,nosuchoption=1"); err == nil || !strings.Contains(err.Error(), "nosuchoption") {
		t.Errorf("an unknown option: error %v", err)
	}
}

// TestXLA_NamesAPluginThatCannotBeLoaded runs itself in another process, as the folders of plugins
// are read when a program starts.
func TestXLA_NamesAPluginThatCannotBeLoaded(t *testing.T) {
	const child = "PALI3_TEST_BROKEN_PLUGIN"
	if os.Getenv(child) != "" {
		_, err := Open("xla:cpu")
		os.Stdout.WriteString(err.Error())
		return
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "pjrt_c_api_cpu_plugin.so")
	if err := os.WriteFile(path, []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(os.Args[0], "-test.run", t.Name())
	command.Env = append(os.Environ(), child+"=1", PluginFolders+"="+dir)
	printed, err := command.Output()
	if err != nil || !strings.Contains(string(printed), "the plugin "+path+" cannot be loaded") {
		t.Errorf("%v: %s", err, printed)
	}
}
