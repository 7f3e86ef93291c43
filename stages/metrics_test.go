package stages

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOpenMetrics_DropsLaterSteps(t *testing.T) {
	dir := t.TempDir()
	w, _, err := openMetrics(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	for step := 1; step <= 5; step++ {
		if err := w.add(Metric{Step: step, Loss: 1 / float32(step), Time: time.Unix(int64(step), 0).UTC()}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, MetricsFile)
	content, _ := os.ReadFile(path)
	os.WriteFile(path, append(content, `{"step": 6, "lo`...), 0o644) // a line that a kill cut

	if w, _, err = openMetrics(dir, 3); err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if err := w.add(Metric{Step: 4, Loss: 9}); err != nil {
		t.Fatal(err)
	}
	metrics, err := ReadMetrics(dir)
	if err != nil {
		t.Fatal(err)
	}
	var losses []float32
	for _, m := range metrics {
		losses = append(losses, m.Loss)
	}
	if want := []float32{1, 0.5, 1. / 3, 9}; !slices.Equal(losses, want) {
		t.Errorf("losses %v, want %v", losses, want)
	}
	if steps := eventSteps(t, dir); !slices.Equal(steps, []uint64{1, 2, 3, 4}) {
		t.Errorf("TensorBoard has steps %v", steps)
	}
}

func TestReadMetrics_ErrorNamesTheLine(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, MetricsFile), []byte("{\"step\": 1}\nnonsense\n"), 0o644)
	if _, err := ReadMetrics(dir); err == nil || !strings.Contains(err.Error(), "metrics.jsonl line 2") {
		t.Errorf("error %v", err)
	}
}

// eventSteps reads the records of the TensorBoard file, checks their sums, and returns their steps.
func eventSteps(t *testing.T, dir string) []uint64 {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, eventsFile))
	if err != nil {
		t.Fatal(err)
	}
	var steps []uint64
	for len(content) > 0 {
		length := binary.LittleEndian.Uint64(content)
		if sum := binary.LittleEndian.Uint32(content[8:]); sum != maskedSum(content[:8]) {
			t.Fatalf("the length's sum is %#x", sum)
		}
		record := content[12 : 12+length]
		if sum := binary.LittleEndian.Uint32(content[12+length:]); sum != maskedSum(record) {
			t.Fatalf("the record's sum is %#x", sum)
		}
		content = content[16+length:]
		if record[9] == 2<<3|wireVarint {
			step, _ := binary.Uvarint(record[10:])
			steps = append(steps, step)
		}
	}
	return steps
}

// TestScalarsEvent_EqualsProtobuf compares an event with the bytes that protobuf's own encoder
// gives for
//
//	Event(wall_time=1.5, step=300, summary=Summary(value=[Value(tag="loss", simple_value=0.25)]))
func TestScalarsEvent_EqualsProtobuf(t *testing.T) {
	got := scalarsEvent(time.Unix(1, 5e8), 300, scalar{"loss", 0.25})
	want := []byte{
		0x09, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, // wall_time
		0x10, 0xac, 0x02, // step
		0x2a, 0x0d, // summary
		0x0a, 0x0b, // value
		0x0a, 0x04, 'l', 'o', 's', 's', // tag
		0x15, 0, 0, 0x80, 0x3e, // simple_value
	}
	if !slices.Equal(got, want) {
		t.Errorf("event %x\nwant  %x", got, want)
	}
	// The sum of "123456789" under CRC-32C is published as 0xe3069283.
	if got, want := maskedSum([]byte("123456789")), uint32(0xe3069283>>15|0xe3069283<<17&math.MaxUint32)+0xa282ead8; got != want {
		t.Errorf("masked sum %#x, want %#x", got, want)
	}
}
