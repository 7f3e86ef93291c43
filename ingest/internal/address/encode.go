package address

// set is a percent-encode set: the ASCII characters that are encoded. Controls, DEL and bytes
// beyond ASCII are always encoded.
type set uint8

const (
	inFragment set = 1 << iota
	inQuery
	inSpecialQuery
	inPath
	inUserinfo
	inControl set = 0
)

// sets maps each character to the sets that contain it.
var sets = func() (table [128]set) {
	add := func(characters string, s set) {
		for i := range len(characters) {
			table[characters[i]] |= s
		}
	}
	add(" \"<>`", inFragment)
	add(" \"#<>", inQuery)
	add(" \"#<>'", inSpecialQuery)
	add(" \"#<>?^`{}", inPath)
	add(" \"#<>?^`{}/:;=@[\\]|", inUserinfo)
	return table
}()

func (s set) has(c byte) bool { return c < 0x20 || c > 0x7e || sets[c]&s != 0 }

const hexDigits = "0123456789ABCDEF"

// appendEncoded appends text and encodes the bytes in the set.
func appendEncoded(to []byte, text string, s set) []byte {
	from := 0
	for i := range len(text) {
		if c := text[i]; s.has(c) {
			to = append(append(to, text[from:i]...), '%', hexDigits[c>>4], hexDigits[c&15])
			from = i + 1
		}
	}
	return append(to, text[from:]...)
}

// encode encodes the bytes of text that are in the set.
func encode(text string, s set) string {
	for i := range len(text) {
		if s.has(text[i]) {
			return string(appendEncoded(make([]byte, 0, len(text)+16), text, s))
		}
	}
	return text
}
