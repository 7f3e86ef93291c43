package jsonerr

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestExplain_NamesFieldAndKindInWords(t *testing.T) {
	type inner struct {
		ID    int64
		Boxes []float64 `json:"boxes"`
		Name  string    `json:"name"`
	}
	var value struct {
		Image *inner         `json:"image"`
		Other map[string]int `json:"other"`
		Whole bool           `json:"whole"`
	}
	for _, c := range []struct{ text, want string }{
		{`{"image": {"ID": "7"}}`, `field "image.ID" holds a string where a whole number belongs`},
		{`{"image": {"ID": 7.5}}`, `field "image.ID" holds the number 7.5 where a whole number belongs`},
		{`{"image": {"boxes": {}}}`, `field "image.boxes" holds an object where a list belongs`},
		{`{"image": []}`, `field "image" holds an array where an object belongs`},
		{`{"image": {"name": true}}`, `field "image.name" holds true or false where a string belongs`},
		{`{"whole": "yes"}`, `field "whole" holds a string where true or false belongs`},
		{`[]`, "the value holds an array where an object belongs"},
		{`{"image": NaN}`, "(NaN) before byte"},
		{`{"other": {"a": -Infinity}}`, "(Infinity) before byte"},
		{`{"image": {`, ErrCutShort.Error()},
		{`{"image": 'x'}`, "not JSON at byte"},
		{``, ErrCutShort.Error()},
	} {
		err := Explain(json.Unmarshal([]byte(c.text), &value))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.text, err, c.want)
		} else if strings.Contains(err.Error(), "Go ") || strings.Contains(err.Error(), "unmarshal") {
			t.Errorf("%s: %v tells of Go", c.text, err)
		}
	}
}

func TestExplain_LeavesOtherErrors(t *testing.T) {
	if err := errors.New("no space left"); Explain(err) != err || Explain(nil) != nil {
		t.Error("an error of another kind came back changed")
	}
	decoder := json.NewDecoder(strings.NewReader(`{"colour": 1}`))
	decoder.DisallowUnknownFields()
	var empty struct{}
	if err := Explain(decoder.Decode(&empty)); err == nil || err.Error() != `unknown field "colour"` {
		t.Error(err)
	}
}
