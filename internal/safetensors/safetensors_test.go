package safetensors

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func sample() []Tensor {
	return []Tensor{
		{Name: "ids", DType: I32, Shape: []int{3}, Data: func() []byte { return Int32Bytes([]int32{1, -2, 3}) }},
		{Name: "half", DType: BF16, Shape: []int{2}, Data: func() []byte { return []byte{0x80, 0x3f, 0x20, 0xc0} }}, // 1, -2.5
		{Name: "short", DType: F16, Shape: []int{1, 2}, Data: func() []byte { return []byte{0x00, 0x3c, 0x00, 0xc1} }},
		{Name: "kernel", DType: F32, Shape: []int{2, 2}, Data: func() []byte { return Float32Bytes([]float32{1, 2, 3, 4}) }},
		{Name: "scalar", DType: F32, Data: func() []byte { return Float32Bytes([]float32{7}) }},
	}
}

func writeSample(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := Write(path, sample(), map[string]string{"step": "12"}); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpen_ReadsWhatWriteWrote(t *testing.T) {
	f, err := Open(writeSample(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.Metadata(); len(got) != 1 || got["step"] != "12" {
		t.Errorf("metadata %v", got)
	}
	if f.data%8 != 0 {
		t.Errorf("data begins at %d, not aligned", f.data)
	}
	for name, want := range map[string][]float32{
		"kernel": {1, 2, 3, 4}, "scalar": {7}, "half": {1, -2.5}, "short": {1, -2.5},
	} {
		got, err := f.Float32(name)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, want)
		}
	}
	if got, err := f.Int32("ids"); err != nil || !slices.Equal(got, []int32{1, -2, 3}) {
		t.Errorf("ids: %v, %v", got, err)
	}
	if _, err := f.Float32("ids"); err == nil {
		t.Error("integers were read as floating-point numbers")
	}
}

func TestOpen_ErrorNamesTheDamage(t *testing.T) {
	for name, c := range map[string]struct {
		damage func([]byte) []byte
		want   string
	}{
		"empty":        {func(b []byte) []byte { return nil }, "too few"},
		"cut in data":  {func(b []byte) []byte { return b[:len(b)-3] }, "do not lie in the file"},
		"cut in front": {func(b []byte) []byte { return b[:20] }, "cut short"},
		"long":         {func(b []byte) []byte { return append(b, 0) }, "end at byte"},
		"huge header":  {func(b []byte) []byte { b[7] = 0x7f; return b }, "the header claims"},
		"not JSON":     {func(b []byte) []byte { b[8] = 'x'; return b }, "not JSON"},
		"shape": {func(b []byte) []byte {
			return []byte(strings.Replace(string(b), `"shape":[2,2]`, `"shape":[2,3]`, 1))
		}, `tensor "kernel": shape [2 3]`},
		"negative": {func(b []byte) []byte {
			return []byte(strings.Replace(string(b), `"shape":[2,2]`, `"shape":[-2,-2]`, 1))
		}, "tensor"},
		"dtype": {func(b []byte) []byte {
			return []byte(strings.Replace(string(b), `"BF16"`, `"F999"`, 1))
		}, `tensor "half": dtype`},
	} {
		t.Run(name, func(t *testing.T) {
			path := writeSample(t)
			content, _ := os.ReadFile(path)
			os.WriteFile(path, c.damage(content), 0o644)
			_, err := Open(path)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v; want one that names the file and has %q", err, c.want)
			}
		})
	}
}

func TestFloat32_FindsAFlippedBit(t *testing.T) {
	path := writeSample(t)
	content, _ := os.ReadFile(path)
	content[8+binary.LittleEndian.Uint64(content)+12+5] ^= 1 // ids take the first 12 bytes
	os.WriteFile(path, content, 0o644)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Float32("kernel"); err == nil || !strings.Contains(err.Error(), `tensor "kernel"`) {
		t.Errorf("error %v", err)
	}
}

func TestWrite_RejectsBadTensors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	none := func() []byte { return nil }
	for name, tensors := range map[string][]Tensor{
		"a wrong length":  {{Name: "a", DType: F32, Shape: []int{2}, Data: none}},
		"a repeated name": {{Name: "a", DType: F32, Shape: []int{0}, Data: none}, {Name: "a", DType: F32, Shape: []int{0}, Data: none}},
		"an unknown type": {{Name: "a", DType: "C65", Shape: []int{0}, Data: none}},
	} {
		if err := Write(path, tensors, nil); err == nil {
			t.Errorf("%s was written", name)
		}
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
