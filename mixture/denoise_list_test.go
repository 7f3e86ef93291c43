package mixture

import (
	"fmt"
	"strings"
	"testing"
)

// textOnly leaves the task with denoisers alone.
var textOnly = []string{"tasks.0.weight=0", "tasks.1.weight=0", "tasks.2.weight=0", "tasks.3.weight=0", "tasks.4.weight=0"}

func TestDenoiserList_OfAPresetIsThePreset(t *testing.T) {
	preset, err := Denoisers("ul2")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, d := range preset {
		list = append(list, fmt.Sprintf("{mean_span: %g, rate: %g, mode: '%s', weight: %g}", d.MeanSpan, d.Rate, d.Mode, d.Weight))
	}
	named := recipe(t, append([]string{"tasks.5.denoisers=ul2", "tasks.5.modes=true", "tokenizer.mode_tokens=true"}, textOnly...)...)
	listed := recipe(t, append([]string{"tasks.5.denoiser_list=[" + strings.Join(list, ", ") + "]", "tasks.5.denoisers=''", "tasks.5.modes=false", "tokenizer.mode_tokens=true"}, textOnly...)...)
	listed.Data = named.Data
	for i := range listed.Tasks {
		listed.Tasks[i].Data = named.Tasks[i].Data
	}
	want, got := open(t, named, Options{}), open(t, listed, Options{})
	for step := range 5 {
		if a, b := batch(t, want, step), batch(t, got, step); a.Digest() != b.Digest() {
			t.Fatalf("step %d differs", step)
		}
	}
}

func TestDenoiserList_Problems(t *testing.T) {
	for list, want := range map[string]string{
		"[{mean_span: 3, weight: 1}]":                              "tasks.5.denoiser_list.0.rate: rate: 0; legal are numbers above 0 and below 1",
		"[{rate: .2, weight: 1}, {rate: .7, weight: 1}]":           "denoiser_list[1]: rate: 0.7; without mean_span it is the mean share of a suffix, at most 0.5",
		"[{mean_span: 0.5, rate: .2, weight: 1}]":                  "mean_span: 0.5; legal are 1 and above, or 0",
		"[{mean_span: .nan, rate: .2, weight: 1}]":                 "mean_span: NaN",
		"[{mean_span: 3, rate: .nan, weight: 1}]":                  "rate: NaN",
		"[{mean_span: 3, rate: .2}]":                               "weight: 0, must be above zero",
		"[{mean_span: 3, rate: .2, weight: .inf}]":                 "weight: +Inf",
		"[{mean_span: 3, rate: .2, weight: 1, mode: '[NLP]'}]":     `mode: "[NLP]"; legal are [NLU], [NLG], [S2S]`,
		"[{mean_span: 3, rate: .2, weight: 1, span: 3}]":           "mean_span",
		"[{mean_span: 3, rate: .2, weight: 1}]; denoisers=ul2":     "denoiser_list and denoisers: ul2; one of them is legal",
		"[{mean_span: 3, rate: .2, weight: 1}]; modes=true":        "in denoiser_list each names its mode",
		"[{mean_span: 3, rate: .2, weight: 1}]; kind=caption":      "kind caption hides no parts of texts",
		"[{mean_span: 1, rate: .9, weight: 1, mode: '[NLU]'}]; ok": "",
	} {
		text := strings.NewReplacer("DATA", "d", "MODEL", model).Replace(recipeYAML)
		value, more, _ := strings.Cut(list, "; ")
		sets := []string{"tasks.5.denoisers=''", "tasks.5.modes=false", "tasks.5.denoiser_list=" + value}
		if more != "" && more != "ok" {
			sets = append(sets, "tasks.5."+more)
		}
		_, err := ParseRecipe([]byte(text), "test.yaml", nil, sets...)
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "\n", " "), strings.TrimPrefix(want, "tasks.5.denoiser_list.0.rate: "))):
			t.Errorf("%s: %v, want %q", list, err, want)
		}
	}
}

func TestDenoiserList_NamesTheKeyThatLacksSentinels(t *testing.T) {
	r := recipe(t, append([]string{"tasks.5.denoisers=''", "tasks.5.modes=false", "tasks.5.denoiser_list=[{mean_span: 1, rate: .5, weight: 1}]", "lengths.encoder=400", "lengths.decoder=400"}, textOnly...)...)
	_, err := Open(r, Options{})
	if err == nil || !strings.Contains(err.Error(), "denoiser (1,0.5) hides up to") {
		t.Errorf("got %v", err)
	}
}
