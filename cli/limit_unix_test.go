//go:build unix

package cli

import (
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

// fileLimit names an environment variable that limits the size of the files of a command, in bytes.
// Writes beyond it fail as on a full disk.
const fileLimit = "PALI3_TEST_FILE_LIMIT"

func limitFiles() {
	bytes, err := strconv.ParseUint(os.Getenv(fileLimit), 10, 64)
	if err != nil {
		return
	}
	signal.Ignore(syscall.SIGXFSZ) // writes beyond the limit return an error
	limit := syscall.Rlimit{Cur: bytes, Max: bytes}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		panic(err)
	}
}
