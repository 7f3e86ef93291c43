package train

// shapes decides which strings may be pieces, character by character.
type shapes struct {
	max                                int
	byWhitespace, asSuffix, spacesOnly bool
	byScript, byNumber, digits         bool
}

func newShapes(o *Options) shapes {
	return shapes{
		max: o.MaxPieceLength, byWhitespace: o.SplitByWhitespace, asSuffix: o.TreatWhitespaceAsSuffix, spacesOnly: o.AllowWhitespaceOnly,
		byScript: o.SplitByUnicodeScript, byNumber: o.SplitByNumber, digits: o.SplitDigits,
	}
}

// shape is what shapes needs to know about a prefix to judge the next character.
type shape struct {
	chars     int
	script    script
	spaces    int  // characters at its start that are white space
	endsSpace bool // its last character is white space
	hasDigit  bool
}

// next returns the shape of a prefix with one more character, or false if no piece starts so.
func (v *shapes) next(s shape, r rune) (shape, bool) {
	if s.chars == v.max || s.hasDigit || r == unknown || r == barrier || r == 0 || r == ' ' {
		return s, false
	}
	onlySpaces := s.spaces == s.chars
	s.chars++
	if r == space {
		if onlySpaces {
			s.spaces++
		}
		allowed := onlySpaces && v.spacesOnly
		if !allowed && s.chars > 1 && (v.byWhitespace && (!v.asSuffix || s.endsSpace) || !v.byWhitespace && v.asSuffix && s.spaces > 0) {
			return s, false
		}
		s.endsSpace = true
		return s, true
	}
	switch {
	case s.endsSpace && v.asSuffix && (v.byWhitespace || onlySpaces):
		return s, false // white space is only at the end
	case v.byWhitespace && s.spaces > 1:
		return s, false // several white spaces are a separate piece
	}
	s.endsSpace = false
	of := scriptOf(r)
	if of == inherited {
		of = s.script
	}
	if isDigit(r) {
		if !v.byNumber {
			of = anyScript
		}
		if v.digits && s.chars > 1 {
			return s, false
		}
		s.hasDigit = v.digits
	}
	if v.byScript && of != anyScript && s.script != anyScript && of != s.script {
		return s, false
	}
	s.script = of
	return s, true
}

// whole reports whether a string may be a piece, provided that next allowed all its characters.
func (v *shapes) whole(s shape) bool {
	if s.chars == 0 {
		return false
	}
	if s.endsSpace && s.chars > 1 && !v.byWhitespace && !v.asSuffix {
		return s.spaces == s.chars && v.spacesOnly
	}
	return true
}

// allows reports whether text may be a piece.
func (v *shapes) allows(text string) bool {
	s := shape{}
	for _, r := range text {
		var ok bool
		if s, ok = v.next(s, r); !ok {
			return false
		}
	}
	return v.whole(s)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' || r >= '\uff10' && r <= '\uff19' }
