package evalsuite

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"github.com/pali3/pali3/internal/atomicfile"
)

// Prediction is a line of a predictions file: what a model said to one question or about one image.
// Readers need ID and Prediction only.
type Prediction struct {
	// ID of the question, or KEY/LANGUAGE of a caption.
	ID         string `json:"id"`
	Prediction string `json:"prediction"`
	Task       string `json:"task,omitempty"`
	Language   string `json:"language,omitempty"`
	// Prompt is the encoder's text, and Raw what the decoder said to it.
	Prompt string `json:"prompt,omitempty"`
	Raw    string `json:"raw,omitempty"`
	// Score is the log-probability of what was said, in nats.
	Score *float64 `json:"score,omitempty"`
	// ImageSHA256 are the hashes of the images, in hex.
	ImageSHA256 []string `json:"image_sha256,omitempty"`
	// Weights is the SHA-256 of the weights file, in hex; of a model before training, "initial:"
	// and a hash.
	Weights string `json:"weights,omitempty"`
	// Decoding says how the answer was chosen; greedy if it is missing.
	Decoding string `json:"decoding,omitempty"`
	// Error says why there is no answer: the prediction is then empty, and wrong.
	Error string `json:"error,omitempty"`
}

// maxPrediction is the longest line of a predictions file, in bytes.
const maxPrediction = 1 << 20

// WritePredictions writes predictions as JSON lines; the file appears when it is whole.
func WritePredictions(path string, predictions []Prediction) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		if err := encodePredictions(out, predictions); err != nil {
			return err
		}
		return out.Flush()
	})
}

func encodePredictions(w io.Writer, predictions []Prediction) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for _, p := range predictions {
		if err := encoder.Encode(p); err != nil {
			return err
		}
	}
	return nil
}

// ReadPredictions reads a predictions file into a map by id.
func ReadPredictions(path string) (map[string]string, error) {
	said := map[string]string{}
	err := eachPrediction(path, func(_ int, p *Prediction, err error) error {
		if err != nil {
			return err
		}
		if p.ID == "" {
			return errNoID
		}
		if _, twice := said[p.ID]; twice {
			return fmt.Errorf("id %q for the second time", p.ID)
		}
		said[p.ID] = p.Prediction
		return nil
	})
	if err != nil {
		return nil, err
	}
	return said, nil
}
