package arrowguard

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// record is a record batch of numbers and texts.
func record() arrow.Record {
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}, {Name: "s", Type: arrow.BinaryTypes.String}}, nil)
	b := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
	b.Field(0).(*array.Int64Builder).AppendValues([]int64{1, 2, 3}, nil)
	b.Field(1).(*array.StringBuilder).AppendValues([]string{"a", "bc", ""}, nil)
	return b.NewRecord()
}

func streamOf(t testing.TB, batches int) []byte {
	var b bytes.Buffer
	r := record()
	w := ipc.NewWriter(&b, ipc.WithSchema(r.Schema()))
	for range batches {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type writeSeeker struct{ bytes.Buffer }

func (w *writeSeeker) Seek(offset int64, whence int) (int64, error) { return int64(w.Len()), nil }

func fileOf(t testing.TB, batches int) []byte {
	var b writeSeeker
	r := record()
	w, err := ipc.NewFileWriter(&b, ipc.WithSchema(r.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	for range batches {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestStream_PassesOnWhatIsWholeAndNoMore(t *testing.T) {
	for batches := range 3 {
		content := streamOf(t, batches)
		in := bytes.NewReader(append(bytes.Clone(content), "what follows"...))
		got, err := io.ReadAll(Stream(iotest.OneByteReader(in), Rows))
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d batches: %d bytes of %d: %v", batches, len(got), len(content), err)
		}
		if rest, _ := io.ReadAll(in); string(rest) != "what follows" {
			t.Errorf("%d batches: %q is left", batches, rest)
		}
		for cut := range content {
			got, err := io.ReadAll(Stream(bytes.NewReader(content[:cut]), Rows))
			if !bytes.HasPrefix(content, got) || err == nil && len(got) != cut {
				t.Fatalf("cut at %d: %d bytes, %v", cut, len(got), err)
			}
		}
	}
}

func TestStream_RefusesLengthsOutOfRange(t *testing.T) {
	content := streamOf(t, 1)
	schema := int(binary.LittleEndian.Uint32(content[4:]))
	second := 8 + schema // the record batch's message
	for name, c := range map[string]struct {
		at    int
		value uint32
		want  string
	}{
		"negative metadata": {4, 0xfffffffe, "-2 bytes of metadata"}, "huge metadata": {4, 1 << 30, "1073741824 bytes of metadata"},
		"negative metadata of a batch": {second + 4, 0x80000000, "-2147483648 bytes of metadata"},
	} {
		bad := bytes.Clone(content)
		binary.LittleEndian.PutUint32(bad[c.at:], c.value)
		if _, err := io.ReadAll(Stream(bytes.NewReader(bad), Rows)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	if _, err := io.ReadAll(Stream(bytes.NewReader(content), 8)); err == nil || !strings.Contains(err.Error(), "legal are 0 to 8") {
		t.Errorf("a body beyond the bound: %v", err)
	}
}

func TestFile_RefusesBlocksOutsideOfTheFile(t *testing.T) {
	content := fileOf(t, 2)
	if err := File(bytes.NewReader(content), Rows); err != nil {
		t.Fatal(err)
	}
	if err := File(bytes.NewReader(content), 1); err == nil || !strings.Contains(err.Error(), "block 0") {
		t.Errorf("a body beyond the bound: %v", err)
	}
	r, err := ipc.NewFileReader(bytes.NewReader(content))
	if err != nil || r.NumRecords() != 2 {
		t.Fatal(r, err)
	}
	refused := 0
	for at := len(content) - 10 - int(binary.LittleEndian.Uint32(content[len(content)-10:])); at+8 < len(content)-10; at += 4 {
		for _, value := range []uint64{1 << 40, 1 << 63, 1<<63 - 1} {
			bad := bytes.Clone(content)
			binary.LittleEndian.PutUint64(bad[at:], value)
			if err := File(bytes.NewReader(bad), Rows); err != nil {
				refused++
			}
			readAll(bad)
		}
	}
	if refused < 12 {
		t.Errorf("%d damaged footers are refused", refused)
	}
}

// readAll reads content as a file and as a stream, as readers do.
func readAll(content []byte) {
	func() {
		defer func() { _ = recover() }()
		if File(bytes.NewReader(content), 1<<24) != nil {
			return
		}
		r, err := ipc.NewFileReader(bytes.NewReader(content), ipc.WithAllocator(NewMemory(1<<24)))
		if err != nil {
			return
		}
		for i := range min(r.NumRecords(), 100) {
			if _, err := r.RecordAt(i); err != nil {
				return
			}
		}
	}()
	func() {
		defer func() { _ = recover() }()
		r, err := ipc.NewReader(Stream(bytes.NewReader(content), 1<<24), ipc.WithAllocator(NewMemory(1<<24)))
		if err != nil {
			return
		}
		for n := 0; n < 100 && r.Next(); n++ {
			_ = r.Record().NumRows()
		}
	}()
}

func FuzzReaders(f *testing.F) {
	f.Add(streamOf(f, 2))
	f.Add(fileOf(f, 2))
	f.Fuzz(func(t *testing.T, content []byte) { readAll(content) })
}
