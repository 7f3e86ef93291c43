package jsonerr

import (
	"encoding/json"
	jsonv2 "encoding/json/v2"
	"strings"
	"testing"
)

func TestExplain_NamesFieldsOfTheSecondPackage(t *testing.T) {
	type answer struct {
		N int     `json:"n"`
		F float64 `json:"f"`
		B bool    `json:"b"`
		S string  `json:"s"`
	}
	type thing struct {
		Answers []answer          `json:"answers"`
		Named   map[string]answer `json:"named"`
	}
	for text, want := range map[string]string{
		`{"answers":[{"n":1},{"n":"two"}]}`:        `answers[1].n: found text, expected a whole number`,
		`{"answers":[{"n":1.5}]}`:                  "answers[0].n: found number 1.5, expected a whole number",
		`{"answers":[{"f":[]}]}`:                   "answers[0].f: found a list, expected a number",
		`{"answers":[{"b":"x"}]}`:                  `answers[0].b: found text, expected true or false`,
		`{"named":{"a/b":{"s":{}}}}`:               "named.a/b.s: found an object, expected text",
		`{"answers":7}`:                            "answers: found a number, expected a list",
		`[]`:                                       "found a list, expected an object",
		`{"answers":[{"n":99999999999999999999}]}`: "answers[0].n: found number 99999999999999999999, expected a whole number",
	} {
		if err := Explain(jsonv2.Unmarshal([]byte(text), new(thing))); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
		if err := Explain(json.Unmarshal([]byte(text), new(thing))); err == nil || strings.Contains(err.Error(), "Go") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
