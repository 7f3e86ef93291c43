package ingest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"hash"
	"time"

	"github.com/pali3/pali3/shards"
)

// A run that updates ([Options.Update]) compares each record whose key the dataset has with the
// row: its images by their SHA-256, and all else that it says. One that differs is written as a row
// of a new part. Before the commit each part with rows that are replaced is written again without
// these, and the manifest lists the new parts in the place of the old: at any moment the dataset is
// the old or the new one. The old files are removed after that, by the same command if it is killed
// before.

// differs reports whether a record of an earlier run's key says other than its row does. Without
// [Options.Update] it is not compared.
func (k *known) differs(s *shards.Sample) bool {
	if k.whole == nil || !k.committed(s.Key) {
		return false
	}
	return k.whole[short(s.Key)] != wholly(s)
}

// wholly is all that a sample says, in short, but for the moment at which it was fetched.
func wholly(s *shards.Sample) uint64 {
	said := *s
	said.Provenance.FetchedAt = time.Time{}
	said.Images = nil
	h := sha256.New()
	for i := range s.Images {
		writePart(h, []byte(s.Images[i].SHA256))
	}
	for i := range s.Boxes {
		if mask := s.Boxes[i].Mask; mask != nil {
			writePart(h, mask)
		}
	}
	// What a dataset does not tell apart must not differ here: a list or map that is empty or nil.
	said.Texts, said.Questions, said.Boxes = emptyNil(s.Texts), emptyNil(s.Questions), emptyNil(s.Boxes)
	if len(s.Scores) == 0 {
		said.Scores = nil
	}
	if len(s.Metadata) == 0 {
		said.Metadata = nil
	}
	questions := make([]shards.Question, len(said.Questions))
	for i, q := range said.Questions {
		q.Answers = emptyNil(q.Answers)
		questions[i] = q
	}
	said.Questions = emptyNil(questions)
	content, err := json.Marshal(&said) // maps in the order of their keys
	if err != nil {                     // a score that is not a number
		content = []byte(err.Error())
	}
	writePart(h, content)
	return binary.LittleEndian.Uint64(h.Sum(nil))
}

func emptyNil[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

func writePart(h hash.Hash, content []byte) {
	var size [8]byte
	binary.LittleEndian.PutUint64(size[:], uint64(len(content)))
	h.Write(size[:])
	h.Write(content)
}

// replace takes the old rows of records that were updated out of the dataset that is to be
// committed.
func (r *run) replace() error {
	if len(r.known.updated) == 0 {
		return nil
	}
	old, err := r.writer.Replace(func(key string) bool {
		_, is := r.known.updated[short(key)]
		return is
	}, r.journal.begin)
	if err != nil {
		return err
	}
	r.replaced = old
	return r.journal.replaced(old)
}
