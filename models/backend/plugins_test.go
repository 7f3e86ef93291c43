package backend

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestPlugins_FindsTheFirstOfEachName(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	for _, path := range []string{
		filepath.Join(first, "pjrt_c_api_cpu_plugin.so"),
		filepath.Join(first, "libother.so"),
		filepath.Join(second, "pjrt_c_api_cpu_plugin.so"),
		filepath.Join(second, "pjrt-plugin-tpu.so"),
		filepath.Join(second, "pjrt_plugin_metal.dylib"),
		filepath.Join(second, "pjrt_c_api__plugin.so"),
	} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(PluginFolders, first+"::"+filepath.Join(first, "absent")+":"+second)
	found, folders := Plugins()
	if want := []string{first, filepath.Join(first, "absent"), second}; !slices.Equal(folders, want) {
		t.Errorf("searched %q, want %q", folders, want)
	}
	want := []Plugin{
		{"cpu", filepath.Join(first, "pjrt_c_api_cpu_plugin.so")},
		{"tpu", filepath.Join(second, "pjrt-plugin-tpu.so")},
		{"metal", filepath.Join(second, "pjrt_plugin_metal.dylib")},
	}
	if !slices.Equal(found, want) {
		t.Errorf("found %v, want %v", found, want)
	}
}

func TestPluginFolders_IncludeTheSystems(t *testing.T) {
	if _, set := os.LookupEnv(PluginFolders); set {
		t.Setenv(PluginFolders, "") // restores it afterwards
		os.Unsetenv(PluginFolders)
	}
	t.Setenv("LD_LIBRARY_PATH", "relative:/opt/plugins")
	folders := pluginFolders()
	for _, want := range []string{"/usr/local/lib/go-xla", "/opt/plugins"} {
		if !slices.Contains(folders, want) {
			t.Errorf("%s is not among %q", want, folders)
		}
	}
	if slices.Contains(folders, "relative") {
		t.Errorf("a relative folder is searched: %q", folders)
	}
}

func TestLibraryFolders_FollowsIncludes(t *testing.T) {
	dir := t.TempDir()
	main := filepath.Join(dir, "ld.so.conf")
	for path, text := range map[string]string{
		main: "# comment\n/usr/lib/first\n include " + dir + "/*.conf\nrelative\n",
		// It includes itself, which must end.
		filepath.Join(dir, "a.conf"): "/usr/lib/second\ninclude " + dir + "/a.conf\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folders := libraryFolders(main, map[string]bool{})
	if want := []string{"/usr/lib/first", "/usr/lib/second"}; !slices.Equal(folders, want) {
		t.Errorf("folders %q, want %q", folders, want)
	}
}

func TestOpen_SaysHowToGetXLA(t *testing.T) {
	if slices.Contains(Kinds(), xlaKind) {
		t.Skip("THE ERROR OF A PROGRAM WITHOUT XLA IS NOT TESTED: this one is built with the tag xla; run without it")
	}
	for _, configuration := range []string{"xla:cpu", "xla", "stablehlo:cuda,tf32=false"} {
		_, err := Open(configuration)
		if !errors.Is(err, ErrNoXLA) || !strings.Contains(err.Error(), configuration) {
			t.Errorf("%s: error %v", configuration, err)
		}
	}
}

func TestKinds_HidesOtherNames(t *testing.T) {
	kinds := Kinds()
	if !slices.Contains(kinds, "go") || slices.Contains(kinds, "hlo") {
		t.Errorf("kinds %q", kinds)
	}
}
