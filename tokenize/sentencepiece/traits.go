package sentencepiece

// Traits describes how a model treats text. They are fixed when the model is trained.
type Traits struct {
	Type                   string       `json:"type"`          // unigram, BPE, word or character
	Normalization          string       `json:"normalization"` // the name of the rules for characters: nmt_nfkc, identity, ...
	NormalizationBytes     int          `json:"normalization_bytes"`
	AddDummyPrefix         bool         `json:"add_dummy_prefix"`         // a space is added before the text
	RemoveExtraWhitespaces bool         `json:"remove_extra_whitespaces"` // spaces at the ends, and all but one of several in a row
	EscapeWhitespaces      bool         `json:"escape_whitespaces"`       // a space is U+2581 in pieces
	WhitespaceAsSuffix     bool         `json:"whitespace_as_suffix"`     // a space belongs to the word before it
	ByteFallback           bool         `json:"byte_fallback"`            // characters that no piece covers become bytes
	Kinds                  map[Kind]int `json:"kinds"`                    // pieces by kind
	LongestPiece           int          `json:"longest_piece"`            // in bytes
}

// Traits returns how the model treats text.
func (m *Model) Traits() Traits { return m.traits }

func traitsOf(p *Proto) Traits {
	t := Traits{
		Type:                   p.Trainer.Type.String(),
		Normalization:          p.Normalizer.Name,
		NormalizationBytes:     len(p.Normalizer.PrecompiledCharsmap),
		AddDummyPrefix:         p.Normalizer.AddDummyPrefix,
		RemoveExtraWhitespaces: p.Normalizer.RemoveExtraWhitespaces,
		EscapeWhitespaces:      p.Normalizer.EscapeWhitespaces,
		WhitespaceAsSuffix:     p.Trainer.TreatWhitespaceAsSuffix,
		ByteFallback:           p.Trainer.ByteFallback,
		Kinds:                  map[Kind]int{},
	}
	for _, piece := range p.Pieces {
		t.Kinds[piece.Kind]++
		t.LongestPiece = max(t.LongestPiece, len(piece.Text))
	}
	return t
}

var kindNames = [...]string{Normal: "normal", Unknown: "unknown", Control: "control", UserDefined: "user-defined", Unused: "unused", Byte: "byte"}

// String returns the kind's name.
func (k Kind) String() string {
	if k < Normal || k > Byte {
		return "unknown kind"
	}
	return kindNames[k]
}

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
