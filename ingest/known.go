package ingest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"github.com/pali3/pali3/shards"
)

// known are the records that the dataset has: the first 16 bytes of the SHA-256 of each key, of each reject of earlier
// runs and, where asked for, of each record's pictures. Two different keys whose 128 bits agree do not come up by chance. Rejects
// of this run are not held: a bad record of a source comes once.
type known struct {
	mu      sync.RWMutex          // of keys: sources ask while records are added
	keys    map[[16]byte]bool     // whether an earlier run committed it
	shown   map[[16]byte]struct{} // pictures; nil if nobody asks
	rejects [][16]byte            // of earlier runs, in order: 16 bytes each is all they take
}

func newKnown(pictures bool) *known {
	k := &known{keys: map[[16]byte]bool{}}
	if pictures {
		k.shown = map[[16]byte]struct{}{}
	}
	return k
}

func short(text string) [16]byte {
	sum := sha256.Sum256([]byte(text))
	return [16]byte(sum[:16])
}

// key reports whether there is a record of that key.
func (k *known) key(key string) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	_, there := k.keys[short(key)]
	return there
}

// committed reports whether an earlier run committed a record of that key: what does not change during this run, nor by
// its being interrupted. Safe for concurrent use.
func (k *known) committed(key string) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.keys[short(key)]
}

// reject reports whether an earlier run rejected the same record for the same reason.
func (k *known) reject(r shards.Reject) bool {
	_, there := slices.BinarySearchFunc(k.rejects, shortReject(r), compareShort)
	return there
}

func shortReject(r shards.Reject) [16]byte {
	return short(fmt.Sprintf("%q %q %q", r.Origin, r.Key, r.Reason))
}

func compareShort(a, b [16]byte) int { return bytes.Compare(a[:], b[:]) }

// pictures reports whether there is a record of the same pictures.
func (k *known) pictures(s *shards.Sample) bool {
	if len(s.Images) == 0 {
		return false
	}
	_, there := k.shown[short(hashes(s))]
	return there
}

// hashes names a record's pictures in order.
func hashes(s *shards.Sample) string {
	var all string
	for i := range s.Images {
		all += s.Images[i].SHA256
	}
	return all
}

func (k *known) add(s *shards.Sample) {
	k.addKey(s.Key, false)
	if k.shown != nil && len(s.Images) > 0 {
		k.shown[short(hashes(s))] = struct{}{}
	}
}

func (k *known) addKey(key string, committed bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys[short(key)] = committed
}

// readDataset adds the rows and rejects of the dataset, if there is one.
func (k *known) readDataset(name string) error {
	dataset, err := shards.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer dataset.Close()
	if err := k.readRows(dataset, true); err != nil {
		return err
	}
	return k.readRejects(dataset)
}

// readRejects adds the dataset's rejects.
func (k *known) readRejects(dataset *shards.Dataset) error {
	if listed := dataset.Manifest().Rejects; listed != nil {
		k.rejects = make([][16]byte, 0, min(listed.Rows, maxReserved))
	}
	for reject, err := range dataset.Rejects() {
		if err != nil {
			return err
		}
		k.rejects = append(k.rejects, shortReject(reject))
	}
	slices.SortFunc(k.rejects, compareShort)
	return nil
}

// maxReserved is up to how many rejects there is room for before they are read: a manifest may say anything.
const maxReserved = 1 << 22

// readRows adds the rows of a dataset, committed by an earlier run or not. Of the pictures it reads the hashes alone.
func (k *known) readRows(dataset *shards.Dataset, committed bool) error {
	columns := []string{"key"}
	if k.shown != nil {
		columns = append(columns, "images.sha256")
	}
	rows, err := dataset.Select(columns...)
	if err != nil {
		return err
	}
	for s, err := range rows.Scan() {
		if err != nil {
			return fmt.Errorf("reading the keys of %s: %w", dataset.Dir(), err)
		}
		k.add(s)
		k.addKey(s.Key, committed)
	}
	return nil
}
