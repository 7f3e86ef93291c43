package safetensors

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/internal/atomicfile"
)

// Tensor is a tensor to [Write]. Write calls Data once, when it writes the tensor, so that a large
// model is not in memory twice. Where making the bytes can fail, Encode takes the place of Data.
type Tensor struct {
	Name   string
	DType  DType
	Shape  []int
	Data   func() []byte
	Encode func() ([]byte, error)
}

func (t Tensor) content() ([]byte, error) {
	if t.Encode == nil {
		return t.Data(), nil
	}
	content, err := t.Encode()
	if err != nil {
		return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	return content, nil
}

func checksumKey(name string) string { return "xxh64 " + name }
func isChecksum(key string) bool     { return strings.HasPrefix(key, "xxh64 ") }
func checksum(sum uint64) string     { return fmt.Sprintf("%016x", sum) }

// Write writes the tensors to a file that appears only when it is complete and synced. Tensors with
// wider elements come first, for alignment; otherwise their order stays.
func Write(path string, tensors []Tensor, metadata map[string]string) error {
	tensors = slices.Clone(tensors)
	slices.SortStableFunc(tensors, func(a, b Tensor) int {
		wa, _ := a.DType.Size()
		wb, _ := b.DType.Size()
		return wb - wa
	})
	notes := map[string]string{}
	for key, value := range metadata {
		notes[key] = value
	}
	for _, t := range tensors {
		notes[checksumKey(t.Name)] = checksum(0)
	}
	header, err := encodeHeader(tensors, notes)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	file, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer file.Abort()
	if err := writeData(file, header, tensors, notes); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	// The checksums are known now; they take as many bytes as the zeros in their place.
	if header, err = encodeHeader(tensors, notes); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if _, err := file.WriteAt(header, 0); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return file.Commit()
}

// writeData writes the header and every tensor's bytes, and notes the checksums.
func writeData(file io.Writer, header []byte, tensors []Tensor, notes map[string]string) error {
	out := bufio.NewWriterSize(file, 1<<20)
	if _, err := out.Write(header); err != nil {
		return err
	}
	for _, t := range tensors {
		content, err := t.content()
		if err != nil {
			return err
		}
		width, _ := t.DType.Size()
		if want, ok := byteCount(t.Shape, width, int64(len(content))); !ok || want != int64(len(content)) {
			return fmt.Errorf("tensor %q: %d bytes for shape %v of %s", t.Name, len(content), t.Shape, t.DType)
		}
		notes[checksumKey(t.Name)] = checksum(xxhash.Sum64(content))
		if _, err := out.Write(content); err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}
	return out.Flush()
}

// encodeHeader returns the length and the header, padded with spaces so that the data is aligned to
// 8 bytes.
func encodeHeader(tensors []Tensor, metadata map[string]string) ([]byte, error) {
	type entry struct {
		DType   DType    `json:"dtype"`
		Shape   []int    `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	fields := map[string]any{metadataKey: metadata}
	at := int64(0)
	for _, t := range tensors {
		if _, taken := fields[t.Name]; taken {
			return nil, fmt.Errorf("two tensors are named %q", t.Name)
		}
		width, known := t.DType.Size()
		if !known {
			return nil, fmt.Errorf("tensor %q: dtype %q is not supported", t.Name, string(t.DType))
		}
		size := int64(width)
		for _, d := range t.Shape {
			size *= int64(d)
		}
		shape := append([]int{}, t.Shape...) // a scalar's shape is [], not null
		fields[t.Name] = entry{t.DType, shape, [2]int64{at, at + size}}
		at += size
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	for len(text)%8 != 0 {
		text = append(text, ' ')
	}
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), nil
}
