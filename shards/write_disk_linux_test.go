package shards

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// onSmallDisk is set in a process whose files may not grow over 300 kB.
const onSmallDisk = "SHARDS_TEST_ON_SMALL_DISK"

// TestFullDisk fills a disk while a dataset is written: the error says so, no half-written file is
// visible, and the writer continues when there is space again. The disk is a small tmpfs where one
// can be mounted, otherwise a limit on the size of a process's files.
func TestFullDisk(t *testing.T) {
	if dir := os.Getenv(onSmallDisk); dir != "" {
		fillInProcess(t, dir)
		return
	}
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	grow := func() {}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err == nil {
		t.Cleanup(func() { unix.Unmount(dir, 0) })
		if err := fill(dir); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("a full disk: %v", err)
		}
		grow = func() { unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, "size=64m") }
	} else {
		c := exec.Command(os.Args[0], "-test.run=^TestFullDisk$")
		c.Env = append(os.Environ(), onSmallDisk+"="+dir)
		if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "file too large") {
			t.Fatalf("a full disk: %v\n%s", err, out)
		}
	}
	for _, pattern := range []string{"*.parquet", ".tmp-*", ManifestName} {
		if left, _ := filepath.Glob(filepath.Join(dir, pattern)); len(left) > 0 {
			t.Errorf("to be seen: %s", left)
		}
	}
	grow()
	if err := fill(dir); err != nil {
		t.Fatal(err)
	}
	d, err := Open(dir)
	if err != nil || d.Len() != 100 {
		t.Fatalf("after resuming: %v", err)
	}
	d.Close()
}

func fillInProcess(t *testing.T, dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	limit := unix.Rlimit{Cur: 300_000, Max: 300_000}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	err := fill(dir)
	if !errors.Is(err, syscall.EFBIG) {
		t.Fatalf("a full disk: %v", err)
	}
	os.Stdout.WriteString(err.Error() + "\n")
}

// fill writes 100 samples of 50 kB, resuming what the spool has.
func fill(dir string) error {
	w, err := OpenSession(dir, Limits{GroupBytes: 100_000})
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := w.Spool("", nil); err != nil {
		return err
	}
	for i := int(w.Stat().Rows); i < 100; i++ {
		if err := w.Append(big(i)); err != nil {
			return err
		}
	}
	return w.Commit("test")
}
