package mixture

import (
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/tokenize"
)

// denoiseTask corrupts the documents of a task.
type denoiseTask struct {
	denoisers []Denoiser
	vocab     *tokenize.Vocabulary
	lengths   Lengths
}

// newDenoiseTask checks that the vocabulary has the sentinels and mode tokens that the denoisers
// may need. It does nothing for kinds that don't denoise.
func newDenoiseTask(t *Task, k Kind, v *tokenize.Vocabulary, lengths Lengths) (denoiseTask, error) {
	if k.Denoisers == "" {
		return denoiseTask{}, nil
	}
	denoisers, err := t.denoisersOf(k)
	if err != nil {
		return denoiseTask{}, err
	}
	for _, d := range denoisers {
		if d.Mode == "" {
			continue
		}
		if _, err := v.Mode(d.Mode); err != nil {
			return denoiseTask{}, err
		}
	}
	return denoiseTask{denoisers, v, lengths}, CheckSentinels(denoisers, v, lengths.Encoder, lengths.Decoder)
}

// corrupt makes the ids of a document's example; both end with an end of sentence, which place
// adds.
func (d denoiseTask) corrupt(document []int32, rng *random.Stream) (ids, error) {
	denoiser := ChooseDenoiser(d.denoisers, rng)
	inputs, targets, err := denoiser.Corrupt(document, d.vocab, d.lengths.Encoder, d.lengths.Decoder, rng)
	if err != nil {
		return ids{}, err
	}
	return ids{encoder: inputs[:len(inputs)-1], target: targets[:len(targets)-1]}, nil
}
