package pages

import (
	"errors"
	"fmt"
)

// Location is where a page lies.
type Location struct {
	At    int64
	Size  int32
	First int32 // row within the group
}

// ReadLocations reads an offset index: where the pages of a chunk of size bytes at at lie, all of
// them within it.
func ReadLocations(b []byte, at, size int64) (pages []Location, err error) {
	in := compact{b: b}
	for id := 0; ; {
		kind := in.field(&id)
		if kind == 0 {
			break
		}
		if id != 1 || kind != thriftList || pages != nil {
			in.skip(kind, 8)
			continue
		}
		n, element := in.list()
		if element != thriftStruct || n > uint64(len(b)) {
			return nil, errors.New("offset index: not a list of pages")
		}
		pages = make([]Location, n)
		for i := range pages {
			if err := readLocation(&in, pages, i, at, size); err != nil {
				return nil, err
			}
		}
	}
	if in.bad || len(pages) == 0 {
		return nil, errors.New("offset index: cut short or damaged")
	}
	return pages, nil
}

// readLocation reads where page i of a chunk lies.
func readLocation(in *compact, pages []Location, i int, chunk, chunkSize int64) error {
	var at, size, first int64
	for id := 0; ; {
		kind := in.field(&id)
		if kind == 0 {
			break
		}
		if !isInt(kind) {
			in.skip(kind, 8)
			continue
		}
		switch v := in.int(); id {
		case 1:
			at = v
		case 2:
			size = v
		case 3:
			first = v
		}
	}
	if at < chunk || size < 0 || size > chunk+chunkSize-at || size > MaxPage || first < 0 || first > 1<<31-1 ||
		i == 0 && first != 0 || i > 0 && int32(first) < pages[i-1].First {
		return fmt.Errorf("offset index: page %d has %d bytes at %d and row %d", i, size, at, first)
	}
	pages[i] = Location{at, int32(size), int32(first)}
	return nil
}
