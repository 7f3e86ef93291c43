package sidecar

import "testing"

func TestIsLabelFile(t *testing.T) {
	for text, want := range map[string]bool{
		"0 0.5 0.5 0.25 0.3":                      true,
		"0 0.5 0.5 0.25 0.3\r\n17 0.1 .2 1 1.0\n": true,
		"3 0.1 0.1 0.9 0.1 0.9 0.9 0.1 0.9":       true,
		"0 5e-05 0.5 0.25 0.3":                    true,
		"0 0.5e-1 0.5 0.25 0.3":                   true,
		"":                                        false,
		"a cat":                                   false,
		"0 0.5 0.5 0.25 0.3\na cat":               false,
		"1 2 3 4 5":                               false,
		"7":                                       false,
		"3 apples, 0.5 of them red, 0.2 green, 1 0 bitten": false,
	} {
		if got := IsLabelFile(text); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
}
