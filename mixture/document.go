package mixture

import (
	"cmp"

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
	denoisers, err := Denoisers(cmp.Or(t.Denoisers, k.Denoisers))
	if err != nil {
		return denoiseTask{}, err
	}
	for i := range denoisers {
		if !t.Modes {
			denoisers[i].Mode = ""
		} else if denoisers[i].Mode != "" {
			if _, err := v.Mode(denoisers[i].Mode); err != nil {
				return denoiseTask{}, err
			}
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
