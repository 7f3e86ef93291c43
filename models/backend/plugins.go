package backend

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/gomlx/compute"
)

// PluginFolders is the environment variable that lists the folders to search for PJRT plugins,
// separated by colons. If it is set, no other folder is searched.
const PluginFolders = "PJRT_PLUGIN_LIBRARY_PATH"

// Kinds lists the kinds of backends that this program can open: "go", and "xla" if it was built
// with the tag xla.
func Kinds() []string {
	var kinds []string
	for _, kind := range compute.List() {
		if !isXLA(kind) || kind == xlaKind {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// xlaKind is the backend of go-xla, which goes by other names too.
const xlaKind = "xla"

func isXLA(kind string) bool {
	return slices.Contains([]string{xlaKind, "stablehlo", "shlo", "hlo"}, kind)
}

// Plugin is a file with a PJRT plugin: XLA for one kind of device. "xla:NAME" opens it.
type Plugin struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

// Plugins returns the PJRT plugins that the backend "xla" finds, and the folders it searches in
// order; the first plugin of a name counts. It reads names of files only, so that a plugin may
// still fail to load. Programs without that backend find them too.
//
// The rules are go-xla's (pjrt/dynamiclib_*.go): without [PluginFolders] it searches
// ~/.local/lib/go-xla, /usr/local/lib/go-xla and the system's folders of libraries.
func Plugins() (found []Plugin, folders []string) {
	folders = pluginFolders()
	for _, folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue
		}
		for _, entry := range entries {
			name := pluginName(entry.Name())
			if name == "" || slices.ContainsFunc(found, func(p Plugin) bool { return p.Name == name }) {
				continue
			}
			found = append(found, Plugin{Name: name, Path: filepath.Join(folder, entry.Name())})
		}
	}
	return found, folders
}

var pluginFile = regexp.MustCompile(`^(?:pjrt_c_api_(.+)_plugin|pjrt[-_]plugin[-_](.+))\.(?:so|dylib|dll)$`)

// pluginName returns the name of the plugin in a file, or "" if the file is not named like one.
func pluginName(file string) string {
	match := pluginFile.FindStringSubmatch(file)
	if match == nil {
		return ""
	}
	return match[1] + match[2]
}

// pluginFolders returns the folders that may hold plugins.
func pluginFolders() []string {
	if listed, is := os.LookupEnv(PluginFolders); is {
		return slices.DeleteFunc(strings.Split(listed, ":"), func(folder string) bool { return folder == "" })
	}
	var folders []string
	if home, err := os.UserHomeDir(); err == nil {
		folders = homeFolders(home)
	}
	folders = append(folders, "/usr/local/lib/go-xla")
	if runtime.GOOS == "linux" {
		folders = append(folders, "/usr/local/lib/go-xla/nvidia")
	}
	folders = append(folders, "/usr/local/lib/gomlx/pjrt")
	for _, name := range []string{"DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH"} {
		if name == "DYLD_LIBRARY_PATH" && runtime.GOOS != "darwin" {
			continue
		}
		for folder := range strings.SplitSeq(os.Getenv(name), ":") {
			if filepath.IsAbs(folder) {
				folders = append(folders, folder)
			}
		}
	}
	if runtime.GOOS == "linux" {
		folders = append(folders, libraryFolders("/etc/ld.so.conf", map[string]bool{})...)
	}
	return folders
}

// homeFolders returns the folders of a user's plugins.
func homeFolders(home string) []string {
	if runtime.GOOS == "darwin" {
		support := filepath.Join(home, "Library", "Application Support")
		return []string{filepath.Join(support, "go-xla"), filepath.Join(support, "GoMLX", "PJRT")}
	}
	lib := filepath.Join(home, ".local", "lib")
	return []string{filepath.Join(lib, "go-xla"), filepath.Join(lib, "go-xla", "nvidia"), filepath.Join(lib, "gomlx", "pjrt")}
}

// libraryFolders reads the folders from a file such as /etc/ld.so.conf and the files it includes,
// each once.
func libraryFolders(path string, read map[string]bool) (folders []string) {
	if read[path] {
		return nil
	}
	read[path] = true
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if pattern, is := strings.CutPrefix(line, "include"); is {
			included, _ := filepath.Glob(strings.TrimSpace(pattern))
			for _, each := range included {
				folders = append(folders, libraryFolders(each, read)...)
			}
		} else if filepath.IsAbs(line) {
			folders = append(folders, line)
		}
	}
	return folders
}

// Wheel is a package of PyPI that holds a PJRT plugin. A wheel is a zip file.
type Wheel struct {
	Plugin   string `json:"plugin"`   // the plugin's name
	Package  string `json:"package"`  // the wheel's name and version
	File     string `json:"file"`     // in the wheel
	CopyTo   string `json:"copy_to"`  // where the backend finds it
	Besides  string `json:"besides"`  // what else it needs
	Measured bool   `json:"measured"` // whether models were trained with it
}

// Wheels lists where to get plugins for Linux on x86-64.
func Wheels() []Wheel {
	return []Wheel{
		{Plugin: "cpu", Package: "xla-cpu-pjrt==0.0.1", File: "xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so",
			CopyTo: "~/.local/lib/go-xla/pjrt_c_api_cpu_plugin.so", Measured: true},
		{Plugin: "cuda", Package: "jax-cuda13-pjrt", File: "jax_plugins/xla_cuda13/xla_cuda_plugin.so",
			CopyTo:  "~/.local/lib/go-xla/nvidia/pjrt_c_api_cuda_plugin.so",
			Besides: "an NVIDIA driver and, below ~/.local/lib/go-xla/nvidia, the folders nvidia/* of the wheels that jax-cuda13-plugin[with-cuda] requires"},
	}
}
