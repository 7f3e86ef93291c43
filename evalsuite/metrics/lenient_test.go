package metrics

import "testing"

func TestNormalizeLenient_WritesNumbersOneWay(t *testing.T) {
	for text, want := range map[string]string{
		"977,633": "977633", "27 percent": "27%", "27 per cent.": "27%", "27 %": "27%", "twelve percent": "12%", "27.0": "27",
		".50": "0.5", "0.00": "0", "+5": "5", "-5.10%": "-5.1%", "$1,000.00": "$1000", "1,23": "1,23", "1,2345": "1,2345",
		"The Dog.": "dog", "the": "the", "“Coke”": "coke", "2,730 (ca.)": "2730 ca", "ＡＢＣ　１２": "abc 12", "  a  b ": "b", "": "",
		"1.2.3": "1.2.3", "none": "none", "U.S.": "u.s", "per cent": "per cent", "İ": "i̇", "5²": "5²", "007": "7",
	} {
		if got := NormalizeLenient(text); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}

func TestLenientChoice_NeverGuesses(t *testing.T) {
	choices := []string{"a dog", "The cat", "5", "5.0"}
	for response, want := range map[string]string{
		"A": "A", "b": "B", "(B)": "B", "B) the cat": "B", "dog": "A", "the cat!": "B", "5": "", "A dog barks": "", "E": "", "": "", "a or b": "", "C.": "C",
	} {
		if got := LenientChoice(response, choices); got.Answer != want || got.Parsed != (want != "") {
			t.Errorf("%q: %+v, want %q", response, got, want)
		}
	}
}
