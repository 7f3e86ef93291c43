package tokenize

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pali3/pali3/tokenize/sentencepiece"
	"github.com/pali3/pali3/tokenize/tokenizerjson"
)

// The ids that every vocabulary of the T5 family shares.
const (
	Pad int32 = 0 // padding; a decoder also starts from it
	EOS int32 = 1 // end of sentence
	Unk int32 = 2 // the unknown piece; Gemma has begin of sentence here, and the unknown piece at 3
)

// ModeTokens are the mode tokens of UL2, in the order of their ids. One of them starts the input of
// a denoising task and names its kind.
var ModeTokens = [3]string{"[NLU]", "[NLG]", "[S2S]"}

// sizeMultiple divides every Size, so that the embedding can be split evenly over devices. With
// 128, Size has the published values: 32,128 for T5's 32,100 ids, 250,112 for mT5's 250,100.
const sizeMultiple = 128

// Config describes a vocabulary. It is the tokenizer section of a recipe.
type Config struct {
	// Model is the path of a SentencePiece .model, such as pali3 tokenizer train --preset pali
	// makes, or of a tokenizer.json that describes one; pali3:tokenizer.model is the built-in one
	// of the quickstart. If padding, end of
	// sentence and the unknown piece are not its ids 0, 1 and 2, as in the T5 family, they are
	// moved there, and the other pieces follow in their order. Required.
	Model string `yaml:"model" path:"relative"`
	// Sentinels is the number of sentinels <extra_id_k>. A model that has its own, as T5's does,
	// keeps those. UL2 needs up to 128 for inputs of 512 ids, 256 for 1,024. PaLI's prompts end
	// with the first. Default: 0. Legal: 0 to 65,536.
	Sentinels int `yaml:"sentinels"`
	// ModeTokens adds UL2's [NLU], [NLG] and [S2S].
	ModeTokens bool `yaml:"mode_tokens"`
	// Lower converts A to Z to lower case before encoding, as SigLIP's text preprocessing does
	// (tf.strings.lower of big_vision, ops_text.py). Letters beyond ASCII are not converted.
	Lower bool `yaml:"lower"`
	// Locations adds the pieces <loc0000>, <loc0001> and so on: PaliGemma has 1024. They follow the
	// model's own pieces and match wherever they occur in a text. Default: 0. Legal: 0 to 10,000.
	Locations int `yaml:"locations"`
	// Segments adds the pieces <seg000>, <seg001> and so on: PaliGemma has 128. Default: 0. Legal:
	// 0 to 10,000.
	Segments int `yaml:"segments"`
	// Clean prepares texts before encoding, as published models' tokenizers do. Default: none.
	// Legal: siglip (transformers' SiglipTokenizer: lower case, no ASCII punctuation, single
	// spaces), lower (Unicode lower case of each character, as SigLIP 2).
	Clean string `yaml:"clean,omitempty"`
	// Frame is what surrounds a prompt. Default: none, a prompt ends with the end of sentence.
	// Legal: paligemma (begin of sentence, the prompt, a line break), gemma (begin of sentence, the
	// prompt).
	Frame string `yaml:"frame,omitempty"`
	// PadTexts is what pads texts to compare. Default: eos, as SigLIP. Legal: eos, pad (as SigLIP
	// 2).
	PadTexts string `yaml:"pad_texts,omitempty"`
}

// Vocabulary maps text to ids and back. Its ids are, in order: the pieces of the SentencePiece
// model, added pieces, mode tokens, and sentinels in descending order, so that <extra_id_0> has the
// last id. A Vocabulary is immutable; all its methods may be called concurrently.
type Vocabulary struct {
	model     *sentencepiece.Model
	lower     bool
	clean     string
	frame     frame
	padText   int32   // what pads a text to compare
	modes     int32   // id of the first mode token, 0 without any
	sentinels []int32 // id of <extra_id_k>
	special   map[int32]string
	ids, size int

	filePieces int     // pieces of the model's file, including those that arrange added
	from       []int32 // by id: the id in the model's file; nil if ids were not moved
}

// Open reads the model that cfg names and makes its vocabulary.
func Open(cfg Config) (*Vocabulary, error) {
	model, from, err := openModel(cfg)
	if err != nil {
		return nil, err
	}
	added := cfg.Locations + cfg.Segments
	cfg.Locations, cfg.Segments = 0, 0
	v, err := New(model, cfg)
	if err != nil {
		return nil, fmt.Errorf("vocabulary of %s: %w", cfg.Model, err)
	}
	v.from, v.filePieces = from, model.Len()-added
	return v, nil
}

// openModel reads the model, moves its special pieces to ids 0 to 2 and adds the pieces that cfg
// asks for.
func openModel(cfg Config) (model *sentencepiece.Model, from []int32, err error) {
	if cfg.Locations < 0 || cfg.Locations > maxAdded || cfg.Segments < 0 || cfg.Segments > maxAdded {
		return nil, nil, fmt.Errorf("vocabulary of %s: %d locations and %d segments: want 0 to %d", cfg.Model, cfg.Locations, cfg.Segments, maxAdded)
	}
	if strings.HasSuffix(cfg.Model, ".json") {
		imported, err := tokenizerjson.Import(cfg.Model)
		if err != nil {
			return nil, nil, err
		}
		return arrangeModel(imported.Proto, cfg)
	}
	if cfg.Locations == 0 && cfg.Segments == 0 {
		model, err := sentencepiece.Open(cfg.Model)
		if err != nil || hasLayout(model.Len(), model.Piece) {
			return model, nil, err
		}
	}
	proto, err := sentencepiece.ReadProto(cfg.Model)
	if err != nil {
		return nil, nil, err
	}
	return arrangeModel(proto, cfg)
}

// arrangeModel moves the special pieces of a model to ids 0 to 2 and adds the pieces that cfg asks
// for.
func arrangeModel(proto *sentencepiece.Proto, cfg Config) (model *sentencepiece.Model, from []int32, err error) {
	if !hasLayout(len(proto.Pieces), func(id int32) sentencepiece.Piece { return proto.Pieces[id] }) {
		from = arrange(proto)
	}
	proto.AddSymbols(addedPieces(cfg)...)
	if model, err = sentencepiece.New(proto); err != nil {
		return nil, nil, fmt.Errorf("vocabulary of %s: %w", cfg.Model, err)
	}
	return model, from, nil
}

// New makes the vocabulary of an open model. It ignores cfg.Model. Only Open can move or add
// pieces: New returns an error for a model without the T5 family's layout, and for Locations and
// Segments.
func New(model *sentencepiece.Model, cfg Config) (*Vocabulary, error) {
	if cfg.Locations != 0 || cfg.Segments != 0 {
		return nil, errors.New("locations and segments cannot be added to an open model")
	}
	if err := checkLayout(model); err != nil {
		return nil, err
	}
	if cfg.Sentinels < 0 || cfg.Sentinels > maxSentinels {
		return nil, fmt.Errorf("%d sentinels: want 0 to %d", cfg.Sentinels, maxSentinels)
	}
	v := &Vocabulary{model: model, lower: cfg.Lower, special: map[int32]string{}, filePieces: model.Len()}
	if err := v.setFormat(cfg); err != nil {
		return nil, err
	}
	next := int32(model.Len())
	if cfg.ModeTokens {
		v.modes = next
		next += int32(len(ModeTokens))
	}
	v.sentinels = ownSentinels(model)
	switch own := len(v.sentinels); {
	case own == 0:
		for k := range cfg.Sentinels {
			v.sentinels = append(v.sentinels, next+int32(cfg.Sentinels-1-k))
		}
		next += int32(cfg.Sentinels)
	case own < cfg.Sentinels:
		return nil, fmt.Errorf("the model has %d sentinels of its own, but %d are requested", own, cfg.Sentinels)
	}
	v.nameSpecials()
	v.ids = int(next)
	v.size = (int(next) + sizeMultiple - 1) / sizeMultiple * sizeMultiple
	return v, nil
}

const (
	maxSentinels = 1 << 16
	maxAdded     = 10_000 // of <loc> and of <seg>
)

// ownSentinels returns the ids of <extra_id_0>, <extra_id_1>, ... that are pieces of the model.
func ownSentinels(model *sentencepiece.Model) (ids []int32) {
	for {
		id := model.PieceID(sentinelText(len(ids)))
		if id == model.UnknownID() {
			return ids
		}
		ids = append(ids, id)
	}
}

func sentinelText(k int) string { return "<extra_id_" + strconv.Itoa(k) + ">" }

func (v *Vocabulary) nameSpecials() {
	for k, id := range v.sentinels {
		v.special[id] = sentinelText(k)
	}
	if v.modes > 0 {
		for i, name := range ModeTokens {
			v.special[v.modes+int32(i)] = name
		}
	}
}

// Model returns the SentencePiece model.
func (v *Vocabulary) Model() *sentencepiece.Model { return v.model }

// Size returns the number of rows that an embedding needs: the number of ids, rounded up to a
// multiple of 128.
func (v *Vocabulary) Size() int { return v.size }

// Len returns the number of ids.
func (v *Vocabulary) Len() int { return v.ids }

// Token returns the piece, mode token or sentinel of an id below Len.
func (v *Vocabulary) Token(id int32) string {
	if special, ok := v.special[id]; ok {
		return special
	}
	return v.model.Piece(id).Text
}

// Sentinels returns the number of sentinels.
func (v *Vocabulary) Sentinels() int { return len(v.sentinels) }

// Sentinel returns the id of <extra_id_k>.
func (v *Vocabulary) Sentinel(k int) (int32, error) {
	if k < 0 || k >= len(v.sentinels) {
		return 0, fmt.Errorf("%s does not exist: the vocabulary has %d sentinels", sentinelText(k), len(v.sentinels))
	}
	return v.sentinels[k], nil
}

// ErrNoModeTokens is returned by [Vocabulary.Mode] if Config.ModeTokens is false.
var ErrNoModeTokens = errors.New("the vocabulary has no mode tokens")

// Mode returns the id of a mode token, which is one of [ModeTokens].
func (v *Vocabulary) Mode(name string) (int32, error) {
	for i, mode := range ModeTokens {
		if mode != name {
			continue
		}
		if v.modes == 0 {
			return 0, fmt.Errorf("mode token %s: %w", name, ErrNoModeTokens)
		}
		return v.modes + int32(i), nil
	}
	return 0, fmt.Errorf("%q is not a mode token: want one of %v", name, ModeTokens)
}
