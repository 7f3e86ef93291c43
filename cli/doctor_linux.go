package cli

import (
	"bufio"
	"fmt"
	"os"
	"syscall"
)

// memory returns total and available memory in bytes, from /proc/meminfo and the limits of the
// control group.
func memory() (total, available int64) {
	file, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, 0
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		var name string
		var kibibytes int64
		if n, _ := fmt.Sscanf(scanner.Text(), "%s %d", &name, &kibibytes); n < 2 {
			continue
		}
		switch name {
		case "MemTotal:":
			total = kibibytes << 10
		case "MemAvailable:":
			available = kibibytes << 10
		}
	}
	// A container may have less memory than the machine.
	for _, name := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		var limit int64
		content, err := os.ReadFile(name)
		if n, _ := fmt.Sscan(string(content), &limit); err == nil && n == 1 && limit > 0 && limit < total {
			total, available = limit, min(limit, available)
		}
	}
	return total, available
}

// diskFree returns the bytes that can still be written in a folder.
func diskFree(dir string) int64 {
	var stat syscall.Statfs_t
	if syscall.Statfs(dir, &stat) != nil {
		return 0
	}
	return int64(stat.Bavail) * stat.Bsize
}
