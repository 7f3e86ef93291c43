package evalsuite

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/jsonerr"
)

// Prediction is a line of a predictions file: what a model said to one question or picture.
type Prediction struct {
	ID         string   `json:"id"`
	Prediction string   `json:"prediction"`
	Score      *float64 `json:"score,omitempty"`
}

// maxPrediction is the longest line of a predictions file, in bytes.
const maxPrediction = 1 << 20

// WritePredictions writes predictions as JSON lines; the file appears when it is whole.
func WritePredictions(path string, predictions []Prediction) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		for _, p := range predictions {
			if err := encoder.Encode(p); err != nil {
				return err
			}
		}
		return out.Flush()
	})
}

// ReadPredictions reads a predictions file into a map by id.
func ReadPredictions(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	said := map[string]string{}
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, maxPrediction)
	for line := 1; scanner.Scan(); line++ {
		var p Prediction
		if err := jsonerr.Explain(json.Unmarshal(scanner.Bytes(), &p)); err != nil {
			return nil, fmt.Errorf("%s line %d: %w", path, line, err)
		}
		if p.ID == "" {
			return nil, fmt.Errorf("%s line %d: %w", path, line, errors.New("no id"))
		}
		if _, twice := said[p.ID]; twice {
			return nil, fmt.Errorf("%s line %d: id %q for the second time", path, line, p.ID)
		}
		said[p.ID] = p.Prediction
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return said, nil
}
