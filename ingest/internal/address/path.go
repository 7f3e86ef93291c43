package address

import "strings"

// path appends the segments of text to the path and parses query and fragment. The slash before the
// first segment is not part of text.
func (p *parser) path(text string) {
	special, isFile := p.url.Special(), p.url.Scheme == "file"
	path := append(make([]byte, 0, len(p.url.Path)+len(text)+8), p.url.Path...)
	for {
		end := endOf(text, special)
		segment, last := text[:end], end == len(text) || text[end] == '?' || text[end] == '#'
		switch {
		case isDoubleDot(segment):
			path = append(path[:0], shorten(string(path), p.url.Scheme)...)
			if last {
				path = append(path, '/')
			}
		case isSingleDot(segment):
			if last {
				path = append(path, '/')
			}
		case isFile && len(path) == 0 && isDriveLetter(segment):
			path = append(path, '/', segment[0], ':')
		default:
			path = appendEncoded(append(path, '/'), segment, inPath)
		}
		if last {
			p.url.Path = string(path)
			p.afterPath(text[end:])
			return
		}
		text = text[end+1:]
	}
}

func isSingleDot(segment string) bool { return segment == "." || strings.EqualFold(segment, "%2e") }

func isDoubleDot(segment string) bool {
	switch len(segment) {
	case 2:
		return segment == ".."
	case 4:
		return strings.EqualFold(segment, ".%2e") || strings.EqualFold(segment, "%2e.")
	case 6:
		return strings.EqualFold(segment, "%2e%2e")
	}
	return false
}

// shorten removes the last segment, except the drive letter of a file.
func shorten(path, scheme string) string {
	if scheme == "file" && len(path) == 3 && isLetter(path[1]) && path[2] == ':' {
		return path
	}
	if at := strings.LastIndexByte(path, '/'); at >= 0 {
		return path[:at]
	}
	return path
}

// isDriveLetter reports whether a segment is a drive letter of Windows.
func isDriveLetter(segment string) bool {
	return len(segment) == 2 && isLetter(segment[0]) && (segment[1] == ':' || segment[1] == '|')
}

// beginsWithDriveLetter reports whether the first segment of text is a drive letter.
func beginsWithDriveLetter(text string) bool {
	return len(text) >= 2 && isDriveLetter(text[:2]) && (len(text) == 2 || strings.IndexByte(`/\?#`, text[2]) >= 0)
}

// driveOf returns the drive letter at the beginning of a file's path, with the slash.
func driveOf(path string) string {
	if len(path) >= 3 && isLetter(path[1]) && path[2] == ':' && (len(path) == 3 || path[3] == '/') {
		return path[:3]
	}
	return ""
}

// file parses what follows file:, or a URL relative to a file.
func (p *parser) file(text string) error {
	p.url.HasHost = true
	switch {
	case isSlash(text, true) && isSlash(text[1:], true):
		return p.fileHost(text[2:])
	case isSlash(text, true):
		if p.base != nil {
			p.url.Host = p.base.Host
			if !beginsWithDriveLetter(text[1:]) {
				p.url.Path = driveOf(p.base.Path)
			}
		}
		p.path(text[1:])
	case p.base == nil:
		p.path(text)
	case beginsWithDriveLetter(text):
		p.url.Host = p.base.Host
		p.path(text)
	default:
		p.url.Host = p.base.Host
		p.beyondBase(text)
	}
	return nil
}

func (p *parser) fileHost(text string) error {
	end := endOf(text, true)
	host, rest := text[:end], text[end:]
	if isDriveLetter(host) {
		p.path(text)
		return nil
	}
	if host != "" {
		parsed, err := parseHost(host, true)
		if err != nil {
			return err
		}
		if parsed != "localhost" {
			p.url.Host = parsed
		}
	}
	p.pathStart(rest)
	return nil
}
