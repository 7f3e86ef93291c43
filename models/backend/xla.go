//go:build xla

package backend

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla" // registers "xla"
	"github.com/gomlx/go-xla/pjrt"
)

// openXLA opens XLA with options as in "cpu,devices=2", of which the first is the plugin's name.
//
// The plugin for the CPU makes four devices of one CPU unless told otherwise (XLA,
// pjrt_c_api_cpu_internal.cc), and at least one thread per device. With one device it uses one
// thread per core.
func openXLA(options string) (compute.Backend, error) {
	rest, devices, found := cutOption(options, "devices")
	name, _, _ := strings.Cut(rest, ",")
	if name == "" {
		if available := xla.GetAvailablePlugins(); len(available) > 0 {
			name = available[0]
		}
	}
	created := pjrt.NamedValuesMap{}
	if isCPU := strings.Contains(name, "cpu"); isCPU {
		count := 1
		if found {
			var err error
			if count, err = strconv.Atoi(devices); err != nil || count < 1 {
				return nil, fmt.Errorf("devices=%s: want a number from 1 on", devices)
			}
		}
		created["cpu_device_count"] = int64(count)
	} else if found {
		return nil, fmt.Errorf("devices=%s is an option of xla:cpu, not of xla:%s", devices, name)
	}
	return xla.NewWithOptions(rest, created)
}
