package shellword

import "testing"

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{
		"a/b-c_1.png": "a/b-c_1.png", "写真.JPG": "写真.JPG", "": "''", "Meine Bilder": "'Meine Bilder'", "it's": `'it'\''s'`, "a;b": "'a;b'", "$HOME": "'$HOME'",
	} {
		if got := Quote(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}
