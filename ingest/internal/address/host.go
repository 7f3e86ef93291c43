package address

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// cutPort splits a host at the colon before its port.
func cutPort(text string) (host, port string, has bool) {
	within := false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '[':
			within = true
		case c == ']':
			within = false
		case c == ':' && !within:
			return text[:i], text[i+1:], true
		}
	}
	return text, "", false
}

// parsePort returns a port, or "" if there is none or it is the scheme's default.
func parsePort(text, scheme string) (string, error) {
	if text == "" {
		return "", nil
	}
	number := 0
	for i := range len(text) {
		if !isDigit(text[i]) {
			return "", ErrPort
		}
		if number = 10*number + int(text[i]-'0'); number > 65535 {
			return "", ErrPort
		}
	}
	if port := strconv.Itoa(number); port != defaultPort(scheme) {
		return port, nil
	}
	return "", nil
}

// Characters that hosts cannot contain, and further ones that domains cannot contain.
const (
	forbiddenInHost   = "\x00\t\n\r #/:<>?@[\\]^|"
	forbiddenInDomain = forbiddenInHost + "%\x7f\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f" +
		"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f"
)

// parseHost parses a host. With a scheme that is not special, it is arbitrary text.
func parseHost(text string, special bool) (string, error) {
	if strings.HasPrefix(text, "[") {
		if !strings.HasSuffix(text, "]") {
			return "", ErrHost
		}
		return parseIPv6(text[1 : len(text)-1])
	}
	if !special {
		if strings.ContainsAny(text, forbiddenInHost) {
			return "", ErrHost
		}
		return encode(text, inControl), nil
	}
	domain := Unescape(text)
	if !utf8.ValidString(domain) {
		domain = strings.ToValidUTF8(domain, "\uFFFD")
	}
	domain, err := toASCII(domain)
	if err != nil || domain == "" || strings.ContainsAny(domain, forbiddenInDomain) {
		return "", ErrHost
	}
	if endsInNumber(domain) {
		return parseIPv4(domain)
	}
	return domain, nil
}

// profile is UTS #46 with the flags that the standard requires for URLs.
var profile = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false),
	idna.CheckHyphens(false), idna.CheckJoiners(true), idna.BidiRule(), idna.VerifyDNSLength(false))

// toASCII returns a domain in lower case, with non-ASCII labels in Punycode.
func toASCII(domain string) (string, error) {
	plain := true
	for i := range len(domain) {
		if domain[i] >= utf8.RuneSelf {
			plain = false
			break
		}
	}
	if lower := strings.ToLower(domain); plain && !strings.Contains(lower, "xn--") {
		return lower, nil
	}
	return profile.ToASCII(domain)
}

// endsInNumber reports whether a host can only be an IPv4 address.
func endsInNumber(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" {
		return false
	}
	if strings.Trim(last, "0123456789") == "" {
		return true
	}
	_, ok := parseNumber(last)
	return ok
}

// parseNumber parses a part of an IPv4 address: decimal, octal after 0, hexadecimal after 0x.
func parseNumber(text string) (uint64, bool) {
	if text == "" {
		return 0, false
	}
	base := 10
	switch {
	case len(text) >= 2 && (text[:2] == "0x" || text[:2] == "0X"):
		text, base = text[2:], 16
	case len(text) >= 2 && text[0] == '0':
		text, base = text[1:], 8
	}
	if text == "" {
		return 0, true
	}
	for i := range len(text) {
		if c := text[i]; !isHex(c) || base < 16 && c >= byte('0'+base) {
			return 0, false
		}
	}
	number, err := strconv.ParseUint(text, base, 64)
	if err != nil {
		return 1 << 62, true // out of range: a number, but not an address
	}
	return number, true
}

func parseIPv4(host string) (string, error) {
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	if len(parts) > 4 {
		return "", ErrHost
	}
	address := uint64(0)
	for i, part := range parts {
		number, ok := parseNumber(part)
		switch last := i == len(parts)-1; {
		case !ok, !last && number > 255, last && number >= 1<<(8*(5-len(parts))):
			return "", ErrHost
		case last:
			address |= number
		default:
			address |= number << (8 * (3 - i))
		}
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}).String(), nil
}

// parseIPv6 returns an IPv6 address in brackets, in the form of RFC 5952, section 4, without an
// IPv4 part.
func parseIPv6(text string) (string, error) {
	parsed, err := netip.ParseAddr(text)
	if err != nil || !parsed.Is6() || parsed.Zone() != "" {
		return "", ErrHost
	}
	if !parsed.Is4In6() {
		return "[" + parsed.String() + "]", nil
	}
	bytes := parsed.As16()
	return "[::ffff:" + strconv.FormatUint(uint64(bytes[12])<<8|uint64(bytes[13]), 16) + ":" +
		strconv.FormatUint(uint64(bytes[14])<<8|uint64(bytes[15]), 16) + "]", nil
}
