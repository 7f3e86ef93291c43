// Package langcode checks codes of languages: BCP-47 (RFC 5646), as all texts of a dataset have
// them.
//
// [Normalize] keeps a code that is valid, respells those of POSIX locales and of ISO 639 with three
// letters for two, and refuses all else with the nearest valid code.
package langcode

import (
	"fmt"
	"strings"
	"sync"

	"golang.org/x/text/language"
)

// Error says that a code is not valid.
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

// maxCode is the longest code that is looked at, in bytes.
const maxCode = 64

// Normalize returns the BCP-47 code for a code. A valid one is returned as it is, in whatever
// letter case, and so is the empty one. A POSIX locale (language[_TERRITORY][.codeset][@modifier])
// is respelled, as is an underscore for a dash and a code of ISO 639-2 for a language that has two
// letters: pt_BR.utf8 is pt-BR, ca@valencia is ca-valencia, eng is en. The error is an [Error].
func Normalize(code string) (string, error) {
	if valid(code) {
		return code, nil
	}
	if respelled := respell(code); respelled != "" && valid(respelled) {
		return respelled, nil
	}
	return "", &Error{code, nearest(code)}
}

// Check checks a code that a person typed: only one that is valid as it is will do.
func Check(code string) error {
	normalized, err := Normalize(code)
	if err == nil && normalized != code {
		err = &Error{code, normalized}
	}
	return err
}

// valid reports whether a code is valid BCP-47 as it is. A language that has a code of two letters
// has no other.
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

// modifiers are those of POSIX locales, and what they are in BCP-47.
var modifiers = map[string]string{
	"latin": "Latn", "roman": "Latn", "cyrillic": "Cyrl", "arabic": "Arab", "devanagari": "Deva", "olchiki": "Olck", "hebrew": "Hebr", "tifinagh": "Tfng",
	"mongolian": "Mong", "bengali": "Beng", "meeteimayek": "Mtei", "shaw": "Shaw", "euro": "", "": "",
}

// respell returns the code of a POSIX locale, or of ISO 639-2; "" if it cannot tell.
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

// raw returns the tag without another language in place of an old code: iw stays iw.
func raw(locale string, otherwise language.Tag) language.Tag {
	if tag, err := language.Raw.Parse(strings.ReplaceAll(locale, "_", "-")); err == nil && valid(tag.String()) {
		return tag
	}
	return otherwise
}

// Cache remembers what codes became: a dataset has few. The zero value is ready; it may be used by
// several goroutines.
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

// Normalize is [Normalize]. A nil cache remembers nothing.
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
	code = strings.Clone(code) // it may lie in memory that is used again
	result, err := Normalize(code)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n++; c.n <= maxCached {
		c.known.Store(code, normalized{result, err})
	}
	return result, err
}
