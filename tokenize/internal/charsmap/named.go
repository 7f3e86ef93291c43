package charsmap

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// names are the rule sets that have a name.
var names = map[string]func() Rules{
	"identity":    func() Rules { return nil },
	"nfkc":        nfkc,
	"nfkc_cf":     func() Rules { return fold(nfkc()) },
	"nmt_nfkc":    nmtNFKC,
	"nmt_nfkc_cf": func() Rules { return fold(nmtNFKC()) },
}

// Names returns the names that Named knows, sorted.
func Names() []string { return slices.Sorted(maps.Keys(names)) }

// Named returns one of the rule sets that SentencePiece ships:
//
//	identity     no rules
//	nfkc         Unicode's NFKC, as far as rules for sequences of characters can express it
//	nmt_nfkc     nfkc; other white space becomes a space, control characters are removed; ~ keeps its width
//	nfkc_cf      nfkc, then simple case folding
//	nmt_nfkc_cf  nmt_nfkc, then simple case folding
func Named(name string) (Rules, error) {
	rules, ok := names[name]
	if !ok {
		return nil, fmt.Errorf("normalization rules %q: unknown name; want %s, or a file of rules", name, strings.Join(Names(), ", "))
	}
	return rules(), nil
}

var compiled = func() map[string]func() (*Map, error) {
	all := map[string]func() (*Map, error){}
	for name, rules := range names {
		all[name] = sync.OnceValues(func() (*Map, error) { return Compile(rules()) })
	}
	return all
}()

// CompileNamed compiles the rules that Named returns, once per process: NFKC takes about half a
// second.
func CompileNamed(name string) (*Map, error) {
	compile, ok := compiled[name]
	if !ok {
		_, err := Named(name)
		return nil, err
	}
	return compile()
}

func nmtNFKC() Rules {
	rules := nfkc()
	for _, r := range []rune{
		'\t', '\n', '\f', '\r',
		0x061c, // Arabic letter mark
		0x1680, // Ogham space
		0x200b, // zero width space
		0x200c, // zero width non-joiner
		0x200e, // left-to-right mark
		0x200f, // right-to-left mark
		0x2028, // line separator
		0x2029, // paragraph separator
		0x2581, // the visible space of models
		0xfeff, // byte order mark
		0xfffd, // replacement character
	} {
		rules[string(r)] = " "
	}
	for r := rune(1); r < 0x20; r++ {
		if !strings.ContainsRune("\t\n\f\r", r) {
			rules[string(r)] = ""
		}
	}
	for _, r := range []rune{0x7f, 0x8f, 0x9f} {
		rules[string(r)] = ""
	}
	delete(rules, "\uff5e") // Japanese uses the full-width tilde differently from the tilde
	return rules
}
