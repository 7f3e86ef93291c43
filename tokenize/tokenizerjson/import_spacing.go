package tokenizerjson

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"

	"github.com/pali3/pali3/tokenize/internal/charsmap"
	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// spacing describes what normalizer and pre-tokenizer do in the terms of a SentencePiece model:
// first rules for characters, then the treatment of spaces.
type spacing struct {
	charsmap []byte // of Precompiled
	lower    bool

	escaped     bool   // spaces are made visible
	joined      bool   // several spaces become one
	joinedShown bool   // that one is a visible space, made before other white space is handled
	left, right string // what is removed at the ends: "" for nothing, "spaces", or "white" for any white space
	words       bool   // any white space splits and is removed
	prepended   bool   // Prepend puts a visible space before every part of a text
	scheme      string // of Metaspace, "" without one
	split       bool   // Metaspace splits before visible spaces
}

// spacing reads normalizer and pre-tokenizer. The error names a step that no SentencePiece model
// can do, and its value.
func (f *file) spacing() (*spacing, error) {
	s := &spacing{}
	if err := s.addNormalizer(f.Normalizer); err != nil {
		return nil, err
	}
	if err := s.addPreTokenizer(f.PreTokenizer); err != nil {
		return nil, err
	}
	if !s.escaped {
		return nil, other("neither its normalizer nor its pre-tokenizer makes spaces visible (%s)", space)
	}
	if s.words && s.scheme != "always" {
		return nil, other("its pre-tokenizer WhitespaceSplit removes spaces, and no Metaspace with prepend_scheme always puts them back")
	}
	return s, nil
}

func (s *spacing) addNormalizer(step *step) error {
	if step == nil {
		return nil
	}
	switch step.Type {
	case "Sequence":
		for i := range step.Normalizers {
			if err := s.addNormalizer(&step.Normalizers[i]); err != nil {
				return err
			}
		}
		return nil
	case "Precompiled":
		if s.lower || s.escaped || s.joined || s.left != "" || s.right != "" || s.prepended || s.charsmap != nil {
			return other("its normalizer Precompiled follows another step")
		}
		blob, err := base64.StdEncoding.DecodeString(step.Charsmap)
		if err != nil {
			return fmt.Errorf("precompiled_charsmap: %w", err)
		}
		if _, err := charsmap.Parse(blob); err != nil {
			return err
		}
		s.charsmap = blob
	case "Lowercase":
		if len(s.charsmap) > 0 {
			return other("its normalizer has Lowercase after Precompiled: two sets of rules for characters")
		}
		s.lower = true
	case "Prepend":
		if step.Prepend == nil || *step.Prepend != space {
			return other("its normalizer Prepend puts %s before a text, not %q", asJSON(step.Prepend), space)
		}
		if s.prepended {
			return other("its normalizer has Prepend twice")
		}
		s.prepended = true
	case "Strip":
		return s.addStrip(step)
	case "Replace":
		return s.addReplace(step)
	default:
		return other("its normalizer is a %s", step.Type)
	}
	return nil
}

func (s *spacing) addStrip(step *step) error {
	switch {
	case step.StripLeft == nil || step.StripRight == nil:
		return fmt.Errorf("its normalizer Strip lacks strip_left or strip_right")
	case s.escaped || s.prepended || s.joined:
		return other("its normalizer Strip follows a step that changes spaces")
	}
	if *step.StripLeft {
		s.left = "white"
	}
	if *step.StripRight {
		s.right = "white"
	}
	return nil
}

func (s *spacing) addReplace(step *step) error {
	if step.Pattern == nil || step.Content == nil {
		return fmt.Errorf("its normalizer Replace lacks pattern or content")
	}
	content := *step.Content
	is := func(p *string, want string) bool { return p != nil && *p == want }
	switch p := step.Pattern; {
	case is(p.String, " ") && content == space:
		s.escaped = true
	case is(p.Regex, spaces) && !s.escaped && (content == " " || content == space && s.right != ""):
		s.joined, s.joinedShown = true, content == space
	case is(p.Regex, firstSpace) && content == "" && !s.escaped && !s.prepended && s.joined:
		s.left = "spaces"
	case is(p.Regex, lastSpaces) && content == "" && s.escaped:
		s.right = "spaces"
	default:
		return other("its normalizer Replace puts %q in place of %s", content, asJSON(p))
	}
	return nil
}

func (s *spacing) addPreTokenizer(step *step) error {
	if step == nil {
		return nil
	}
	switch step.Type {
	case "Sequence":
		for i := range step.PreTokenizers {
			if err := s.addPreTokenizer(&step.PreTokenizers[i]); err != nil {
				return err
			}
		}
		return nil
	case "WhitespaceSplit":
		if s.escaped {
			return other("its pre-tokenizer WhitespaceSplit follows a step that makes spaces visible")
		}
		s.words = true
	case "Metaspace":
		scheme, err := step.prependScheme()
		switch {
		case err != nil:
			return err
		case step.Replacement != space:
			return other("its pre-tokenizer Metaspace has the replacement %q, not %q", step.Replacement, space)
		case s.scheme != "":
			return other("its pre-tokenizer has Metaspace twice")
		}
		s.scheme, s.escaped, s.split = scheme, true, step.Split == nil || *step.Split
	case "Split": // Gemma's splits on spaces, of which its normalizer leaves none
		if s.escaped && step.Pattern != nil && step.Pattern.String != nil && *step.Pattern.String == " " && step.Invert != nil && !*step.Invert {
			return nil
		}
		return other("its pre-tokenizer Split splits on %s", asJSON(step.Pattern))
	default:
		return other("its pre-tokenizer is a %s", step.Type)
	}
	return nil
}

// prefixed reports whether a visible space is put before a text.
func (s *spacing) prefixed() bool { return s.prepended || s.scheme == "always" || s.scheme == "first" }

// trimmed reports whether spaces at the ends are removed and several become one. If one space at
// the start remains, it takes the place of the one that Metaspace would put there.
func (s *spacing) trimmed() bool {
	return s.words || s.joined && s.right != "" && (s.left != "" || !s.prepended && s.prefixed())
}

// normalizer returns the spec of a model that does the same, or an error if no model can.
func (s *spacing) normalizer() (spec sentencepiece.NormalizerSpec, err error) {
	spec = sentencepiece.NormalizerSpec{Name: "identity", EscapeWhitespaces: true, AddDummyPrefix: s.prefixed(), RemoveExtraWhitespaces: s.trimmed()}
	switch {
	case s.trimmed() && s.left != "" && s.scheme == "first":
		return spec, other("its Metaspace has prepend_scheme first, which puts no space before a text whose start was stripped")
	case s.trimmed() && s.left == "" && !s.words && s.prepended:
		return spec, other("its normalizer Prepend puts a space before spaces at the start of a text")
	case s.words && s.joinedShown && len(s.charsmap) == 0:
		return spec, other("its normalizer Replace makes several spaces one %q, which is not white space to its WhitespaceSplit when it is beside a tab or line end", space)
	case !s.trimmed() && (s.joined || s.left != "" || s.right != ""):
		return spec, other("its normalizer joins or strips some spaces and leaves others (several: %v, at the start: %v, at the end: %v)",
			s.joined, s.left != "", s.right != "")
	case !s.trimmed() && !s.prepended && s.prefixed():
		return spec, other("its Metaspace has prepend_scheme %s, which puts no space before a text that begins with one, as SentencePiece does", s.scheme)
	}
	rules := charsmap.Rules{}
	if s.lower {
		for r := rune(0); r <= unicode.MaxRune; r++ {
			if lower := string(lowerOf(r)); r != 0 && (r < 0xD800 || r > 0xDFFF) && lower != string(r) {
				rules[string(r)] = lower
			}
		}
	}
	left, err := s.whiteSpace(rules)
	switch {
	case err != nil:
		return spec, err
	case len(left) > 0 && (len(s.charsmap) == 0 || strings.ContainsAny(string(left), "\t\n\r")):
		return spec, other("its normalizer Strip removes white space like %+q from the ends of a text, SentencePiece only spaces", left[0])
	case len(s.charsmap) > 0:
		spec.PrecompiledCharsmap, spec.Name = s.charsmap, "precompiled"
	case len(rules) > 0:
		compiled, err := charsmap.Compile(rules)
		if err != nil {
			return spec, fmt.Errorf("rules for lower case and white space: %w", err)
		}
		spec.PrecompiledCharsmap, spec.Name = compiled.Blob(), "tokenizer.json"
	}
	return spec, nil
}

// whiteSpace returns the characters that are white space to the file but, after its rules for
// characters, not a space to the model. If the file splits at all white space and has no rules,
// whiteSpace adds rules that make these characters spaces.
func (s *spacing) whiteSpace(rules charsmap.Rules) (left []rune, err error) {
	if !s.words && s.left != "white" && s.right != "white" {
		return nil, nil
	}
	own, err := charsmap.Parse(s.charsmap)
	if err != nil {
		return nil, err
	}
	for r := rune(1); r <= 0x3000; r++ {
		if !isSpace(r) || r == ' ' {
			continue
		}
		if s.words && len(s.charsmap) == 0 {
			rules[string(r)] = " "
			continue
		}
		to, consumed := own.Match(string(r))
		if consumed == 0 || strings.ContainsFunc(to, func(c rune) bool { return c != ' ' && isSpace(c) }) {
			left = append(left, r)
		}
	}
	return left, nil
}
