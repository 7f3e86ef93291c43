package langcode

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// named maps the names of languages, in lower case, in English and in the language itself, to tags.
// The shortest tag with a name is chosen.
var named = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for _, tag := range display.Supported.Tags() {
		for _, name := range []string{display.English.Tags().Name(tag), display.English.Languages().Name(tag), display.Self.Name(tag)} {
			name = strings.ToLower(name)
			if before, has := all[name]; name != "" && (!has || len(tag.String()) < len(before)) {
				all[name] = tag.String()
			}
		}
	}
	for tag, name := range commonNames {
		all[name] = tag
	}
	return all
})

// commonNames are names that are missing from the tables.
var commonNames = map[string]string{"zh-Hans": "simplified chinese", "zh-Hant": "traditional chinese", "pt-BR": "brazilian portuguese", "es-419": "latin american spanish"}

// nearest returns the valid code that was probably meant, or "".
func nearest(code string) string {
	code = strings.TrimSpace(code)
	if code == "" || len(code) > maxCode {
		return ""
	}
	locale, _, _ := strings.Cut(code, "@")
	locale, _, _ = strings.Cut(locale, ".")
	if known := respell(locale); known != "" && valid(known) {
		return known
	}
	name := strings.ToLower(strings.NewReplacer("_", " ", "-", " ").Replace(locale))
	if tag, has := named()[name]; has {
		return tag
	}
	subtags := strings.Split(strings.ReplaceAll(locale, "_", "-"), "-")
	for n := len(subtags) - 1; n > 0; n-- { // de-foo becomes de
		if prefix := respell(strings.Join(subtags[:n], "-")); prefix != "" && valid(prefix) {
			return prefix
		}
	}
	if tag := ofTerritory(subtags[0]); tag != "" {
		return tag
	}
	first, _, _ := strings.Cut(name, " ")
	if tag, has := named()[first]; has && len(first) > 3 {
		return tag
	}
	return alike(name)
}

// ofTerritory returns the main language of a territory: ja for jp.
func ofTerritory(code string) string {
	if len(code) != 2 {
		return ""
	}
	region, err := language.ParseRegion(code)
	if err != nil || !region.IsCountry() {
		return ""
	}
	tag, err := language.Compose(region)
	if err != nil {
		return ""
	}
	base, confidence := tag.Base()
	if confidence == language.No || base.String() == "und" {
		return ""
	}
	return base.String()
}

// alike returns the language whose name differs from a mistyped one by at most two letters.
func alike(name string) (best string) {
	if len(name) < 5 {
		return ""
	}
	least, of := 3, ""
	for other, tag := range named() {
		if d := distance([]rune(name), []rune(other), least); d < least || d == least && d < 3 && other < of {
			least, of, best = d, other, tag
		}
	}
	return best
}

// distance returns the edit distance of two words, or limit if it is larger.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
