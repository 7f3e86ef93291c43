package tokenizerjson

import (
	"fmt"
	"unicode/utf8"
)

// cut splits a part of a text, and may change it.
type cut func(text) []text

// compilePreTokenizer returns the steps of a pre-tokenizer in order.
func compilePreTokenizer(s *step) ([]cut, error) {
	if s == nil {
		return nil, nil
	}
	switch s.Type {
	case "Sequence":
		var all []cut
		for i := range s.PreTokenizers {
			each, err := compilePreTokenizer(&s.PreTokenizers[i])
			if err != nil {
				return nil, err
			}
			all = append(all, each...)
		}
		return all, nil
	case "Metaspace":
		return compileMetaspace(s)
	case "WhitespaceSplit":
		return []cut{cutting(single(isSpace), "Removed")}, nil
	case "Whitespace": // \w+|[^\w\s]+ of the crate regex
		word := func(r rune) bool { return wordChars.has(r) }
		find := firstOf(run(word, 0), run(func(r rune) bool { return !isSpace(r) && !wordChars.has(r) }, 0))
		return []cut{func(t text) []text { return t.split(inverted(spansOf(find, t.runes)), "Removed") }}, nil
	case "BertPreTokenizer":
		return []cut{cutting(single(isSpace), "Removed"), cutting(single(punctuation.has), "Isolated")}, nil
	case "Punctuation":
		if s.Behavior == "" {
			return []cut{cutting(single(punctuation.has), "Isolated")}, nil
		}
		return behaving(single(punctuation.has), s)
	case "Digits":
		if s.Individual == nil {
			return nil, fmt.Errorf("its pre-tokenizer Digits lacks individual_digits")
		}
		if *s.Individual {
			return []cut{cutting(single(numeric.has), "Isolated")}, nil
		}
		return []cut{cutting(single(numeric.has), "Contiguous")}, nil
	case "CharDelimiterSplit":
		r, size := utf8.DecodeRuneInString(s.Delimiter)
		if size == 0 || size != len(s.Delimiter) {
			return nil, fmt.Errorf("its pre-tokenizer CharDelimiterSplit has the delimiter %q, want one character", s.Delimiter)
		}
		return []cut{cutting(single(is(r)), "Removed")}, nil
	case "Split":
		find, err := s.Pattern.compile("pre-tokenizer Split")
		if err != nil {
			return nil, err
		}
		return behaving(find, s)
	case "ByteLevel":
		return compileByteLevel(s)
	case "FixedLength":
		return compileFixedLength(s)
	}
	return nil, fmt.Errorf("its pre-tokenizer is a %s", s.Type)
}

func cutting(find finder, behavior string) cut {
	return func(t text) []text { return t.split(spansOf(find, t.runes), behavior) }
}

var behaviors = fields("Removed Isolated MergedWithPrevious MergedWithNext Contiguous")

// behaving returns a cut with the behavior and invert of a Split.
func behaving(find finder, s *step) ([]cut, error) {
	if !behaviors[s.Behavior] {
		return nil, fmt.Errorf("its pre-tokenizer %s has the behavior %q", s.Type, s.Behavior)
	}
	if s.Invert == nil && s.Type == "Split" {
		return nil, fmt.Errorf("its pre-tokenizer Split lacks invert")
	}
	if s.Invert != nil && *s.Invert {
		return []cut{func(t text) []text { return t.split(inverted(spansOf(find, t.runes)), s.Behavior) }}, nil
	}
	return []cut{cutting(find, s.Behavior)}, nil
}

// prependScheme returns when a Metaspace puts its replacement before a text: "always", "first" or
// "never".
func (s *step) prependScheme() (string, error) {
	scheme := s.PrependScheme
	if scheme == "" {
		scheme = "always"
		if s.AddPrefix != nil && !*s.AddPrefix { // older files; tokenizers 0.23 refuses them
			scheme = "never"
		}
	}
	switch {
	case scheme != "always" && scheme != "first" && scheme != "never":
		return "", fmt.Errorf("its %s has the prepend_scheme %q", s.Type, scheme)
	case s.AddPrefix != nil && !*s.AddPrefix && scheme != "never":
		return "", fmt.Errorf("its %s has add_prefix_space false and prepend_scheme %q, which contradict each other", s.Type, scheme)
	case utf8.RuneCountInString(s.Replacement) != 1:
		return "", fmt.Errorf("its %s has the replacement %q, want one character", s.Type, s.Replacement)
	}
	return scheme, nil
}

func compileMetaspace(s *step) ([]cut, error) {
	scheme, err := s.prependScheme()
	if err != nil {
		return nil, err
	}
	mark, _ := utf8.DecodeRuneInString(s.Replacement)
	return []cut{func(t text) []text {
		t = t.replace(single(is(' ')), s.Replacement)
		if len(t.runes) > 0 && t.runes[0] != mark && (scheme == "always" || scheme == "first" && t.at[0] == 0) {
			t = t.prepend(s.Replacement)
		}
		if s.Split != nil && !*s.Split {
			return []text{t}
		}
		return t.split(spansOf(single(is(mark)), t.runes), "MergedWithNext")
	}}, nil
}

func compileByteLevel(s *step) ([]cut, error) {
	if s.AddPrefix == nil {
		return nil, fmt.Errorf("its pre-tokenizer ByteLevel lacks add_prefix_space")
	}
	return []cut{func(t text) []text {
		if *s.AddPrefix && len(t.runes) > 0 && t.runes[0] != ' ' {
			t = t.prepend(" ")
		}
		parts := []text{t}
		if s.UseRegex == nil || *s.UseRegex {
			parts = t.split(spansOf(expressions[gpt2Expression], t.runes), "Isolated")
		}
		for i := range parts {
			parts[i] = byteLevel(parts[i])
		}
		return parts
	}}, nil
}

func compileFixedLength(s *step) ([]cut, error) {
	length := 5
	if s.Length != nil {
		length = *s.Length
	}
	if length < 1 {
		return nil, fmt.Errorf("its pre-tokenizer FixedLength has the length %d", length)
	}
	return []cut{func(t text) (parts []text) {
		for at := 0; at < len(t.runes); at += length {
			parts = append(parts, t.slice(at, min(at+length, len(t.runes))))
		}
		return parts
	}}, nil
}
