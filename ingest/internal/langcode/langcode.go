// Package langcode checks language codes. The texts of a dataset have codes of BCP-47 (RFC 5646).
//
// [Normalize] keeps valid codes, converts POSIX locales and three-letter codes of ISO 639, and
// refuses all others with the nearest valid code.
package langcode

import (
	"fmt"
	"strings"
	"sync"

	"golang.org/x/text/language"
)

// Error is the error for a code that is not valid.
type Error struct {
	Code    string
	Nearest string // a valid code; "" if none is near
}

// Error implements error.
func (e *Error) Error() string {
	if e.Nearest == "" {
		return fmt.Sprintf("%.60q is not a language code of BCP-47, which is such as en, de or zh-TW", e.Code)
	}
	return fmt.Sprintf("%.60q is not a language code of BCP-47; the nearest is %s", e.Code, e.Nearest)
}

// maxCode is the maximum length of a code, in bytes.
const maxCode = 64

// Normalize returns the BCP-47 code for a code. It returns a valid or empty code unchanged, in any
// letter case. It converts POSIX locales (language[_TERRITORY][.codeset][@modifier]), codes with
// underscores, and codes of ISO 639-2 for languages that have a two-letter code: pt_BR.utf8 becomes
// pt-BR, ca@valencia becomes ca-valencia, eng becomes en. The error is an [Error].
func Normalize(code string) (string, error) {
	if valid(code) {
		return code, nil
	}
	if respelled := respell(code); respelled != "" && valid(respelled) {
		return respelled, nil
	}
	return "", &Error{code, nearest(code)}
}

// Check returns an error for a code that is not valid as it is.
func Check(code string) error {
	normalized, err := Normalize(code)
	if err == nil && normalized != code {
		err = &Error{code, normalized}
	}
	return err
}

// valid reports whether a code is valid BCP-47. If a language has a two-letter code, only that is
// valid.
func valid(code string) bool {
	if code == "" {
		return true
	}
	if len(code) > maxCode || strings.ContainsAny(code, "_.@ ") {
		return false
	}
	tag, err := language.Default.Parse(code)
	if err != nil {
		return false
	}
	first, _, _ := strings.Cut(code, "-")
	base, _ := tag.Base()
	return len(first) != 3 || len(base.String()) != 2 || tag.IsRoot()
}

// modifiers maps modifiers of POSIX locales to subtags of BCP-47.
var modifiers = map[string]string{
	"latin": "Latn", "roman": "Latn", "cyrillic": "Cyrl", "arabic": "Arab", "devanagari": "Deva", "olchiki": "Olck", "hebrew": "Hebr", "tifinagh": "Tfng",
	"mongolian": "Mong", "bengali": "Beng", "meeteimayek": "Mtei", "shaw": "Shaw", "euro": "", "": "",
}

// respell converts a POSIX locale or a code of ISO 639-2. It returns "" for other codes.
func respell(code string) string {
	code = strings.TrimSpace(code)
	if len(code) > maxCode {
		return ""
	}
	locale, modifier, _ := strings.Cut(code, "@")
	locale, _, _ = strings.Cut(locale, ".")
	modifier, _, _ = strings.Cut(modifier, ".")
	tag, err := language.Default.Parse(strings.ReplaceAll(locale, "_", "-"))
	if err != nil || tag.IsRoot() {
		return ""
	}
	tag = raw(locale, tag)
	added, known := modifiers[strings.ToLower(modifier)]
	if !known {
		added = strings.ToLower(modifier) // a variant, such as valencia
	}
	if added == "" {
		return tag.String()
	}
	with := tag.String() + "-" + added
	if language, territory, has := strings.Cut(tag.String(), "-"); has && known {
		with = language + "-" + added + "-" + territory // a script comes before the territory
	}
	return with
}

// raw parses a tag without replacing deprecated codes: iw stays iw.
func raw(locale string, otherwise language.Tag) language.Tag {
	if tag, err := language.Raw.Parse(strings.ReplaceAll(locale, "_", "-")); err == nil && valid(tag.String()) {
		return tag
	}
	return otherwise
}

// Cache caches normalized codes, of which a dataset has few. The zero value is ready to use. A
// Cache is safe for concurrent use.
type Cache struct {
	known sync.Map // code -> normalized
	mu    sync.Mutex
	n     int
}

const maxCached = 1 << 12

type normalized struct {
	code string
	err  error
}

// Normalize does what [Normalize] does. A nil Cache caches nothing.
func (c *Cache) Normalize(code string) (string, error) {
	if c == nil {
		return Normalize(code)
	}
	if code == "" {
		return "", nil
	}
	if found, ok := c.known.Load(code); ok {
		n := found.(normalized)
		return n.code, n.err
	}
	code = strings.Clone(code) // its memory may be reused
	result, err := Normalize(code)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n++; c.n <= maxCached {
		c.known.Store(code, normalized{result, err})
	}
	return result, err
}
