package langcode

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestNormalize_KeepsValidCodes(t *testing.T) {
	for _, code := range []string{"", "en", "EN", "en-us", "zh-TW", "zh-Hant-TW", "ca-valencia", "iw", "sh", "tl", "i-klingon", "x-foo", "qaa", "zh-min-nan", "be-tarask", "fil", "arb", "swh", "zsm", "nan", "yue", "und", "mul", "cmn", "en-GB-oed", "de-1996", "quz"} {
		if got, err := Normalize(code); err != nil || got != code {
			t.Errorf("Normalize(%q) = %q, %v", code, got, err)
		}
		if err := Check(code); err != nil {
			t.Errorf("Check(%q): %v", code, err)
		}
	}
}

func TestNormalize_RespellsLocales(t *testing.T) {
	for code, want := range map[string]string{
		"pt_BR.utf8": "pt-BR", "zh_TW.utf8": "zh-TW", "ca@valencia": "ca-valencia", "ca@valencia.utf8": "ca-valencia", "sr@latin": "sr-Latn", "sr_RS@latin": "sr-Latn-RS",
		"de_DE": "de-DE", "de_DE@euro": "de-DE", "en_US.UTF-8": "en-US", "zh_Hant_TW": "zh-Hant-TW", "eng": "en", "eng_Latn": "en-Latn", "ger": "de",
		" fr ": "fr", "iw_IL": "iw-IL", "kok@roman.utf8": "kok-Latn", "sat@olchiki": "sat-Olck", "ach.utf8": "ach",
	} {
		if got, err := Normalize(code); err != nil || got != want {
			t.Errorf("Normalize(%q) = %q, %v; want %q", code, got, err, want)
		}
		if err := Check(code); err == nil || !strings.Contains(err.Error(), "the nearest is "+want) {
			t.Errorf("Check(%q): %v", code, err)
		}
	}
}

func TestNormalize_NamesNearest(t *testing.T) {
	for code, want := range map[string]string{
		"english": "en", "English": "en", "german": "de", "Deutsch": "de", "englsh": "en", "simplified chinese": "zh-Hans", "jp": "ja", "cn": "zh", "gr": "el", "cz": "cs",
		"de-foo": "de", "pt_BR_foo": "pt-BR", "fr@nothing": "fr", "C": "", "POSIX": "", "xx": "", "xx-foo": "", "12": "", "en;q=0.5": "", strings.Repeat("a", 1000): "", "\xff": "",
		"Brazilian Portuguese": "pt-BR",
	} {
		got, err := Normalize(code)
		var e *Error
		if !errors.As(err, &e) || e.Nearest != want {
			t.Errorf("Normalize(%q) = %q, %v; want the nearest %q", code, got, err, want)
		}
	}
}

// FuzzNormalize checks that no code panics and that results are valid.
func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{"en", "de_DE.utf8@euro", "english", "x-a", "@", "._-", "sr@latin"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, code string) {
		var cache Cache
		got, err := Normalize(code)
		again, failed := cache.Normalize(code)
		if got != again || (err == nil) != (failed == nil) {
			t.Errorf("%q: %q, %v, from the cache %q, %v", code, got, err, again, failed)
		}
		var e *Error
		switch {
		case err == nil && !valid(got):
			t.Errorf("%q became %q", code, got)
		case errors.As(err, &e) && !valid(e.Nearest):
			t.Errorf("%q: the nearest is %q", code, e.Nearest)
		}
	})
}

func ExampleNormalize() {
	fmt.Println(Normalize("zh-TW"))
	fmt.Println(Normalize("pt_BR.utf8"))
	_, err := Normalize("english")
	fmt.Println(err)
	// Output:
	// zh-TW <nil>
	// pt-BR <nil>
	// "english" is not a language code of BCP-47; the nearest is en
}
