package ingest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"sync"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/shards"
)

// known holds the records that the dataset has, as the first 16 bytes of SHA-256 hashes: of each
// key, of each reject of earlier runs and, with Dedup, of each record's images. 128 bits do not
// collide by chance. Rejects of this run are not held, since a source yields a bad record once.
type known struct {
	mu      sync.RWMutex          // guards keys: sources ask for keys while records are added
	keys    map[[16]byte]uint64   // hash of the content of this run's record, or committedEarlier
	shown   map[[16]byte]struct{} // images; nil without Dedup
	rejects [][16]byte            // of earlier runs, sorted
	whole   map[[16]byte]uint64   // key -> hash of the whole record of an earlier run; nil without Update
	updated map[[16]byte]struct{} // records of earlier runs that this run replaces
}

func newKnown(images, updates bool) *known {
	k := &known{keys: map[[16]byte]uint64{}, updated: map[[16]byte]struct{}{}}
	if updates {
		k.whole = map[[16]byte]uint64{}
	}
	if images {
		k.shown = map[[16]byte]struct{}{}
	}
	return k
}

func short(text string) [16]byte {
	sum := sha256.Sum256([]byte(text))
	return [16]byte(sum[:16])
}

// committedEarlier marks a record of an earlier run. Its content is not compared with that of new
// records, since it may have been transformed in another way.
const committedEarlier = 0

// key reports whether there is a record of the sample's key, and whether that is one of this run
// with other images, texts, questions, answers or boxes.
func (k *known) key(s *shards.Sample) (there, another bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	holds, there := k.keys[short(s.Key)]
	return there, there && holds != committedEarlier && holds != held(s)
}

// held hashes the content of a sample.
func held(s *shards.Sample) uint64 {
	var h xxhash.Digest
	h.Reset()
	part := func(text string) {
		h.WriteString(text)
		h.Write([]byte{0xff}) // in no UTF-8
	}
	for i := range s.Images {
		part(s.Images[i].SHA256)
	}
	part("")
	for i := range s.Texts {
		part(s.Texts[i].Value)
	}
	part("")
	for i := range s.Questions {
		part(s.Questions[i].Text)
		for j := range s.Questions[i].Answers {
			part(s.Questions[i].Answers[j].Text)
		}
		part("")
	}
	for i := range s.Boxes {
		x := &s.Boxes[i]
		part(x.Label)
		for _, edge := range []float32{x.Y0, x.X0, x.Y1, x.X1} {
			var bits [4]byte
			binary.LittleEndian.PutUint32(bits[:], math.Float32bits(edge))
			h.Write(bits[:])
		}
	}
	return max(h.Sum64(), committedEarlier+1)
}

// committed reports whether an earlier run committed a record with that key. The answer does not
// change during this run, interrupted or not. Safe for concurrent use.
func (k *known) committed(key string) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	holds, there := k.keys[short(key)]
	return there && holds == committedEarlier
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

// images reports whether a record has the same images.
func (k *known) images(s *shards.Sample) bool {
	if len(s.Images) == 0 {
		return false
	}
	_, there := k.shown[short(hashes(s))]
	return there
}

// hashes joins the hashes of a record's images, in order.
func hashes(s *shards.Sample) string {
	var all string
	for i := range s.Images {
		all += s.Images[i].SHA256
	}
	return all
}

func (k *known) add(s *shards.Sample) {
	k.addKey(s.Key, held(s))
	if k.shown != nil && len(s.Images) > 0 {
		k.shown[short(hashes(s))] = struct{}{}
	}
}

func (k *known) addKey(key string, holds uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	hash := short(key)
	if before, there := k.keys[hash]; there && before == committedEarlier && holds != committedEarlier {
		k.updated[hash] = struct{}{}
	}
	k.keys[hash] = holds
}

// readDataset adds the rows and rejects of the dataset, if there is one.
func (k *known) readDataset(ctx context.Context, stores shards.Stores, name string) error {
	dataset, err := stores.Open(ctx, name)
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

// maxReserved limits the memory reserved for rejects before they are read: the number is the
// manifest's and may be wrong.
const maxReserved = 1 << 22

// readRows adds the rows of a dataset, committed by an earlier run or not. Of the images it reads
// only the hashes.
func (k *known) readRows(dataset *shards.Dataset, committed bool) error {
	columns := []string{"key"}
	if k.shown != nil || !committed {
		columns = append(columns, "images.sha256")
	}
	if !committed {
		columns = append(columns, "texts.value", "questions", "boxes.label", "boxes.y0", "boxes.x0", "boxes.y1", "boxes.x1")
	}
	rows, err := dataset.Select(columns...)
	if committed && k.whole != nil {
		rows, err = dataset.Without("images.bytes")
	}
	if err != nil {
		return err
	}
	for s, err := range rows.Scan() {
		if err != nil {
			return fmt.Errorf("reading the keys of %s: %w", dataset.Dir(), err)
		}
		k.add(s)
		if committed {
			k.addKey(s.Key, committedEarlier)
			if k.whole != nil {
				k.whole[short(s.Key)] = wholly(s)
			}
		}
	}
	return nil
}
