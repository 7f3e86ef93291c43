package tokenize

import (
	"slices"
	"strconv"
	"strings"
)

// Encode returns the ids of text, without an end of sentence. The strings <extra_id_k> and, if the
// vocabulary has mode tokens, [NLU], [NLG] and [S2S] become one id each. The text between them is
// encoded by the SentencePiece model, so that white space at its ends is dropped.
func (v *Vocabulary) Encode(text string) []int32 { return v.AppendIDs(nil, text) }

// AppendIDs appends to dst the ids that Encode returns for text.
func (v *Vocabulary) AppendIDs(dst []int32, text string) []int32 {
	for {
		at, id, size := v.nextSpecial(text)
		if size == 0 {
			return v.appendPieces(dst, text)
		}
		dst = append(v.appendPieces(dst, text[:at]), id)
		text = text[at+size:]
	}
}

// nextSpecial finds the first sentinel or mode token of text and returns its place, id and length.
// The length is 0 if text has none.
func (v *Vocabulary) nextSpecial(text string) (at int, id int32, size int) {
	for at < len(text) {
		next := strings.IndexAny(text[at:], "<[")
		if next < 0 {
			break
		}
		at += next
		if id, size = v.specialAt(text[at:]); size > 0 {
			return at, id, size
		}
		at++
	}
	return 0, 0, 0
}

// specialAt returns the sentinel or mode token that text starts with.
func (v *Vocabulary) specialAt(text string) (id int32, size int) {
	if v.modes > 0 {
		for i, mode := range ModeTokens {
			if strings.HasPrefix(text, mode) {
				return v.modes + int32(i), len(mode)
			}
		}
	}
	number, ok := strings.CutPrefix(text, "<extra_id_")
	if !ok {
		return 0, 0
	}
	end := strings.IndexByte(number[:min(len(number), 8)], '>')
	if end < 0 {
		return 0, 0
	}
	k, err := strconv.Atoi(number[:end])
	if err != nil || k < 0 || k >= len(v.sentinels) || strconv.Itoa(k) != number[:end] {
		return 0, 0
	}
	return v.sentinels[k], len("<extra_id_>") + end
}

// lowerASCII returns text with A to Z in lower case.
func lowerASCII(text string) string {
	upper := func(c byte) bool { return 'A' <= c && c <= 'Z' }
	for i := range len(text) {
		if !upper(text[i]) {
			continue
		}
		lowered := []byte(text)
		for j, c := range lowered[i:] {
			if upper(c) {
				lowered[i+j] = c + 'a' - 'A'
			}
		}
		return string(lowered)
	}
	return text
}

// Decode returns the text of ids. Padding and ends of sentence decode to nothing; sentinels and
// mode tokens decode to <extra_id_k> and [NLU], separated by spaces.
func (v *Vocabulary) Decode(ids []int32) string {
	var parts []string
	begin := 0
	for i, id := range ids {
		if special, ok := v.special[id]; ok {
			before := strings.TrimRight(v.model.Decode(ids[begin:i]), " ")
			parts = append(parts, before, special)
			begin = i + 1
		}
	}
	parts = append(parts, v.model.Decode(ids[begin:]))
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	return strings.Join(parts, " ")
}

// DecodeToEOS returns the text of ids up to the first end of sentence, which is all of a generated
// answer that counts.
func (v *Vocabulary) DecodeToEOS(ids []int32) string {
	for i, id := range ids {
		if id == EOS {
			return v.Decode(ids[:i])
		}
	}
	return v.Decode(ids)
}

// Fit writes ids and an end of sentence into row and pads the rest. It truncates ids that do not
// fit, but always writes the end of sentence ("sticky" in big_vision's ops_text.py). It returns how
// many ids of row are not padding.
func Fit(row, ids []int32) (used int) {
	if len(row) == 0 {
		return 0
	}
	used = copy(row[:len(row)-1], ids)
	row[used] = EOS
	used++
	clear(row[used:]) // Pad is 0
	return used
}
