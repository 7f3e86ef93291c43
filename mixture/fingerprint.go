package mixture

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/goccy/go-yaml"

	"github.com/pali3/pali3/shards"
)

// Fingerprint returns the sha256, in hex, of what determines the examples of a stream: the recipe
// with its defaults filled in, the tokenizer's model, and the parts that the datasets' manifests
// list. Streams with the same fingerprint have the same examples at each step, wherever their files
// are, except that a batch names its datasets by their folders. Kinds and image ops that a program
// adds count by their names alone.
func (s *Stream) Fingerprint() (string, error) {
	r := s.Recipe()
	r.Registry, r.StreamVersion = nil, s.recipe.version().number
	model, err := s.recipe.Registry.ReadTokenizer(r.Tokenizer.Model)
	if err != nil {
		return "", fmt.Errorf("fingerprint of the tokenizer: %w", err)
	}
	r.Tokenizer.Model = hashOf(model)
	if r.Images.MaskCodec != "" {
		r.Images.MaskCodec = filepath.Base(r.Images.MaskCodec)
	}
	content := map[string]string{}
	for dir, d := range s.datasets {
		if content[dir] = s.RowsFingerprint(dir); content[dir] != "" {
			continue
		}
		if content[dir], err = contentHash(d.Manifest()); err != nil {
			return "", fmt.Errorf("fingerprint of %s: %w", dir, err)
		}
	}
	r.Tasks = append([]Task(nil), r.Tasks...)
	for i := range r.Tasks {
		r.Tasks[i].Data = content[r.Tasks[i].folder(&s.recipe)]
	}
	r.Data = ""
	resolved, err := yaml.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("fingerprint of the recipe: %w", err)
	}
	return hashOf(resolved), nil
}

// contentHash is the hash of the parts of a dataset: their names, rows and contents.
func contentHash(m *shards.Manifest) (string, error) {
	content, err := json.Marshal(m.Files)
	return hashOf(content), err
}

// StreamVersion returns the version of the stream's order of examples.
func (s *Stream) StreamVersion() int { return s.recipe.version().number }

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
