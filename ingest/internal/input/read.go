package input

import (
	"fmt"
	"io"
	"os"

	"github.com/pali3/pali3/ingest"
)

// ReadWithin reads a file of at most limit bytes below root. Links cannot lead out of root.
func ReadWithin(root *os.Root, name string, limit int64) (content []byte, reason string, err error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, ingest.Unreadable, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, ingest.Unreadable, err
	}
	if !info.Mode().IsRegular() {
		return nil, ingest.Unreadable, fmt.Errorf("%s is not a regular file", name)
	}
	content, err = io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, ingest.Unreadable, err
	}
	if int64(len(content)) > limit {
		return nil, ingest.TooLarge, fmt.Errorf("%s is over %d bytes", name, limit)
	}
	return content, "", nil
}
