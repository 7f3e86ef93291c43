package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pali3/pali3/internal/imagefile"
)

// headBytes is how much of a file is inspected to determine its kind.
const headBytes = 1024

// otherKinds holds advice for files that the source does not read, by the name that
// [imagefile.Kind] returns.
var otherKinds = []struct{ kind, advice string }{
	{"a Git LFS pointer", "run git lfs pull to get the file"},
	{"an HTML page", "the download gave a page, perhaps of an error or a login: download it again"},
	{"an XML document", "the download gave a message, perhaps of an error: download it again"},
	{"a Parquet file", "pali3 ingest table reads it"},
	{"an Arrow file", "pali3 ingest arrow reads it"},
	{"a tar archive", "pali3 ingest webdataset reads it"},
	{"a WARC archive", "pali3 ingest warc reads it"},
	{"a PDF document", "pali3 ingest pdf reads it"},
	{"JSON", "pali3 ingest table reads JSON lines"},
	{"plain text", "pali3 ingest table reads CSV, TSV and JSON lines"},
	{"a zip archive", "unpack it first"}, {"a 7z archive", "unpack it first"}, {"a RAR archive", "unpack it first"},
	{"gzip data", "unpack it first"}, {"zstd data", "unpack it first"}, {"bzip2 data", "unpack it first"}, {"xz data", "unpack it first"},
	{"a NumPy array", "it holds no records"}, {"an HDF5 file", "it is not read"}, {"a Python pickle", "it is not read"},
	{"an SQLite database", "it is not read"}, {"an ORC file", "it is not read"}, {"an Avro file", "it is not read"},
}

// ErrWrongKind is wrapped by the error of a file of a kind that the source does not read.
var ErrWrongKind = errors.New("a file of another kind")

// CheckKind inspects the beginning of a file and returns an error if it is of another kind. Files
// of unknown kinds pass.
func CheckKind(f io.ReaderAt, want string) error {
	head := make([]byte, headBytes)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil // reading it reports the error
	}
	head = head[:n]
	switch {
	case n == 0, want == "arrow" && bytes.HasPrefix(head, []byte("ARROW1")), want == "parquet" && bytes.HasPrefix(head, []byte("PAR1")):
		return nil
	case want == "tfrecord" && (bytes.HasPrefix(head, []byte("\x1f\x8b")) || n < 16):
		return nil
	}
	return wrongKind(head, want)
}

func wrongKind(head []byte, want string) error {
	kind := imagefile.Kind(head)
	for _, other := range otherKinds {
		if strings.HasPrefix(kind, other.kind) {
			return fmt.Errorf("%w: it is %s, not %s: %s", ErrWrongKind, kind, sourceKinds[want], other.advice)
		}
	}
	if imagefile.Format(head) != "" {
		return fmt.Errorf("%w: it is %s, not %s: pali3 ingest folder reads a folder of images", ErrWrongKind, kind, sourceKinds[want])
	}
	return nil
}

// sourceKinds names the kinds that sources read.
var sourceKinds = map[string]string{"arrow": "an Arrow file or stream", "tfrecord": "a TFRecord file", "parquet": "a Parquet file"}
