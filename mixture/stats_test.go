package mixture

import (
	"context"
	"math"
	"testing"
)

func TestStats_AddUp(t *testing.T) {
	s := open(t, recipe(t), Options{Workers: 2})
	stats, err := s.Stats(context.Background(), 2, 30, nil)
	if err != nil {
		t.Fatal(err)
	}
	examples, met, asked := 0, 0.0, 0.0
	lengths := map[string]int{} // ids of each task
	for step := 2; step < 30; step++ {
		for _, e := range s.Describe(batch(t, s, step)) {
			lengths[e.Task] += e.Encoder
		}
	}
	for _, one := range stats.Tasks {
		examples += one.Examples
		met += one.Met
		asked += one.Asked
		if math.Abs(one.Encoder.Mean*float64(one.Examples)-float64(lengths[one.Name])) > 1e-6 {
			t.Errorf("%s: %g encoder ids on average, want %d in all", one.Name, one.Encoder.Mean, lengths[one.Name])
		}
		if one.Encoder.P50 > one.Encoder.P95 || one.Encoder.P95 > one.Encoder.Max || one.Encoder.Max > 64 {
			t.Errorf("%s: lengths %+v", one.Name, one.Encoder)
		}
		if one.Name == "off" && (one.Examples != 0 || one.Asked != 0) {
			t.Errorf("a task of weight 0: %+v", one)
		}
		if one.Name == "caption" && (one.Samples != 35 || one.Languages["en"] != 35 || one.Images != 1 || one.Distinct > 35 ||
			math.Abs(one.Epochs-float64(30*12)*one.Asked/35) > 0.5) {
			t.Errorf("caption: %+v", one)
		}
		if one.Name == "text" && one.Images != 0 {
			t.Errorf("text: %+v", one)
		}
	}
	if examples != 28*12 || stats.Examples != examples || math.Abs(met-1) > 1e-9 || math.Abs(asked-1) > 1e-9 {
		t.Errorf("%d examples, shares met %g and asked %g", examples, met, asked)
	}
}

func TestLengthwise(t *testing.T) {
	counts := map[int]int{}
	for n := 1; n <= 100; n++ {
		counts[n]++
	}
	if got, want := lengthwise(counts), (Lengthwise{50.5, 50, 95, 100}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := lengthwise(map[int]int{7: 1}), (Lengthwise{7, 7, 7, 7}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := lengthwise(nil); got != (Lengthwise{}) {
		t.Errorf("got %+v of nothing", got)
	}
}

func TestFingerprint_ChangesWithWhatExamplesDependOn(t *testing.T) {
	r := recipe(t)
	of := func(r Recipe) string {
		f, err := open(t, r, Options{}).Fingerprint()
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	first := of(r)
	if again := of(recipe(t)); again != first { // another folder with the same content
		t.Error("the fingerprint depends on the folder")
	}
	for name, change := range map[string]func(*Recipe){
		"seed":    func(r *Recipe) { r.Seed++ },
		"batch":   func(r *Recipe) { r.Batch *= 2 },
		"ops":     func(r *Recipe) { r.Images.Ops = "decode|resize(8)" },
		"weight":  func(r *Recipe) { r.Tasks = append([]Task(nil), r.Tasks...); r.Tasks[0].Weight = 3 },
		"lengths": func(r *Recipe) { r.Lengths.Encoder++ },
	} {
		changed := r
		change(&changed)
		if of(changed) == first {
			t.Errorf("the fingerprint does not depend on the %s", name)
		}
	}
}
