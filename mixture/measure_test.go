package mixture

import (
	"strings"
	"testing"
)

func TestMeasure_TellsHowExamplesFit(t *testing.T) {
	r := recipe(t)
	r.Lengths.Decoder = 3
	s, problems := OpenAll(r, Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	defer s.Close()
	measured, err := s.Measure(t.Context(), 100, 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(measured) != len(r.Tasks) {
		t.Fatalf("%d tasks measured of %d", len(measured), len(r.Tasks))
	}
	examples := s.Examples()
	for i, m := range measured {
		t.Logf("%+v", m)
		if m.Samples != examples[i] || m.Examples != min(100, m.Samples) || m.Failed > m.Examples {
			t.Errorf("task %d: %+v", i, m)
		}
		if (m.LongestDecoder > 3) != (m.TruncatedDecoder > 0) {
			t.Errorf("task %d: longest %d, truncated %d", i, m.LongestDecoder, m.TruncatedDecoder)
		}
	}
	if measured[0].TruncatedDecoder == 0 {
		t.Error("no caption is too long for 3 ids")
	}
	if shape := r.Shape(); shape != s.Shape() {
		t.Errorf("shape %+v, the stream's is %+v", shape, s.Shape())
	}
}

func TestOpenAll_ListsAllProblems(t *testing.T) {
	r := recipe(t)
	r.Tokenizer.Model = "nowhere.model"
	r.Tasks = append([]Task{}, r.Tasks...)
	r.Tasks[0].Data = "nodata"
	r.Tasks[1].Split = "test"
	_, problems := OpenAll(r, Options{})
	var all []string
	for _, p := range problems {
		all = append(all, p.Path+" "+p.Text)
	}
	text := strings.Join(all, "\n")
	for _, want := range []string{"tokenizer.model tokenizer: ", "tasks.0.data tasks[0]", "nodata", "tasks.1 tasks[1]", `split "test"`, "its samples are in the splits train"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
}
