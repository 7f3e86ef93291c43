package main

import (
	"testing"

	"github.com/pali3/pali3/shards"
)

// recordsOf returns the records of a family by split.
func recordsOf(records []shards.Sample, family string) map[string][]shards.Sample {
	out := map[string][]shards.Sample{}
	for _, r := range records {
		if r.Metadata["family"] == family {
			out[r.Split] = append(out[r.Split], r)
		}
	}
	return out
}

// values returns the set of what the metadata of records say under the names.
func values(records []shards.Sample, names ...string) map[string]bool {
	set := map[string]bool{}
	for _, r := range records {
		set[value(r, names...)] = true
	}
	return set
}

func value(r shards.Sample, names ...string) string {
	joined := ""
	for _, name := range names {
		joined += r.Metadata[name] + "; "
	}
	return joined
}

// seenInTrain fails for each record whose values under the names no training record has.
func seenInTrain(t *testing.T, split, training []shards.Sample, names ...string) {
	t.Helper()
	seen := values(training, names...)
	for _, r := range split {
		if !seen[value(r, names...)] {
			t.Errorf("%s of %s: train lacks %v %s", r.Key, r.Split, names, value(r, names...))
		}
	}
}

func TestRolesAreCompleteAndTheirPartsAreSeen(t *testing.T) {
	people := recordsOf(committedRecords(t), "person")
	if n := len(people[train]) + len(people[heldOut]) + len(people[heldOutCombinations]); n != 65*18 {
		t.Errorf("%d people, want 65 roles in 3 genders and 6 tones", n)
	}
	if n := len(values(people[train], "role")); n != 65 {
		t.Errorf("%d roles in train, want 65", n)
	}
	seenInTrain(t, people[heldOut], people[train], "role", "gender")
	seenInTrain(t, people[heldOut], people[train], "role", "tone")
	seenInTrain(t, people[heldOut], people[train], "gender", "tone")
	for _, name := range []string{"role", "gender", "tone"} {
		seenInTrain(t, people[heldOutCombinations], people[train], name)
	}
	seenInTrain(t, people[heldOutCombinations], people[train], "role", "gender")
	seenInTrain(t, people[heldOutCombinations], people[train], "gender", "tone")
}

func TestCombinationsAreNeverSeen(t *testing.T) {
	people := recordsOf(committedRecords(t), "person")
	seen := values(append(people[train], people[heldOut]...), "role", "tone")
	cells := map[string]int{}
	tonesHeld := map[string]int{}
	for _, r := range people[heldOutCombinations] {
		cells[r.Metadata["role"]]++
		tonesHeld[r.Metadata["tone"]]++
		if seen[value(r, "role", "tone")] {
			t.Errorf("%s: the role was seen with the tone", r.Key)
		}
	}
	for role, n := range cells {
		if n != len(genders) {
			t.Errorf("%d combinations of %q are held out, want %d", n, role, len(genders))
		}
	}
	for _, tone := range tones[1:] {
		if tonesHeld[tone] != 65/5*3 {
			t.Errorf("tone %s is held out %d times, want 39", tone, tonesHeld[tone])
		}
	}
	if len(cells) != 65 || tonesHeld["yellow"] > 0 {
		t.Errorf("%d roles in the combinations and %d yellow, want 65 and 0", len(cells), tonesHeld["yellow"])
	}
}

func TestHeldOutHandsAndShapesCanBeDerived(t *testing.T) {
	records := committedRecords(t)
	hands := recordsOf(records, "hand")
	seenInTrain(t, hands[heldOut], hands[train], "object")
	seenInTrain(t, hands[heldOut], hands[train], "tone")
	shapes := recordsOf(records, "shape")
	seenInTrain(t, shapes[heldOut], shapes[train], "color")
	seenInTrain(t, shapes[heldOut], shapes[train], "shape")
	held := 0
	for _, family := range families {
		f := recordsOf(records, family)
		held += len(f[heldOut])
		if len(f[heldOut]) > 0 && len(f[train]) < 3*len(f[heldOut]) {
			t.Errorf("%s: %d held out and only %d in train", family, len(f[heldOut]), len(f[train]))
		}
	}
	if held < 120 || held > 180 {
		t.Errorf("%d images held out, want 120 to 180", held)
	}
}

func TestCaptionsNameOnePicture(t *testing.T) {
	owner := map[[2]string]string{}
	for _, r := range committedRecords(t) {
		if r.Metadata["family"] == "sheet" {
			continue
		}
		if len(r.Texts) == 0 || r.Texts[0].Language != "en" {
			t.Errorf("%s has no English caption", r.Key)
		}
		for _, text := range r.Texts {
			id := [2]string{text.Language, text.Value}
			if owner[id] != "" || text.Kind != shards.Caption || text.Value == "" {
				t.Errorf("%s: %s %q is empty, or the caption of %s too", r.Key, text.Language, text.Value, owner[id])
			}
			owner[id] = r.Key
		}
	}
}

func TestSheetsStayInTheirSplit(t *testing.T) {
	split := map[string]string{}
	records := committedRecords(t)
	for _, r := range records {
		split[r.Key] = r.Split
	}
	for _, r := range records {
		if r.Metadata["family"] != "sheet" {
			continue
		}
		cells := 0
		for _, corner := range corners {
			if key := r.Metadata[corner]; key != "" {
				cells++
				if split[key] != r.Split {
					t.Errorf("%s of %s shows %s of %q", r.Key, r.Split, key, split[key])
				}
			}
		}
		if cells < 2 || cells > 4 {
			t.Errorf("%s has %d cells", r.Key, cells)
		}
	}
}
