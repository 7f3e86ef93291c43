package ingest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"hash"
	"time"

	"github.com/pali3/pali3/shards"
)

// An updating run ([Options.Update]) compares each record whose key the dataset has with its row:
// the images by SHA-256, everything else by value. A record that differs becomes a row of a new
// part. Before the commit, each part with replaced rows is rewritten without them, and the manifest
// lists the new parts instead of the old: at any point the dataset is either the old or the new
// one. The old files are deleted after the commit, or by the next run of the command if this one is
// killed.

// differs reports whether a record of an earlier run's key says other than its row does. Without
// [Options.Update] it is not compared.
func (k *known) differs(s *shards.Sample) bool {
	if k.whole == nil || !k.committed(s.Key) {
		return false
	}
	return k.whole[short(s.Key)] != wholly(s)
}

// wholly hashes all of a sample but the time at which it was fetched.
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
	// A dataset does not distinguish an empty list or map from nil.
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

// replace removes the old rows of updated records from the dataset about to be committed.
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
