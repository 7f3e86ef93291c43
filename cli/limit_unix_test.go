//go:build unix

package cli

import (
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

// fileLimit names the variable under which a command cannot make a file longer than so many bytes:
// to what writes, a disk that is full.
const fileLimit = "PALI3_TEST_FILE_LIMIT"

func limitFiles() {
	bytes, err := strconv.ParseUint(os.Getenv(fileLimit), 10, 64)
	if err != nil {
		return
	}
	signal.Ignore(syscall.SIGXFSZ) // what is beyond the limit is an error of the write
	limit := syscall.Rlimit{Cur: bytes, Max: bytes}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		panic(err)
	}
}
