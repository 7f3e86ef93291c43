package tokenizerjson

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// decode turns pieces into parts of the decoded text.
type decode func([]string) []string

// compileDecoder compiles a decoder. Without a decoder, pieces are joined with spaces.
func compileDecoder(s *step) (decode, error) {
	if s == nil {
		return func(pieces []string) []string { return []string{strings.Join(pieces, " ")} }, nil
	}
	switch s.Type {
	case "Sequence":
		var all []decode
		for i := range s.Decoders {
			each, err := compileDecoder(&s.Decoders[i])
			if err != nil {
				return nil, err
			}
			all = append(all, each)
		}
		return func(pieces []string) []string {
			for _, each := range all {
				pieces = each(pieces)
			}
			return pieces
		}, nil
	case "Fuse":
		return func(pieces []string) []string { return []string{strings.Join(pieces, "")} }, nil
	case "ByteFallback":
		return joinBytes, nil
	case "ByteLevel":
		return readByteLevel, nil
	case "Replace":
		return compileReplaceDecoder(s)
	case "Strip":
		return compileStripDecoder(s)
	case "Metaspace":
		return compileMetaspaceDecoder(s)
	case "WordPiece":
		if s.Prefix == nil || s.Cleanup == nil {
			return nil, fmt.Errorf("its decoder WordPiece lacks prefix or cleanup")
		}
		return func(pieces []string) []string { return joinWordPieces(pieces, *s.Prefix, *s.Cleanup) }, nil
	case "BPEDecoder":
		if s.Suffix == nil {
			return nil, fmt.Errorf("its decoder BPEDecoder lacks suffix")
		}
		return eachPiece(func(i, n int, piece string) string {
			if i == n-1 {
				return strings.ReplaceAll(piece, *s.Suffix, "")
			}
			return strings.ReplaceAll(piece, *s.Suffix, " ")
		}), nil
	}
	return nil, fmt.Errorf("its decoder is a %s", s.Type)
}

func eachPiece(change func(i, n int, piece string) string) decode {
	return func(pieces []string) []string {
		out := make([]string, len(pieces))
		for i, piece := range pieces {
			out[i] = change(i, len(pieces), piece)
		}
		return out
	}
}

func compileReplaceDecoder(s *step) (decode, error) {
	find, err := s.Pattern.compile("decoder Replace")
	if err != nil {
		return nil, err
	}
	if s.Content == nil {
		return nil, fmt.Errorf("its decoder Replace lacks content")
	}
	return eachPiece(func(_, _ int, piece string) string { return string(newText(piece).replace(find, *s.Content).runes) }), nil
}

// compileStripDecoder returns a decoder that removes up to start characters content from the start
// of each piece, and up to stop from its end.
func compileStripDecoder(s *step) (decode, error) {
	if s.Content == nil || utf8.RuneCountInString(*s.Content) != 1 || s.Start == nil || s.Stop == nil || *s.Start < 0 || *s.Stop < 0 {
		return nil, fmt.Errorf("its decoder Strip lacks content, start or stop")
	}
	return eachPiece(func(_, _ int, piece string) string {
		for i := 0; i < *s.Start && strings.HasPrefix(piece, *s.Content); i++ {
			piece = piece[len(*s.Content):]
		}
		for i := 0; i < *s.Stop && strings.HasSuffix(piece, *s.Content); i++ {
			piece = piece[:len(piece)-len(*s.Content)]
		}
		return piece
	}), nil
}

// compileMetaspaceDecoder returns a decoder that writes the replacement as a space. In the first
// piece it removes the replacement, if the pre-tokenizer put one before the text.
func compileMetaspaceDecoder(s *step) (decode, error) {
	scheme, err := s.prependScheme()
	if err != nil {
		return nil, err
	}
	return eachPiece(func(i, _ int, piece string) string {
		if i == 0 && scheme != "never" {
			return strings.ReplaceAll(piece, s.Replacement, "")
		}
		return strings.ReplaceAll(piece, s.Replacement, " ")
	}), nil
}

// joinBytes turns runs of byte pieces into text. If a run is not UTF-8, each of its pieces becomes
// U+FFFD.
func joinBytes(pieces []string) (out []string) {
	var row []byte
	flush := func() {
		switch {
		case len(row) == 0:
		case utf8.Valid(row):
			out = append(out, string(row))
		default:
			for range row {
				out = append(out, "\uFFFD")
			}
		}
		row = row[:0]
	}
	for _, piece := range pieces {
		if len(piece) == 6 && strings.HasPrefix(piece, "<0x") && piece[5] == '>' {
			if b, err := strconv.ParseUint(piece[3:5], 16, 8); err == nil {
				row = append(row, byte(b))
				continue
			}
		}
		flush()
		out = append(out, piece)
	}
	flush()
	return out
}

var charBytes = func() map[rune]byte {
	bytes := map[rune]byte{}
	for b, r := range byteChars {
		bytes[r] = byte(b)
	}
	return bytes
}()

// readByteLevel turns characters back into bytes. A piece stays as it is if one of its characters
// does not represent a byte.
func readByteLevel(pieces []string) []string {
	var all []byte
	for _, piece := range pieces {
		first, ok := len(all), true
		for _, r := range piece {
			b, is := charBytes[r]
			all, ok = append(all, b), ok && is
		}
		if !ok {
			all = append(all[:first], piece...)
		}
	}
	return []string{string(lossy(all))}
}

// lossy replaces invalid UTF-8 with U+FFFD as Rust does: one U+FFFD for each maximal prefix of a
// character.
func lossy(data []byte) []byte {
	var out []byte
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r != utf8.RuneError || size > 1 {
			out = append(out, data[:size]...)
			data = data[size:]
			continue
		}
		n := 1
		for n < min(4, len(data)) && couldBegin(data[:n+1]) {
			n++
		}
		out = append(out, "\uFFFD"...)
		data = data[n:]
	}
	return out
}

// couldBegin reports whether bytes are the start of an incomplete character.
func couldBegin(b []byte) bool {
	for _, tail := range []string{"\x80", "\x80\x80", "\xA0\x80", "\x90\x80", "\x90\x80\x80", "\x90", "\xA0"} {
		if utf8.Valid([]byte(string(b) + tail)) {
			return true
		}
	}
	return false
}

// joinWordPieces puts a space before each piece that does not continue a word.
func joinWordPieces(pieces []string, prefix string, cleanup bool) []string {
	return eachPiece(func(i, _ int, piece string) string {
		if i > 0 {
			rest, ok := strings.CutPrefix(piece, prefix)
			if piece = rest; !ok {
				piece = " " + piece
			}
		}
		if cleanup {
			for _, c := range [][2]string{{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"}, {" 'm", "'m"},
				{" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}} {
				piece = strings.ReplaceAll(piece, c[0], c[1])
			}
		}
		return piece
	})(pieces)
}
