package shards

import "testing"

// TestColumn compares every column of text with what the rows say.
func TestColumn(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 0, 200, Limits{GroupRows: 70})
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for name, of := range map[string]func(*Sample) []string{
		"key":   func(s *Sample) []string { return []string{s.Key} },
		"split": func(s *Sample) []string { return []string{s.Split} },
		"images.bytes": func(s *Sample) (all []string) {
			for i := range s.Images {
				all = append(all, string(s.Images[i].Bytes))
			}
			return all
		},
		"texts.value": func(s *Sample) (all []string) {
			for i := range s.Texts {
				all = append(all, s.Texts[i].Value)
			}
			return all
		},
		"questions.answers.text": func(s *Sample) (all []string) {
			for i := range s.Questions {
				for j := range s.Questions[i].Answers {
					all = append(all, s.Questions[i].Answers[j].Text)
				}
			}
			return all
		},
	} {
		got := make([][]string, d.Len())
		for v, err := range d.Column(name) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range v.Len() {
				got[v.Row(i)] = append(got[v.Row(i)], string([]byte(v.At(i))))
			}
		}
		row := 0
		for s, err := range d.Samples() {
			if err != nil {
				t.Fatal(err)
			}
			want := of(&s)
			if len(want) != len(got[row]) {
				t.Fatalf("%s: row %d: %q, want %q", name, row, got[row], want)
			}
			for i := range want {
				if want[i] != got[row][i] {
					t.Fatalf("%s: row %d: %q, want %q", name, row, got[row], want)
				}
			}
			row++
		}
	}
	for _, err := range d.Column("images.width") {
		if err == nil {
			t.Error("a column of numbers was read as text")
		}
	}
}
