package charsmap

import (
	"strings"
	"unicode"
)

// fold adds Unicode's simple case folding to rules: their replacements are folded, and so is every
// character without a rule.
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
// differ only in case fold to the lower case of their upper case; Cherokee, whose lower case was
// added later, folds to upper case.
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
