package address

import (
	"strings"
	"unicode/utf8"
)

// Parse parses a URL. A relative one is resolved against base, which may be nil.
func Parse(text string, base *URL) (*URL, error) { return ParseIn(text, base, nil) }

// ParseIn parses a URL in a page whose encoding is not UTF-8. Like browsers, it encodes the query
// in the page's encoding, by calling query; nil means UTF-8.
func ParseIn(text string, base *URL, query func(string) string) (*URL, error) {
	p := parser{url: &URL{}, base: base, query: query}
	err := p.parse(tidy(text))
	if err != nil {
		return nil, err
	}
	return p.url, nil
}

// tidy removes what the standard removes before parsing: controls and spaces at both ends, and tabs
// and line breaks within. Bytes that are not UTF-8 become U+FFFD.
func tidy(text string) string {
	text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
	if strings.ContainsAny(text, "\t\r\n") {
		text = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(text)
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	return text
}

type parser struct {
	url   *URL
	base  *URL
	query func(string) string
}

// schemeOf splits a URL at the colon after its scheme.
func schemeOf(text string) (scheme, rest string, ok bool) {
	for i := range len(text) {
		switch c := text[i]; {
		case isLetter(c), i > 0 && (isDigit(c) || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return strings.ToLower(text[:i]), text[i+1:], true
		default:
			return "", "", false
		}
	}
	return "", "", false
}

// isSlash reports whether text begins with a slash or, for special schemes, a backslash.
func isSlash(text string, special bool) bool {
	return text != "" && (text[0] == '/' || special && text[0] == '\\')
}

func (p *parser) parse(text string) error {
	scheme, rest, ok := schemeOf(text)
	if !ok {
		return p.withoutScheme(text)
	}
	p.url.Scheme = scheme
	switch {
	case scheme == "file":
		if p.base != nil && p.base.Scheme != "file" {
			p.base = nil
		}
		return p.file(rest)
	case isSpecial(scheme) && p.base != nil && p.base.Scheme == scheme && !strings.HasPrefix(rest, "//"):
		return p.relative(rest)
	case isSpecial(scheme):
		return p.authority(strings.TrimLeft(rest, `/\`))
	case strings.HasPrefix(rest, "//"):
		return p.authority(rest[2:])
	case strings.HasPrefix(rest, "/"):
		p.path(rest[1:])
		return nil
	}
	p.opaque(rest)
	return nil
}

func (p *parser) withoutScheme(text string) error {
	switch {
	case p.base == nil, p.base.Opaque && !strings.HasPrefix(text, "#"):
		return ErrRelative
	case p.base.Opaque:
		*p.url = *p.base
		p.fragment(text[1:])
		return nil
	case p.base.Scheme == "file":
		p.url.Scheme = "file"
		return p.file(text)
	}
	p.url.Scheme = p.base.Scheme
	return p.relative(text)
}

// relative parses a URL relative to a base that is not a file.
func (p *parser) relative(text string) error {
	special := p.url.Special()
	if isSlash(text, special) {
		switch rest := text[1:]; {
		case special && isSlash(rest, true):
			return p.authority(strings.TrimLeft(rest, `/\`))
		case !special && isSlash(rest, false):
			return p.authority(rest[1:])
		}
		p.takeAuthority()
		p.path(text[1:])
		return nil
	}
	p.takeAuthority()
	p.beyondBase(text)
	return nil
}

// beyondBase parses a path, query or fragment relative to the path of the base.
func (p *parser) beyondBase(text string) {
	p.url.Path = p.base.Path
	switch {
	case text == "" || text[0] == '#':
		p.url.Query, p.url.HasQuery = p.base.Query, p.base.HasQuery
		p.afterPath(text)
	case text[0] == '?':
		p.afterPath(text)
	default:
		p.url.Path = shorten(p.url.Path, p.url.Scheme)
		p.path(text)
	}
}

func (p *parser) takeAuthority() {
	b := p.base
	p.url.Username, p.url.Password, p.url.Host, p.url.Port, p.url.HasHost = b.Username, b.Password, b.Host, b.Port, b.HasHost
}

// endOf returns the end of the authority or path segment at the beginning of text.
func endOf(text string, special bool) int {
	for i := range len(text) {
		switch text[i] {
		case '/', '?', '#':
			return i
		case '\\':
			if special {
				return i
			}
		}
	}
	return len(text)
}

// authority parses user, host, port and what follows.
func (p *parser) authority(text string) error {
	special := p.url.Special()
	end := endOf(text, special)
	host, rest := text[:end], text[end:]
	p.url.HasHost = true
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		user, password, _ := strings.Cut(host[:at], ":")
		p.url.Username, p.url.Password = encode(user, inUserinfo), encode(password, inUserinfo)
		if host = host[at+1:]; host == "" {
			return ErrHost
		}
	}
	host, port, hasPort := cutPort(host)
	if host == "" && (special || hasPort) {
		return ErrHost
	}
	var err error
	if p.url.Host, err = parseHost(host, special); err != nil {
		return err
	}
	if p.url.Port, err = parsePort(port, p.url.Scheme); err != nil {
		return err
	}
	p.pathStart(rest)
	return nil
}

// pathStart parses the path after a host.
func (p *parser) pathStart(rest string) {
	switch special := p.url.Special(); {
	case isSlash(rest, special):
		p.path(rest[1:])
	case special:
		p.path(rest)
	default:
		p.afterPath(rest)
	}
}

// afterPath parses query and fragment.
func (p *parser) afterPath(text string) {
	if strings.HasPrefix(text, "?") {
		query, fragment, has := strings.Cut(text[1:], "#")
		p.url.HasQuery = true
		p.url.Query = p.encodeQuery(query)
		if has {
			p.fragment(fragment)
		}
		return
	}
	if strings.HasPrefix(text, "#") {
		p.fragment(text[1:])
	}
}

func (p *parser) encodeQuery(query string) string {
	which := inQuery
	if p.url.Special() {
		which = inSpecialQuery
		if p.query != nil && p.url.Scheme != "ws" && p.url.Scheme != "wss" {
			query = p.query(query)
		}
	}
	return encode(query, which)
}

func (p *parser) fragment(text string) {
	p.url.Fragment, p.url.HasFragment = encode(text, inFragment), true
}

// opaque parses the text after a scheme that is not followed by a slash.
func (p *parser) opaque(text string) {
	p.url.Opaque = true
	end := strings.IndexAny(text, "?#")
	if end < 0 {
		p.url.Path = encode(text, inControl)
		return
	}
	path := text[:end]
	if strings.HasSuffix(path, " ") {
		path = path[:len(path)-1] + "%20"
	}
	p.url.Path = encode(path, inControl)
	p.afterPath(text[end:])
}
