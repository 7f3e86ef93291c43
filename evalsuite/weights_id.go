package evalsuite

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/internal/safetensors"
	"github.com/pali3/pali3/stages"
)

// weightsID returns the name of a model's weights in predictions: the SHA-256 of the run's
// weights.safetensors or, for published models and weights without a file, "memory:" and a hash of
// their values.
//
// Visual tokens that are kept although the run did not keep them round the model's inputs, which
// the name says.
func weightsID(t *stages.Trained) (string, error) {
	id, err := hashOfWeights(t)
	if t.KeepsVisualTokens() && t.Recipe.VisualTokens == "" {
		id += "+bfloat16-tokens"
	}
	return id, err
}

func hashOfWeights(t *stages.Trained) (string, error) {
	h := sha256.New()
	if t.Dir == "" || t.Published != nil {
		for i, spec := range t.Weights.Specs() {
			values, err := tensors.CopyFlatData[float32](t.Weights.Tensors()[i])
			if err != nil {
				return "", fmt.Errorf("weight %s: %w", spec.Name, err)
			}
			fmt.Fprintf(h, "%q %v\n", spec.Name, spec.Shape)
			h.Write(safetensors.Float32Bytes(values))
		}
		return "memory:" + hexOf(h), nil
	}
	file, err := os.Open(filepath.Join(t.Dir, stages.WeightsFile))
	if err != nil {
		return "", err
	}
	defer file.Close()
	if _, err := io.Copy(h, file); err != nil {
		return "", fmt.Errorf("hashing %s: %w", file.Name(), err)
	}
	return hexOf(h), nil
}

// initialID returns the name of a model's initial weights, which follow from the recipe's seed and
// the shapes.
func initialID(t *stages.Trained) string {
	h := sha256.New()
	fmt.Fprintf(h, "seed %d\n", t.Recipe.Mixture.Seed)
	for _, spec := range t.Weights.Specs() {
		fmt.Fprintf(h, "%q %v %v\n", spec.Name, spec.Shape, spec.Init)
	}
	return "initial:" + hexOf(h)
}

func hexOf(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
