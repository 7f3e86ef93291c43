package webli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/internal/imageprint"
	"github.com/pali3/pali3/shards"
)

// The values of SplitConfig.By that do not name metadata.
const (
	byKey  = "key"
	byURL  = "provenance.url"
	byPage = "provenance.page_url"
)

// member is what Split knows of a sample: its fingerprints and two hashes, but no text.
type member struct {
	hash     [sha256.Size]byte // of the seed and the value
	split    string            // in the input
	fixed    bool              // it keeps that split
	images   int
	unvalued bool                // it has no value to split by, so its key decides
	sums     [][sha256.Size]byte // of the images' bytes
	prints   []*imageprint.Print // of the images that decode
	words    uint64              // hash of texts and questions, if there is no image; 0 if there are none
}

// uniform returns a number in [0, 1) that decides the member's split.
func (m *member) uniform() float64 {
	return float64(binary.BigEndian.Uint64(m.hash[:8])>>11) / (1 << 53)
}

// before orders the members of a group independently of uniform, so that large groups do not favour
// a split.
func (m *member) before(other *member) bool { return bytes.Compare(m.hash[8:], other.hash[8:]) < 0 }

// examineMembers makes the member of every sample, in order. It reads and decodes images only if
// the config compares them.
func examineMembers(ctx context.Context, in *shards.Dataset, config SplitConfig, options Options) ([]*member, error) {
	columns := (*shards.Dataset).All
	if config.KeepTogether == "" {
		names := []string{"key", "split", "images.width"}
		switch config.By {
		case byKey:
		case byURL, byPage:
			names = append(names, config.By)
		default:
			names = append(names, "metadata")
		}
		v, err := in.Select(names...)
		if err != nil {
			return nil, err
		}
		columns = func(*shards.Dataset) *shards.View { return v }
	}
	e := &memberExaminer{SplitConfig: config}
	return examineEach(ctx, []*shards.Dataset{in}, columns, options, e.examine)
}

// memberExaminer makes members. It is safe for concurrent use.
type memberExaminer struct {
	SplitConfig
	names sync.Map // the splits in the input, each kept in memory once
}

func (e *memberExaminer) examine(s *shards.Sample, from Origin) *member {
	name, _ := e.names.LoadOrStore(s.Split, strings.Clone(s.Split))
	m := &member{split: name.(string), fixed: e.keeps(s.Split), images: len(s.Images)}
	value := valueOf(s, e.By)
	if value == "" {
		m.unvalued, value = e.By != byKey, s.Key
	}
	m.hash = sha256.Sum256(fmt.Appendf(nil, "%d:%s", e.Seed, value))
	if e.KeepTogether == "" {
		return m
	}
	for i := range s.Images {
		encoded := s.Images[i].Bytes
		m.sums = append(m.sums, sha256.Sum256(encoded))
		if img, onBlack, err := augment.DecodeTwice(encoded); err == nil {
			m.prints = append(m.prints, imageprint.Of(encoded, img, onBlack))
		}
	}
	if len(s.Images) == 0 && len(s.Texts)+len(s.Questions) > 0 {
		c := &Candidate{}
		(&examiner{judge: newTextJudge(Texts{})}).examineTexts(c, s)
		m.words = max(c.words, 1)
	}
	return m
}

// valueOf returns the value of a sample to split by, or "".
func valueOf(s *shards.Sample, by string) string {
	switch by {
	case byKey:
		return s.Key
	case byURL:
		return s.Provenance.URL
	case byPage:
		return s.Provenance.PageURL
	}
	if value, found := s.Metadata[by]; found {
		return value
	}
	return s.Metadata[strings.TrimPrefix(by, "metadata.")]
}

// valuesFound returns an error if no sample has a value to split by. The error names the fields of
// the first samples.
func valuesFound(in *shards.Dataset, members []*member, by string) error {
	for _, m := range members {
		if !m.unvalued {
			return nil
		}
	}
	if len(members) == 0 {
		return nil
	}
	const looked, most = 100, 20
	v, err := in.Select("metadata")
	if err != nil {
		return err
	}
	there := map[string]bool{byKey: true}
	n := 0
	for s, err := range v.Samples() {
		if err != nil {
			return err
		}
		for name := range s.Metadata {
			if len(there) < most {
				there[name] = true
			}
		}
		if n++; n == looked {
			break
		}
	}
	return fmt.Errorf("no sample of %s has %q to split by; there are %s, %s, %s", in.Dir(), by,
		strings.Join(sortedNames(there), ", "), byURL, byPage)
}
