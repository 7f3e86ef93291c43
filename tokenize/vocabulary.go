package tokenize

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// The ids that every vocabulary of the T5 family shares.
const (
	Pad int32 = 0 // fills a row up to its length; also what a decoder starts from
	EOS int32 = 1 // ends a text
	Unk int32 = 2 // stands for what the model cannot spell; Gemma has its begin of sentence here, and this at 3
)

// ModeTokens are UL2's, in the order of their ids. One stands before the input of a denoiser, to
// say of which family it is.
var ModeTokens = [3]string{"[NLU]", "[NLG]", "[S2S]"}

// sizeMultiple is what Size is a multiple of, so that the embedding splits evenly over devices. 128
// gives the published sizes: T5's 32,100 ids become 32,128 rows, mT5's 250,100 become 250,112.
const sizeMultiple = 128

// Config says how a vocabulary is made; it is the tokenizer section of a recipe.
type Config struct {
	// Model is the path of a SentencePiece .model, as pali3 tokenizer train --preset pali makes
	// one; pali3:tokenizer.model is the quickstart's. Where its ids 0, 1 and 2 are not padding, end
	// of sentence and the unknown piece, as in T5's family, they are moved there and the others
	// after them, in their order. Required.
	Model string `yaml:"model" path:"relative"`
	// Sentinels is how many <extra_id_k> there are. A model with sentinels of its own, as T5's,
	// keeps those. UL2 needs up to 128 for inputs of 512 ids, 256 for 1,024. PaLI's prompts end in
	// the first. Default: 0. Legal: 0 to 65,536.
	Sentinels int `yaml:"sentinels"`
	// ModeTokens adds UL2's [NLU], [NLG] and [S2S].
	ModeTokens bool `yaml:"mode_tokens"`
	// Lower puts A to Z into lower case before encoding, as SigLIP's text preprocessing does
	// (tf.strings.lower of big_vision, ops_text.py); letters beyond ASCII stay as they are.
	Lower bool `yaml:"lower"`
	// Locations adds the pieces <loc0000>, <loc0001> and so on: PaliGemma has 1024. They follow the
	// model's own pieces and are found wherever they stand in a text. Default: 0. Legal: 0 to
	// 10,000.
	Locations int `yaml:"locations"`
	// Segments adds the pieces <seg000>, <seg001> and so on: PaliGemma has 128. Default: 0. Legal:
	// 0 to 10,000.
	Segments int `yaml:"segments"`
}

// Vocabulary maps text to the ids of a model and back. Its ids are, in order: the pieces of the
// SentencePiece model, those that were added, the mode tokens, and the sentinels, of which
// <extra_id_0> has the last id. It is immutable; all methods may be called concurrently.
type Vocabulary struct {
	model     *sentencepiece.Model
	lower     bool
	modes     int32   // id of the first mode token, 0 without any
	sentinels []int32 // id of <extra_id_k>
	special   map[int32]string
	size      int

	filePieces int     // pieces that the model's file has, and those that moving them added
	from       []int32 // by id, the id in the model's file, where ids were moved
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

// openModel reads the model, moves the special pieces where they are elsewhere, and adds the pieces
// that cfg asks for.
func openModel(cfg Config) (model *sentencepiece.Model, from []int32, err error) {
	if cfg.Locations < 0 || cfg.Locations > maxAdded || cfg.Segments < 0 || cfg.Segments > maxAdded {
		return nil, nil, fmt.Errorf("vocabulary of %s: %d locations and %d segments: want 0 to %d", cfg.Model, cfg.Locations, cfg.Segments, maxAdded)
	}
	if cfg.Locations == 0 && cfg.Segments == 0 {
		model, err := sentencepiece.Open(cfg.Model)
		if err != nil || hasLayout(model.Len(), model.Piece) {
			return model, nil, err
		}
	}
	proto, err := sentencepiece.OpenProto(cfg.Model)
	if err != nil {
		return nil, nil, err
	}
	if !hasLayout(len(proto.Pieces), func(id int32) sentencepiece.Piece { return proto.Pieces[id] }) {
		from = arrange(proto)
	}
	proto.AddSymbols(addedPieces(cfg)...)
	if model, err = sentencepiece.New(proto); err != nil {
		return nil, nil, fmt.Errorf("vocabulary of %s: %w", cfg.Model, err)
	}
	return model, from, nil
}

// New makes the vocabulary of a model at hand. cfg.Model is not used; pieces can only be added by
// Open.
func New(model *sentencepiece.Model, cfg Config) (*Vocabulary, error) {
	if cfg.Locations != 0 || cfg.Segments != 0 {
		return nil, errors.New("locations and segments cannot be added to a model that is open")
	}
	if err := checkLayout(model); err != nil {
		return nil, err
	}
	if cfg.Sentinels < 0 || cfg.Sentinels > maxSentinels {
		return nil, fmt.Errorf("%d sentinels: want 0 to %d", cfg.Sentinels, maxSentinels)
	}
	v := &Vocabulary{model: model, lower: cfg.Lower, special: map[int32]string{}, filePieces: model.Len()}
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
		return nil, fmt.Errorf("the model has %d sentinels of its own, %d are asked for", own, cfg.Sentinels)
	}
	v.nameSpecials()
	v.size = (int(next) + sizeMultiple - 1) / sizeMultiple * sizeMultiple
	return v, nil
}

const (
	maxSentinels = 1 << 16
	maxAdded     = 10_000 // of <loc> and <seg>: what their digits hold, and more
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

// Model returns the SentencePiece model below.
func (v *Vocabulary) Model() *sentencepiece.Model { return v.model }

// Size returns the number of rows an embedding needs: all ids, and up to the next multiple of 128
// rows that no id uses.
func (v *Vocabulary) Size() int { return v.size }

// Sentinels returns how many sentinels there are.
func (v *Vocabulary) Sentinels() int { return len(v.sentinels) }

// Sentinel returns the id of <extra_id_k>.
func (v *Vocabulary) Sentinel(k int) (int32, error) {
	if k < 0 || k >= len(v.sentinels) {
		return 0, fmt.Errorf("%s does not exist: the vocabulary has %d sentinels", sentinelText(k), len(v.sentinels))
	}
	return v.sentinels[k], nil
}

// ErrNoModeTokens is returned for a mode token where Config.ModeTokens is false.
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
	return 0, fmt.Errorf("%q is no mode token: want one of %v", name, ModeTokens)
}
