package metrics

import (
	"slices"
	"testing"
)

func TestRules_BeginWithTheOfficialOne(t *testing.T) {
	metrics := RuleMetrics()
	if len(metrics) < 20 {
		t.Errorf("%d metrics: %q", len(metrics), metrics)
	}
	for _, metric := range metrics {
		var protocols []string
		for _, rule := range Rules(metric) {
			if rule.Metric != metric || rule.Source == "" || rule.Score == nil {
				t.Errorf("%s: %+v", metric, rule)
			}
			if slices.Contains(protocols, rule.Protocol) {
				t.Errorf("%s has two rules of %s", metric, rule.Protocol)
			}
			protocols = append(protocols, rule.Protocol)
		}
		if len(protocols) == 0 || protocols[0] != Official {
			t.Errorf("%s: %q", metric, protocols)
		}
	}
	if got := Rules("bleu_9"); got != nil {
		t.Errorf("rules of an unknown metric: %v", got)
	}
}

func scoreBy(t *testing.T, metric, protocol, response string, q Question) Outcome {
	t.Helper()
	for _, rule := range Rules(metric) {
		if rule.Protocol == protocol {
			return rule.Score(response, q)
		}
	}
	t.Fatalf("%s has no rule of %s", metric, protocol)
	return Outcome{}
}

func TestRules_OnWhichProtocolsDiffer(t *testing.T) {
	ten := slices.Repeat([]string{"yes"}, 10)
	question := Question{Answers: []string{"B"}, Choices: []string{"red", "blue", "green", "white"}}
	byText := Question{Answers: []string{"blue"}, Choices: question.Choices}
	for _, c := range []struct {
		metric, protocol, response string
		q                          Question
		score                      float64
		parsed                     bool
	}{
		{"vqa_accuracy", Official, "Yes", Question{Answers: ten}, 0, true},
		{"vqa_accuracy", LMMsEval, "Yes", Question{Answers: ten}, 1, true},
		{"vqa_accuracy", Lenient, "Yes", Question{Answers: ten}, 1, true},
		{"exact_match", Official, "977,633", Question{Answers: []string{"977633"}}, 0, true},
		{"exact_match", Lenient, "977,633", Question{Answers: []string{"977633"}}, 1, true},
		{"relaxed_accuracy", Official, "27 percent", Question{Answers: []string{"27%"}}, 0, true},
		{"relaxed_accuracy", Lenient, "27 percent", Question{Answers: []string{"27%"}}, 1, true},
		{"anls", Official, "", Question{Answers: []string{"x"}}, 0, false},
		{"mmmu_accuracy", Official, "B.", question, 1, true},
		{"mmmu_accuracy", Official, "b", question, 0, false},
		{"mmmu_accuracy", Lenient, "b", question, 1, true},
		{"mmmu_accuracy", VLMEvalKit, "It is blue.", byText, 1, true},
		{"mmmu_accuracy", Official, "It is blue.", byText, 0, false},
		{"aokvqa_choice_accuracy", Official, "blue", question, 1, true},
		{"aokvqa_choice_accuracy", Official, "Blue", question, 0, false},
		{"aokvqa_choice_accuracy", Lenient, "Blue.", question, 1, true},
		{"pope_accuracy", Official, "A dog.", Question{Answers: []string{"yes"}}, 1, true},
		{"pope_accuracy", VLMEvalKit, "A dog.", Question{Answers: []string{"Yes"}}, 0, false},
		{"mme_accuracy", Official, "Not at all", Question{Answers: []string{"No"}}, 1, true},
		{"tallyqa_accuracy", VLMEvalKit, "There are two.", Question{Answers: []string{"2"}}, 1, true},
		{"realworldqa_accuracy", Official, "The answer is B.", question, 1, true},
		{"realworldqa_accuracy", Official, "Downhill.", Question{Answers: []string{"downhill"}}, 1, true},
	} {
		got := scoreBy(t, c.metric, c.protocol, c.response, c.q)
		if got.Score != c.score || got.Parsed != c.parsed {
			t.Errorf("%s by %s of %q: %+v, want score %v, parsed %v", c.metric, c.protocol, c.response, got, c.score, c.parsed)
		}
	}
}

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
