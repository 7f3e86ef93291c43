package sentencepiece

// Rules are the character rules of a precompiled_charsmap.
type Rules struct{ m *charsmap }

// ParseRules reads a precompiled_charsmap; an empty one has no rules.
func ParseRules(blob []byte) (*Rules, error) {
	m, err := newCharsmap(blob)
	if err != nil {
		return nil, err
	}
	return &Rules{m}, nil
}

// Longest applies the longest rule that text starts with: its first consumed bytes become
// replacement. It returns consumed 0 where there is none.
func (r *Rules) Longest(text string) (replacement string, consumed int) {
	if r.m == nil {
		return "", 0
	}
	return r.m.match(text)
}

// Shortest returns what the shortest rule puts in place of what text starts with, and whether there
// is one.
func (r *Rules) Shortest(text string) (replacement string, ok bool) {
	if r.m == nil {
		return "", false
	}
	for end := 1; end <= len(text); end++ {
		if replacement, consumed := r.m.match(text[:end]); consumed == end {
			return replacement, true
		}
	}
	return "", false
}

// Spells reports whether a rule has the byte c in what it replaces, behind the first byte.
func (r *Rules) Spells(c byte) bool { return r.m != nil && r.m.matches(c) }

// Empty reports whether there are no rules.
func (r *Rules) Empty() bool { return r.m == nil }

// Replacements are all strings that rules write, each ended by a NUL.
func (r *Rules) Replacements() string {
	if r.m == nil {
		return ""
	}
	return r.m.replacements
}
