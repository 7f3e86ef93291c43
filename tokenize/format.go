package tokenize

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// The values of Config.Clean, Config.Frame and Config.PadTexts.
const (
	CleanSigLIP    = "siglip"
	CleanLower     = "lower"
	FramePaliGemma = "paligemma"
	FrameGemma     = "gemma"
	PadWithEOS     = "eos"
	PadWithPad     = "pad"
)

// frame is what surrounds a prompt. The zero frame ends prompts with the end of sentence.
type frame struct {
	before, after []int32
}

// bosNames are the names that published models give to the begin of sentence.
var bosNames = []string{"<bos>", "<s>"}

// setFormat sets how texts are prepared, framed and padded.
func (v *Vocabulary) setFormat(cfg Config) error {
	switch cfg.Clean {
	case "", CleanSigLIP, CleanLower:
		v.clean = cfg.Clean
	default:
		return fmt.Errorf("clean is %q; legal are %s and %s", cfg.Clean, CleanSigLIP, CleanLower)
	}
	switch cfg.PadTexts {
	case "", PadWithEOS:
		v.padText = EOS
	case PadWithPad:
		v.padText = Pad
	default:
		return fmt.Errorf("pad_texts is %q; legal are %s and %s", cfg.PadTexts, PadWithEOS, PadWithPad)
	}
	v.frame = frame{after: []int32{EOS}}
	switch cfg.Frame {
	case "":
		return nil
	case FramePaliGemma, FrameGemma:
		return v.frameGemma(cfg.Frame)
	}
	return fmt.Errorf("frame is %q; legal are %s and %s", cfg.Frame, FramePaliGemma, FrameGemma)
}

// frameGemma surrounds prompts as Gemma's tokenizer and transformers' PaliGemmaProcessor do.
func (v *Vocabulary) frameGemma(name string) error {
	begin := slices.IndexFunc(bosNames, func(bos string) bool { return v.model.PieceID(bos) != v.model.UnknownID() })
	if begin < 0 {
		return fmt.Errorf("frame %s: the model has no begin of sentence, none of %q", name, bosNames)
	}
	v.frame = frame{before: []int32{v.model.PieceID(bosNames[begin])}}
	if name == FramePaliGemma {
		v.frame.after = v.model.AppendIDs(nil, "\n")
		if len(v.frame.after) != 1 {
			return fmt.Errorf("frame %s: a line break has the pieces %d, want one", name, v.frame.after)
		}
	}
	return nil
}

// FrameSize returns the number of ids that FitPrompt writes beside a prompt's own.
func (v *Vocabulary) FrameSize() int { return len(v.frame.before) + len(v.frame.after) }

// FitPrompt writes a prompt with what surrounds it into a row and pads the rest. It truncates a
// prompt that does not fit, but keeps the first sentinel at its end. It returns how many ids of row
// are not padding.
func (v *Vocabulary) FitPrompt(row, prompt []int32) (used int) {
	room := max(len(row)-v.FrameSize(), 0)
	if n := len(prompt); n > room && room > 0 {
		if sentinel, err := v.Sentinel(0); err == nil && prompt[n-1] == sentinel {
			prompt = append(prompt[:room-1:room-1], sentinel)
		}
	}
	used = copy(row, v.frame.before)
	used += copy(row[used:], prompt[:min(len(prompt), room)])
	used += copy(row[used:], v.frame.after)
	clear(row[used:]) // Pad is 0
	return used
}

// FitText writes a text to compare and an end of sentence into a row, truncates it if necessary,
// and pads the rest with what the model's text tower was trained with.
func (v *Vocabulary) FitText(row, text []int32) {
	for i := Fit(row, text); i < len(row); i++ {
		row[i] = v.padText
	}
}

// appendPieces appends the ids of a part of a text after preparing it.
func (v *Vocabulary) appendPieces(dst []int32, text string) []int32 {
	switch v.clean {
	case CleanLower:
		return v.model.AppendIDs(dst, strings.Map(unicode.ToLower, strings.ReplaceAll(text, "\u0130", "i\u0307")))
	case CleanSigLIP:
		return v.appendSigLIP(dst, text)
	}
	if v.lower {
		text = lowerASCII(text)
	}
	return v.model.AppendIDs(dst, text)
}

// appendSigLIP appends the ids that transformers' SiglipTokenizer gives (tokenization_siglip.py,
// canonicalize_text and _tokenize). It encodes the text behind the spelling of the unknown piece,
// whose pieces it then drops, so that a space at the start survives.
func (v *Vocabulary) appendSigLIP(dst []int32, text string) []int32 {
	const visible = "\u2581"
	text = canonical(visible + strings.ReplaceAll(text, visible, " "))
	before := v.model.AppendIDs(nil, unknownText)
	ids := v.model.AppendIDs(nil, unknownText+text)
	if len(ids) >= len(before) {
		ids = ids[len(before):]
	}
	return append(dst, ids...)
}

const unknownText = "<unk>"

// punctuation is Python's string.punctuation.
const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

// canonical returns text in lower case, without ASCII punctuation, with single spaces for white
// space and none at its ends.
func canonical(text string) string {
	text = cases.Lower(language.Und).String(text)
	text = strings.Map(func(r rune) rune {
		if r < 0x80 && strings.ContainsRune(punctuation, r) {
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.FieldsFunc(text, pythonSpace), " ")
}

// pythonSpace reports whether Python's re module takes a character as white space.
func pythonSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }
