package mds

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/mapping"
)

func (f *file) hashers() hashers {
	h := hashers{}
	for name := range f.Hashes {
		switch name {
		case "sha1":
			h[name] = sha1.New()
		case "sha256", "sha2_256":
			h[name] = sha256.New()
		case "md5":
			h[name] = md5.New()
		case "xxh64":
			h[name] = xxhash.New()
		}
	}
	return h
}

// record makes a record of a sample's bytes.
func (s *shard) record(b []byte, key string, plan *mapping.Plan) shards.Record {
	columns, err := s.split(b)
	if err != nil {
		return shards.Bad("", "", BadSample, err)
	}
	values := make(map[string]any, len(columns))
	for i, name := range s.Names {
		if values[name], err = valueOf(s.Encodings[i], columns[i]); err != nil {
			return shards.Bad("", "", BadSample, fmt.Errorf("column %s (%s): %w", name, s.Encodings[i], err))
		}
	}
	return plan.Record(values, key)
}

// columns returns what the shard's columns hold, by their encodings.
func (s *shard) columns() (all []mapping.Column) {
	for i, name := range s.Names {
		c := mapping.Column{Name: name}
		switch encoding, _, _ := strings.Cut(s.Encodings[i], ":"); {
		case imageEncodings[encoding]:
			c.Type, c.List = mapping.Image, strings.HasPrefix(encoding, "list") || strings.HasSuffix(encoding, "array")
		case encoding == "str":
			c.Type = mapping.Text
		case encoding == "bytes":
			c.Type = mapping.Bytes
		case encoding == "json":
			c.Type = mapping.Struct
		case !scalar(encoding):
			c.Type = mapping.Opaque
		}
		all = append(all, c)
	}
	return all
}
