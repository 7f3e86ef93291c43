package avif

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/pali3/pali3/internal/imagefile/fault"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	encoded, err := os.ReadFile("../../augment/testdata/images/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func TestReader_GivesFramesInAnyOrder(t *testing.T) {
	r, err := Open(read(t, "sequence.avif"), 45, 37, true)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Frames != 3 || r.Channels != 3 {
		t.Fatalf("%d frames of %d channels", r.Frames, r.Channels)
	}
	var seen [3][]uint8
	for _, index := range []int{0, 1, 2, 1, 0} {
		pixels, err := r.Frame(index)
		if err != nil || len(pixels) != 3*45*37 {
			t.Fatalf("frame %d: %d values, %v", index, len(pixels), err)
		}
		if seen[index] != nil && !bytes.Equal(seen[index], pixels) {
			t.Errorf("frame %d differs the second time", index)
		}
		seen[index] = bytes.Clone(pixels)
	}
	if bytes.Equal(seen[0], seen[1]) {
		t.Error("two frames are equal")
	}
	if _, err := r.Frame(3); err == nil {
		t.Error("a frame after the last")
	}
}

func TestOpen_RefusesWhatTheHeaderDenies(t *testing.T) {
	good := read(t, "still.avif")
	for name, c := range map[string]struct {
		encoded       []byte
		width, height int
		want          error
	}{
		"another size":    {good, 44, 37, fault.ErrCorrupt},
		"no AVIF":         {[]byte("GIF89a"), 45, 37, fault.ErrCorrupt},
		"nothing":         {nil, 45, 37, fault.ErrCorrupt},
		"its first boxes": {good[:60], 45, 37, fault.ErrTruncated},
	} {
		if r, err := Open(c.encoded, c.width, c.height, false); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
			if r != nil {
				r.Close()
			}
		}
	}
}

// TestReader_StaysWithinItsMemory decodes with less memory than the image needs.
func TestReader_StaysWithinItsMemory(t *testing.T) {
	e, err := start()
	if err != nil {
		t.Fatal(err)
	}
	most := uint64(e.compiled.ExportedMemories()["memory"].Min()+2) * memoryPage
	r, err := e.reader(most)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	err = r.open(read(t, "still.avif"), 45, 37)
	if err == nil {
		_, err = r.Frame(0)
	}
	if err == nil || !errors.Is(err, fault.ErrTooLarge) && !errors.Is(err, fault.ErrCorrupt) {
		t.Errorf("%v", err)
	}
	if size := r.module.Memory().Size(); uint64(size) > most {
		t.Errorf("%d bytes", size)
	}
}

func TestOpen_IsSafeForConcurrentUse(t *testing.T) {
	still, sequence := read(t, "still.avif"), read(t, "sequence.avif")
	want := pixels(t, still, false)
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			if i%2 == 1 {
				pixels(t, sequence, true)
			} else if !bytes.Equal(pixels(t, still, false), want) {
				t.Error("pixels differ")
			}
		})
	}
	group.Wait()
}

func pixels(t testing.TB, encoded []byte, sequence bool) []uint8 {
	r, err := Open(encoded, 45, 37, sequence)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer r.Close()
	samples, err := r.Frame(0)
	if err != nil {
		t.Error(err)
	}
	return bytes.Clone(samples)
}

// TestLibrary_CallsNothingButWASI keeps the sandbox closed: no files, no network.
func TestLibrary_CallsNothingButWASI(t *testing.T) {
	e, err := start()
	if err != nil {
		t.Fatal(err)
	}
	allowed := "environ_get environ_sizes_get clock_time_get fd_close fd_fdstat_get fd_seek fd_write fd_read fd_prestat_get fd_prestat_dir_name path_open fd_fdstat_set_flags proc_exit"
	for _, f := range e.compiled.ImportedFunctions() {
		module, name, _ := f.Import()
		if module != "wasi_snapshot_preview1" || !strings.Contains(allowed, name) {
			t.Errorf("imports %s.%s", module, name)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	encoded := read(b, "still.avif")
	pixels(b, encoded, false)
	b.ReportAllocs()
	for b.Loop() {
		pixels(b, encoded, false)
	}
}
