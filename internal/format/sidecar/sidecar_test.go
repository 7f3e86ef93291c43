package sidecar

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/shards"
)

func TestAddJSON_CountsRepeatedNames(t *testing.T) {
	s := shards.Sample{Metadata: map[string]string{"n": "1"}}
	left, err := AddJSON(&s, []byte(`{"n":2,"m":null,"big":"`+strings.Repeat("x", maxMetadata+1)+`","scores":{"a":"1e3","b":NaN}}`))
	if err != nil || len(left) != 2 || s.Metadata["n"] != "1" || s.Scores["a"] != 1000 || len(s.Scores) != 1 {
		t.Errorf("%+v, left out %v, %v", s, left, err)
	}
}

func TestAddJSON_AcceptsAnyLetterCase(t *testing.T) {
	var s shards.Sample
	left, err := AddJSON(&s, []byte(`{"TEXT":"a","Caption":"b","caption":"c","URL":"http://x/y","Other":"d","Question":"q","ANSWER":"z"}`))
	got := fmt.Sprint(s.Texts, s.Provenance.URL, s.Questions, s.Metadata)
	want := shards.Sample{Texts: []shards.Text{{Kind: shards.Alt, Value: "c"}, {Kind: shards.Alt, Value: "a"}}, Provenance: shards.Provenance{URL: "http://x/y"},
		Questions: []shards.Question{{Text: "q", Answers: []shards.Answer{{Text: "z"}}}}, Metadata: map[string]string{"Caption": "b", "Other": "d"}}
	if err != nil || len(left) != 0 || got != fmt.Sprint(want.Texts, want.Provenance.URL, want.Questions, want.Metadata) {
		t.Errorf("%s, left out %v, %v", got, left, err)
	}
}

func TestParseText_RefusesUTF16WithoutMark(t *testing.T) {
	for _, text := range []string{"h\x00e\x00l\x00l\x00o\x00", "\x00h\x00e\x00l\x00l\x00o"} {
		if got, err := ParseText([]byte(text)); err == nil || !strings.Contains(err.Error(), "UTF-16") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	if got, err := ParseText([]byte("a\x00bcdefg")); err != nil || got != "a\x00bcdefg" {
		t.Errorf("one zero: %q, %v", got, err)
	}
}

func FuzzAddJSON(f *testing.F) {
	for _, seed := range []string{`{"texts":["a",null],"scores":{"a":"1"},"n":NaN}`, `{"question":"q","answers":[{"answer":"a"}]}`, `[1,"a",{"raw":"b"}]`, "\xff\xfe{\x00}\x00", `{"boxes":[{"label":"x"}],"metadata":{"a":"b"},"provenance":{"url":"u"}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		var s, again shards.Sample
		left, err := AddJSON(&s, content)
		leftAgain, _ := AddJSON(&again, content)
		if err != nil && strings.Contains(err.Error(), "unmarshal") {
			t.Error(err)
		}
		if !slices.Equal(left, leftAgain) || fmt.Sprint(s) != fmt.Sprint(again) {
			t.Errorf("read twice: %v %v, %v %v", s, again, left, leftAgain)
		}
	})
}
