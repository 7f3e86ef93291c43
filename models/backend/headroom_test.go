//go:build unix

package backend

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// headroomChild is set in the process that TestOpen_ExtendsTheHeap starts.
const headroomChild = "PALI3_TEST_HEADROOM"

// A read behind the last slice of the heap ends a program, see growHeap.
func TestOpen_ExtendsTheHeap(t *testing.T) {
	if os.Getenv(headroomChild) != "" {
		reportHeadroom(t)
		return
	}
	if !canMap(headroom) {
		t.Skip("THE HEADROOM OF THE HEAP IS NOT TESTED: the system gives no 8 GiB of address space")
	}
	child := exec.Command(os.Args[0], "-test.run=^TestOpen_ExtendsTheHeap$", "-test.v")
	child.Env = append(os.Environ(), headroomChild+"=1")
	out, err := child.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "extended\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

func reportHeadroom(t *testing.T) {
	if _, err := Open("go"); err != nil {
		t.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if idle := m.HeapIdle; idle < headroom {
		t.Errorf("%d bytes of the heap are idle", idle)
	}
	if written := m.HeapSys - m.HeapReleased; written > 200<<20 {
		t.Errorf("%d bytes of the heap take memory", written)
	}
	t.Output().Write([]byte("extended\n"))
}
