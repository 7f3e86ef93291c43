package charsmap

import (
	"strings"
	"unicode"
)

// fold adds Unicode's simple case folding to rules: what they produce is folded, and so is every
// character that has no rule.
func fold(rules Rules) Rules {
	for key, value := range rules {
		rules[key] = strings.Map(foldRune, value)
	}
	for r := rune(1); r <= unicode.MaxRune; r++ {
		folded := foldRune(r)
		if folded == r {
			continue
		}
		if _, ok := rules[string(r)]; !ok {
			rules[string(r)] = string(folded)
		}
	}
	return rules
}

// foldRune is simple case folding: statuses C and S of Unicode's CaseFolding.txt. Characters that
// differ in case only fold to the lower-case form of their upper-case form; Cherokee, whose small
// letters came later, to the upper-case form.
func foldRune(r rune) rune {
	if unicode.SimpleFold(r) == r {
		return r
	}
	upper := unicode.ToUpper(r)
	if unicode.Is(unicode.Cherokee, r) {
		return upper
	}
	return unicode.ToLower(upper)
}
