package metrics

import (
	"strings"
	"testing"
)

func TestRefused_KnowsHowModelsDecline(t *testing.T) {
	for text, want := range map[string]bool{
		"I'm sorry, but I can't assist with that.": true, "I’m sorry, but I cannot identify people.": true, "Sorry, I can't help with images of people yet.": true,
		"As an AI language model, I do not see.": true, "I am unable to answer.": true, "I cannot determine the colour": true, "Cannot determine the answer": true,
		"Unfortunately, I can't see the image.": true, "\"I'm not able to read it.\"": true,
		"sorry, we're closed": false, "i can't believe it's not butter": false, "I cannot": false, "sorry": false, "": false, "as an aircraft": false, "the man says I'm sorry": false,
		"unanswerable": false,
	} {
		if got := Refused(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	for _, text := range []string{"I AM SORRY, BUT no", "UNFORTUNATELY, I CAN NOT SEE", "Not Able: I'm not able to", "I’M ſorry, but", "AS AN AI", "cannot determine", "no answer at all"} {
		if got, want := Refused(text), refusal.MatchString(strings.ReplaceAll(text, "’", "'")); got != want {
			t.Errorf("%q: %v, the expression says %v", text, got, want)
		}
	}
}
