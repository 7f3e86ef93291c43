package mixture

import (
	"strings"
	"testing"
)

func TestLower_ChangesTargetsAlone(t *testing.T) {
	task := Task{Lower: true}
	if got := task.target("Él Dijo: STOP, Ärger <loc0001>"); got != "Él dijo: stop, Ärger <loc0001>" {
		t.Error(got)
	}
	r := recipe(t, "tasks.0.lower=true", "tasks.0.prompt=CAPTION {lang}", "tasks.1.weight=0", "tasks.2.weight=0", "tasks.3.weight=0", "tasks.4.weight=0", "tasks.5.weight=0")
	lowered := open(t, r, Options{})
	r.Tasks[0].Lower = false
	plain := open(t, r, Options{})
	a, b := lowered.Describe(batch(t, lowered, 0)), plain.Describe(batch(t, plain, 0))
	for i := range a {
		if a[i].Target != strings.ToLower(b[i].Target) || a[i].Prompt != b[i].Prompt || !strings.Contains(a[i].Prompt, "CAPTION") {
			t.Errorf("%+v and %+v", a[i], b[i])
		}
	}
}
