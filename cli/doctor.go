package cli

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/cpu"

	"github.com/pali3/pali3/models/backend"
)

// doctorCommand checks CPU, memory, disk and backends.
type doctorCommand struct {
	backendFlag
	JSON bool `help:"Print one JSON object."`
}

// diagnosis is what doctor prints as JSON. Unknown values are 0 or empty.
type diagnosis struct {
	OK       bool     `json:"ok"` // models can run here
	Problems []string `json:"problems"`
	Version  string   `json:"version"`
	Go       string   `json:"go"`
	OS       string   `json:"os"`
	Arch     string   `json:"arch"`
	Cores    int      `json:"cores"` // available to this process
	SIMD     bool     `json:"simd"`  // built with GOEXPERIMENT=simd
	CPU      []string `json:"cpu"`   // CPU features with faster kernels
	Backend  string   `json:"backend"`
	// Kinds of backends that this program was built with, and what XLA needs besides.
	Kinds         []string         `json:"kinds"`
	Plugins       []backend.Plugin `json:"plugins"`        // PJRT plugins found by their names; "xla:NAME" opens one
	PluginFolders []string         `json:"plugin_folders"` // searched for plugins, in order
	Wheels        []backend.Wheel  `json:"wheels"`         // where to get plugins
	// Total and available memory, and free disk space in the current folder, in bytes.
	MemoryBytes          int64 `json:"memory_bytes"`
	MemoryAvailableBytes int64 `json:"memory_available_bytes"`
	DiskFreeBytes        int64 `json:"disk_free_bytes"`
}

// Below these doctor warns: what the quickstart needs, with some margin.
const (
	wantMemory = 3 << 30
	wantDisk   = 2 << 30
)

func (c doctorCommand) Run(con *console) error {
	d := diagnosis{
		Version: con.program.Version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Cores: runtime.GOMAXPROCS(0), SIMD: backend.Warning() == "", CPU: features(), Problems: []string{},
	}
	d.MemoryBytes, d.MemoryAvailableBytes = memory()
	d.DiskFreeBytes = diskFree(".")
	d.Kinds, d.Wheels = backend.Kinds(), backend.Wheels()
	d.Plugins, d.PluginFolders = backend.Plugins()
	if d.Plugins == nil {
		d.Plugins = []backend.Plugin{}
	}
	be, err := backend.Open(c.Backend)
	if err == nil {
		d.OK, d.Backend = true, be.Name()+": "+be.Description()
		be.Finalize()
	} else {
		d.Problems = append(d.Problems, err.Error())
	}
	d.examine()
	if c.JSON {
		if err := con.printJSON(d); err != nil {
			return err
		}
	} else {
		d.print(con)
	}
	if !d.OK {
		return fmt.Errorf("%s cannot run models here: %w", con.program.Name, err)
	}
	return nil
}

// examine adds problems that make pali3 slow or may make it fail.
func (d *diagnosis) examine() {
	if warning := backend.Warning(); warning != "" {
		d.Problems = append(d.Problems, warning)
	}
	if d.MemoryAvailableBytes > 0 && d.MemoryAvailableBytes < wantMemory {
		d.Problems = append(d.Problems, fmt.Sprintf("%s of memory available; the quickstart needs %s", gibibytes(d.MemoryAvailableBytes), gibibytes(wantMemory)))
	}
	if d.DiskFreeBytes > 0 && d.DiskFreeBytes < wantDisk {
		d.Problems = append(d.Problems, fmt.Sprintf("%s free on this disk; the quickstart needs %s", gibibytes(d.DiskFreeBytes), gibibytes(wantDisk)))
	}
}

func (d *diagnosis) print(con *console) {
	simd := "no: matrix products are slow"
	if d.SIMD {
		simd = "yes"
	}
	for _, line := range [][2]string{
		{con.program.Name, d.Version}, {"go", fmt.Sprintf("%s %s/%s", d.Go, d.OS, d.Arch)}, {"cores", fmt.Sprint(d.Cores)},
		{"cpu features", fmt.Sprint(d.CPU)}, {"built with simd", simd},
		{"memory", fmt.Sprintf("%s, %s available", gibibytes(d.MemoryBytes), gibibytes(d.MemoryAvailableBytes))},
		{"free disk here", gibibytes(d.DiskFreeBytes)}, {"backend", d.Backend}, {"backends built in", strings.Join(d.Kinds, ", ")},
	} {
		con.printf("%-18s %s\n", line[0], line[1])
	}
	d.printXLA(con)
	for _, p := range d.Problems {
		con.println("problem:", p)
	}
	if len(d.Problems) == 0 {
		con.println("no problems found")
	}
}

// printXLA prints whether XLA can be used, and what to do for it if not.
func (d *diagnosis) printXLA(con *console) {
	hasXLA := slices.Contains(d.Kinds, "xla")
	for _, p := range d.Plugins {
		con.printf("%-18s xla:%s, %s\n", "plugin found", p.Name, p.Path)
	}
	if !hasXLA {
		con.printf("%-18s make build-xla in the source folder builds this program with XLA (needs a C compiler)\n", "to use XLA")
	}
	if len(d.Plugins) > 0 || !hasXLA {
		return
	}
	con.printf("%-18s none in %s\n", "plugins found", strings.Join(d.PluginFolders, " "))
	for _, w := range d.Wheels {
		con.printf("%-18s pip download --no-deps %s; unzip it; copy %s to %s\n", "to get xla:"+w.Plugin, w.Package, w.File, w.CopyTo)
		if w.Besides != "" {
			con.printf("%-18s it needs %s\n", "", w.Besides)
		}
	}
	con.printf("%-18s any other folder: set %s to it\n", "", backend.PluginFolders)
}

func gibibytes(n int64) string {
	if n <= 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

// features lists the CPU features for which there are faster kernels.
func features() []string {
	found := []string{}
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"avx2", cpu.X86.HasAVX2}, {"fma", cpu.X86.HasFMA}, {"avx512f", cpu.X86.HasAVX512F}, {"avx512bw", cpu.X86.HasAVX512BW},
		{"avx512vnni", cpu.X86.HasAVX512VNNI}, {"amx-bf16", cpu.X86.HasAMXBF16}, {"asimd", cpu.ARM64.HasASIMD}, {"sve", cpu.ARM64.HasSVE},
	} {
		if f.has {
			found = append(found, f.name)
		}
	}
	return found
}
