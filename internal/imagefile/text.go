package imagefile

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// textLength is how many bytes are examined to tell text from other data.
const textLength = 1024

// isText reports whether the first bytes are UTF-8 without control characters, or UTF-16 with a
// byte order mark.
func isText(b []byte) bool {
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return len(b) >= 4 && !bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00"))
	}
	b = b[:min(len(b), textLength)]
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size <= 1 {
			return !utf8.FullRune(b) && len(b) < utf8.UTFMax // ends in the middle of a character
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' && r != 0x1b {
			return false
		}
		b = b[size:]
	}
	return true
}

// textKind names what a text is.
func textKind(encoded []byte) string {
	name := markup(encoded)
	for prefix, kind := range map[string]string{"html": "an HTML page", "!doctype html": "an HTML page", "head": "an HTML page",
		"body": "an HTML page", "?xml": "an XML document", "rss": "an XML document", "error": "an XML document"} {
		if strings.HasPrefix(name, prefix) {
			return kind
		}
	}
	text := bytes.TrimSpace(encoded[:min(len(encoded), textLength)])
	switch {
	case len(text) == 0:
		return "blank text"
	case bytes.HasPrefix(text, []byte("data:image/")):
		return "a data URL in place of an image's own bytes"
	case bytes.HasPrefix(text, []byte("http://")), bytes.HasPrefix(text, []byte("https://")):
		return "a URL in place of a file"
	case text[0] == '{', text[0] == '[':
		return "JSON or text like it"
	case bytes.HasPrefix(text, []byte("/9j/")), bytes.HasPrefix(text, []byte("iVBORw0KGgo")):
		return "an image in base64"
	}
	return "plain text"
}

// markup returns the text that follows the first "<", in lower case: it begins with "html", "svg",
// "!doctype html" or "?xml". It returns "" for a text that does not begin with a tag. It skips an
// XML declaration, comments and a document type before svg.
func markup(encoded []byte) string {
	text := bytes.ToLower(encoded[:min(len(encoded), textLength)])
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	text = bytes.TrimLeft(text, " \t\r\n\f")
	if len(text) == 0 || text[0] != '<' {
		return ""
	}
	first := string(text[1:])
	for rest := text; len(rest) > 0; {
		switch {
		case bytes.HasPrefix(rest, []byte("<svg")):
			return "svg"
		case bytes.HasPrefix(rest, []byte("<!--")):
			_, after, _ := bytes.Cut(rest, []byte("-->"))
			if rest = bytes.TrimLeft(after, " \t\r\n\f"); len(rest) > 1 && rest[0] == '<' && first[0] == '!' {
				first = string(rest[1:])
			}
		case bytes.HasPrefix(rest, []byte("<?")), bytes.HasPrefix(rest, []byte("<!doctype svg")):
			_, after, _ := bytes.Cut(rest, []byte(">"))
			rest = bytes.TrimLeft(after, " \t\r\n\f")
		default:
			if bytes.HasPrefix(rest, []byte("<html")) || bytes.HasPrefix(rest, []byte("<!doctype html")) {
				return "html"
			}
			return first
		}
	}
	return first
}
