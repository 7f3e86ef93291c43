package safetensors

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestOpen_CostsTheHeaderOnly opens a file of 10 GiB, which is sparse.
func TestOpen_CostsTheHeaderOnly(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("A FILE OF 10 GiB IS NOT TESTED: it would fill the disk where files are not sparse; run on Linux")
	}
	const size = 10 << 30
	header := fmt.Sprintf(`{"a":{"dtype":"F32","shape":[%d],"data_offsets":[0,%d]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[%d,%d]}}`,
		size/4, size, size, size+4)
	path := filepath.Join(t.TempDir(), "large.safetensors")
	if err := os.WriteFile(path, fileOf(header, 0), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, int64(8+len(header)+size+4)); err != nil {
		t.Skipf("A FILE OF 10 GiB IS NOT TESTED: this file system has no sparse files: %v", err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := f.Float32("b")
	runtime.ReadMemStats(&after)
	if err != nil || len(b) != 2 {
		t.Errorf("%v, %v", b, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("opening it allocated %d bytes", used)
	}
}

func BenchmarkFloat32(b *testing.B) {
	for _, d := range []DType{F32, BF16, F16} {
		b.Run(string(d), func(b *testing.B) {
			const elements = 1 << 24
			width, _ := d.Size()
			path := filepath.Join(b.TempDir(), "model.safetensors")
			err := Write(path, []Tensor{{Name: "a", DType: d, Shape: []int{elements}, Data: func() []byte { return make([]byte, elements*width) }}}, nil)
			if err != nil {
				b.Fatal(err)
			}
			f, err := Open(path)
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			b.SetBytes(int64(elements * width))
			for b.Loop() {
				if _, err := f.Float32("a"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
