package benchmarks

import (
	"math"
	"slices"
	"testing"
)

// scoredBy returns the value of a benchmark's first metric by a protocol, and why the prediction
// could not be read.
func scoredBy(t testing.TB, bench, protocol string, item Item) (value float64, unparsed string) {
	t.Helper()
	b, err := Builtin().Named(bench)
	if err != nil {
		t.Fatal(err)
	}
	m := b.Metrics[0]
	if protocol != Official {
		others, err := b.protocols([]string{protocol})
		if err != nil {
			t.Fatal(err)
		}
		m = others[0].Metrics[0]
	}
	value = m.Each()(&item)
	return value, item.Unparsed
}

func TestProtocols_DifferAsTheirRulesDo(t *testing.T) {
	ten := slices.Repeat([]string{"yes"}, 10)
	choices := []string{"red", "blue", "green", "white"}
	for _, c := range []struct {
		bench, protocol, response string
		references, choices       []string
		score                     float64
		parsed                    bool
	}{
		{"vqav2", Official, "Yes", ten, nil, 0, true},
		{"vqav2", LMMsEval, "Yes", ten, nil, 1, true},
		{"vqav2", Lenient, "Yes", ten, nil, 1, true},
		{"easyvqa", Official, "977,633", []string{"977633"}, nil, 0, true},
		{"easyvqa", Lenient, "977,633", []string{"977633"}, nil, 1, true},
		{"ocrvqa", LMMsEval, "977,633", []string{"977633"}, nil, 1, true},
		{"ocrvqa", VLMEvalKit, "977,633", []string{"977633"}, nil, 0, true},
		{"chartqa", Official, "27 percent", []string{"27%"}, nil, 0, true},
		{"chartqa", Lenient, "27 percent", []string{"27%"}, nil, 1, true},
		{"chartqa", BigVision, " 27%", []string{"27%"}, nil, 1, true},
		{"okvqa", BigVision, "Red", []string{"red", "red", "red"}, nil, 0, true},
		{"okvqa", LMMsEval, "Red", []string{"red", "red", "red"}, nil, 2. / 3, true},
		{"aokvqa-mc", Official, "blue", []string{"blue"}, choices, 1, true},
		{"aokvqa-mc", Official, "Blue", []string{"blue"}, choices, 0, false},
		{"aokvqa-mc", Lenient, "Blue.", []string{"blue"}, choices, 1, true},
		{"aokvqa-mc", VLMEvalKit, "It is blue.", []string{"blue"}, choices, 1, true},
		{"scienceqa", Official, "B", []string{"blue"}, choices, 0, false},
		{"scienceqa", LLaVA, "B", []string{"blue"}, choices, 1, true},
		{"scienceqa", BigVision, "the answer is b.", []string{"blue"}, choices, 1, true},
		{"pope", Official, "A dog.", []string{"yes"}, nil, 1, true},
		{"pope", VLMEvalKit, "A dog.", []string{"yes"}, nil, 0, false},
		{"tallyqa", Official, "There are two.", []string{"2"}, nil, 0, true},
		{"tallyqa", VLMEvalKit, "There are two.", []string{"2"}, nil, 1, true},
	} {
		score, unparsed := scoredBy(t, c.bench, c.protocol, Item{ID: "1", Prediction: c.response, References: c.references, Choices: c.choices})
		if math.Abs(score-c.score) > 1e-12 || (unparsed == "") != c.parsed {
			t.Errorf("%s by %s of %q: %v, %q; want %v, parsed %v", c.bench, c.protocol, c.response, score, unparsed, c.score, c.parsed)
		}
	}
}

func TestRules_CountErrorsAsWrong(t *testing.T) {
	for _, bench := range []string{"pope", "vqav2"} {
		if score, _ := scoredBy(t, bench, Official, Item{ID: "1", Error: "timeout", References: []string{"yes", ""}}); score != 0 {
			t.Errorf("%s: an error scores %v", bench, score)
		}
	}
}

// FuzzRules scores a response by every rule of every benchmark: no panic, values from 0 to the
// metric's maximum, and a lenient score of texts that is not below the owner's.
func FuzzRules(f *testing.F) {
	for _, s := range []string{
		"The answer is (B).", "yes", "no.", "1,234.5e-3", "977,633", "27 percent", "-", ".", "answer is a", "İΣ\xff", "\x00", "Z", "答案是A", "A", "½%", "1_0", "",
	} {
		f.Add(s, "blue", "the 5% dog")
	}
	type scored struct {
		bench, protocol string
		task            Task
		metric          Metric
	}
	var all []scored
	for _, b := range Builtin() {
		for _, p := range append([]Protocol{{Name: Official, Metrics: b.Metrics}}, b.Protocols...) {
			for _, m := range p.Metrics {
				if m.Each != nil {
					all = append(all, scored{b.Name, p.Name, b.Task, m})
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, response, a, b string) {
		official := map[string]float64{}
		for _, s := range all {
			item := Item{ID: "1", Prediction: response, References: []string{a, b}, Choices: []string{a, b, response}}
			value := s.metric.Each()(&item)
			if value < 0 || value > max(1, s.metric.Max) || item.Unparsed != "" && value > 0 {
				t.Errorf("%s by %s of %q: %v, %q", s.bench, s.protocol, response, value, item.Unparsed)
			}
			name := s.bench + " " + s.metric.Name
			switch {
			case s.protocol == Official:
				official[name] = value
			case s.protocol == Lenient && s.task != Choices && value < official[name]:
				t.Errorf("%s: lenient %v, official %v", name, value, official[name])
			}
		}
	})
}
