package tokenizerjson

// text is a part of a text before it reaches the model. For each character, at holds the byte
// offset in the whole text of the character that it came from.
type text struct {
	runes []rune
	at    []int32
}

func newText(s string) text {
	t := text{runes: make([]rune, 0, len(s)), at: make([]int32, 0, len(s))}
	for i, r := range s { // an invalid byte becomes U+FFFD
		t.add(r, int32(i))
	}
	return t
}

func (t *text) add(r rune, at int32) {
	t.runes = append(t.runes, r)
	t.at = append(t.at, at)
}

func (t *text) addAll(s string, at int32) {
	for _, r := range s {
		t.add(r, at)
	}
}

func (t text) slice(begin, end int) text { return text{t.runes[begin:end:end], t.at[begin:end:end]} }

// prepend puts a string before a text that is not empty.
func (t text) prepend(s string) text {
	if len(t.runes) == 0 {
		return t
	}
	var out text
	out.addAll(s, t.at[0])
	out.runes = append(out.runes, t.runes...)
	out.at = append(out.at, t.at...)
	return out
}

// filter keeps the characters for which keep is true.
func (t text) filter(keep func(rune) bool) text {
	var out text
	for i, r := range t.runes {
		if keep(r) {
			out.add(r, t.at[i])
		}
	}
	return out
}

// each replaces every character.
func (t text) each(replace func(rune) []rune) text {
	var out text
	for i, r := range t.runes {
		for _, c := range replace(r) {
			out.add(c, t.at[i])
		}
	}
	return out
}

// span is a match of a pattern in a text, or the part between two matches.
type span struct {
	begin, end int
	match      bool
}

// replace replaces the matches of a pattern with a string.
func (t text) replace(p finder, content string) text {
	var out text
	for _, s := range spansOf(p, t.runes) {
		if s.match {
			if s.end > 0 {
				out.addAll(content, t.at[s.end-1])
			} else {
				out.addAll(content, 0)
			}
			continue
		}
		out.runes = append(out.runes, t.runes[s.begin:s.end]...)
		out.at = append(out.at, t.at[s.begin:s.end]...)
	}
	return out
}

// split splits a text at the matches of a pattern. behavior is a SplitDelimiterBehavior.
func (t text) split(spans []span, behavior string) []text {
	var kept []span
	before := false
	merge := func(s span, join bool) {
		if join && len(kept) > 0 {
			kept[len(kept)-1].end = s.end
		} else {
			kept = append(kept, s)
		}
		before = s.match
	}
	switch behavior {
	case "Removed":
		for _, s := range spans {
			if !s.match {
				kept = append(kept, s)
			}
		}
	case "Contiguous":
		for _, s := range spans {
			merge(s, s.match == before)
		}
	case "MergedWithPrevious":
		for _, s := range spans {
			merge(s, s.match && !before)
		}
	case "MergedWithNext":
		for i := len(spans) - 1; i >= 0; i-- {
			s := spans[i]
			if s.match && !before && len(kept) > 0 {
				kept[len(kept)-1].begin = s.begin
			} else {
				kept = append(kept, s)
			}
			before = s.match
		}
		for i, j := 0, len(kept)-1; i < j; i, j = i+1, j-1 {
			kept[i], kept[j] = kept[j], kept[i]
		}
	default: // Isolated
		kept = spans
	}
	var parts []text
	for _, s := range kept {
		if s.end > s.begin {
			parts = append(parts, t.slice(s.begin, s.end))
		}
	}
	return parts
}
