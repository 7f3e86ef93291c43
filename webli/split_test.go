package webli

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/shards"
)

// textSamples returns samples of one text each with the keys k0, k1, ...
func textSamples(n int) (all []shards.Sample) {
	for i := range n {
		all = append(all, sample(fmt.Sprintf("k%d", i), "", nil, fmt.Sprintf("text %d", i)))
	}
	return all
}

// divided splits samples and returns the split of each key, and the report.
func divided(t *testing.T, config SplitConfig, samples ...shards.Sample) (map[string]string, SplitReport) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	report, err := Split(t.Context(), dataset(t, samples...), out, config, Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := shards.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	got := map[string]string{}
	i := 0
	for s, err := range d.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		got[s.Key] = s.Split
		s.Split = samples[i].Split
		for j := range samples[i].Images {
			samples[i].Images[j].SHA256 = s.Images[j].SHA256
		}
		if s.Key != samples[i].Key || !reflect.DeepEqual(s.Texts, samples[i].Texts) || !reflect.DeepEqual(s.Images, samples[i].Images) {
			t.Errorf("row %d is %s, and differs from %s in more than its split", i, s.Key, samples[i].Key)
		}
		i++
	}
	sum := 0
	for _, p := range report.Splits {
		sum += p.Samples
	}
	if i != len(samples) || report.Samples != i || sum != i {
		t.Errorf("%d samples of %d, report %+v", i, len(samples), report)
	}
	return got, report
}

var valTest = []Fraction{{"val", 0.1}, {"test", 0.2}}

func TestSplit_FractionsAsRequested(t *testing.T) {
	_, report := divided(t, SplitConfig{Fractions: valTest}, textSamples(5000)...)
	for i, want := range []SplitPart{{Name: "train", Asked: 0.7}, {Name: "val", Asked: 0.1}, {Name: "test", Asked: 0.2}} {
		got := report.Splits[i]
		if got.Name != want.Name || math.Abs(got.Asked-want.Asked) > 1e-9 || math.Abs(got.Got-want.Asked) > 0.02 {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if len(report.Warnings) > 0 {
		t.Errorf("warnings %q", report.Warnings)
	}
}

// TestSplit_OfAKeyFollowsFromItsHash computes the split as a program in another language would:
// python3 -c "import hashlib; print(int.from_bytes(hashlib.sha256(b'0:k2').digest()[:8], 'big') /
// 2**64)".
func TestSplit_OfAKeyFollowsFromItsHash(t *testing.T) {
	for key, want := range map[string]float64{"k0": 0.7926333371155125, "k2": 0.37350661410396935, "ключ": 0.439640461536733} {
		m := (&memberExaminer{SplitConfig: SplitConfig{}.withDefaults()}).examine(&shards.Sample{Key: key}, Origin{})
		if got := m.uniform(); math.Abs(got-want) > 1e-15 {
			t.Errorf("%s is at %v, want %v", key, got, want)
		}
	}
}

func TestSplit_StableWhenSamplesAreAdded(t *testing.T) {
	all := textSamples(600)
	before, _ := divided(t, SplitConfig{Fractions: valTest}, all[300:400]...)
	after, _ := divided(t, SplitConfig{Fractions: valTest}, all...)
	other, _ := divided(t, SplitConfig{Fractions: valTest, Seed: 1}, all...)
	differ := 0
	for key, split := range before {
		if after[key] != split {
			t.Errorf("%s was in %s and is in %s", key, split, after[key])
		}
		if other[key] != split {
			differ++
		}
	}
	if differ < 20 {
		t.Errorf("another seed changes %d of 100 splits only", differ)
	}
}

func TestSplit_ByAField(t *testing.T) {
	var samples []shards.Sample
	for i, s := range textSamples(2000) {
		s.Metadata = map[string]string{"book": fmt.Sprint("book ", i%100)}
		samples = append(samples, s)
	}
	samples = append(samples, sample("loose", "", nil, "of no book"))
	for _, by := range []string{"book", "metadata.book"} {
		got, report := divided(t, SplitConfig{Fractions: valTest, By: by}, samples...)
		of := map[int]string{}
		for i := range 2000 {
			split := got[fmt.Sprintf("k%d", i)]
			if of[i%100] != "" && of[i%100] != split {
				t.Fatalf("book %d is in %s and in %s", i%100, of[i%100], split)
			}
			of[i%100] = split
		}
		if report.Groups != 100 || report.Grouped != 2000 || report.Largest != 20 || report.Unvalued != 1 {
			t.Errorf("%+v", report)
		}
	}
	_, err := Split(t.Context(), dataset(t, samples...), filepath.Join(t.TempDir(), "out"), SplitConfig{Fractions: valTest, By: "chapter"}, Options{})
	if err == nil || !strings.Contains(err.Error(), `"chapter" to split by; there are book, key, provenance.url`) {
		t.Errorf("a field that is not there: %v", err)
	}
}

// TestSplit_ByAFieldFollowsKeptSplits checks that new samples of a book in test go to test.
func TestSplit_ByAFieldFollowsKeptSplits(t *testing.T) {
	samples := textSamples(60)
	for i := range samples {
		samples[i].Metadata = map[string]string{"book": fmt.Sprint(i % 3)}
	}
	samples[0].Split = "test"
	got, _ := divided(t, SplitConfig{Fractions: []Fraction{{"val", 0.01}}, By: "book"}, samples...)
	for i := range samples {
		if split := got[samples[i].Key]; (split == "test") != (i%3 == 0) {
			t.Errorf("%s of book %d is in %s", samples[i].Key, i%3, split)
		}
	}
}

func TestSplit_SamplesKeepTheirSplits(t *testing.T) {
	samples := textSamples(1000)
	for i := range samples {
		samples[i].Split = []string{"", "train", "test", "odd"}[i%4]
	}
	config := SplitConfig{Fractions: []Fraction{{"val", 0.2}, {"test", 0.1}}}
	got, report := divided(t, config, samples...)
	drawn := map[string]int{}
	for i := range samples {
		split := got[samples[i].Key]
		if i%4 >= 2 && split != samples[i].Split {
			t.Errorf("%s was in %s and is in %s", samples[i].Key, samples[i].Split, split)
		}
		if i%4 < 2 {
			drawn[split]++
		}
	}
	want := []SplitPart{{Name: "train", Samples: drawn["train"]}, {Name: "val", Samples: drawn["val"]},
		{Name: "test", Samples: 250 + drawn["test"], Kept: 250}, {Name: "odd", Samples: 250, Kept: 250}}
	for i, w := range want {
		if g := report.Splits[i]; g.Name != w.Name || g.Samples != w.Samples || g.Kept != w.Kept {
			t.Errorf("%+v, want %+v", g, w)
		}
	}
	if drawn["val"] < 70 || drawn["val"] > 130 || drawn["odd"] > 0 {
		t.Errorf("drawn %v", drawn)
	}
	again, _ := divided(t, config, samples...)
	config.Resplit = true
	resplit, report := divided(t, config, samples...)
	if !reflect.DeepEqual(again, got) || reflect.DeepEqual(resplit, got) || len(report.Splits) != 3 {
		t.Errorf("resplit: %+v", report)
	}
}

// alikeSamples returns n images, each as it is, re-encoded and at half the size, and n pairs of
// texts.
func alikeSamples(n int) (all []shards.Sample) {
	for i := range n {
		m := noise(uint64(1000+i), 64, 64)
		all = append(all, sample(fmt.Sprintf("%d-png", i), "", asPNG(m), "first"), sample(fmt.Sprintf("%d-text1", i), "", nil, fmt.Sprint("Text ", i)),
			sample(fmt.Sprintf("%d-jpeg", i), "", asJPEG(m, 80), "second"), sample(fmt.Sprintf("%d-text2", i), "", nil, fmt.Sprint(" text  ", i)),
			sample(fmt.Sprintf("%d-same", i), "", asPNG(m), "third"))
	}
	return all
}

func TestSplit_KeepsNearDuplicatesTogether(t *testing.T) {
	const n = 60
	samples := append(alikeSamples(n), sample("broken-1", "", []byte("GIF89a")), sample("broken-2", "", []byte("GIF89a")), sample("nothing-1", "", nil), sample("nothing-2", "", nil))
	config := SplitConfig{Fractions: []Fraction{{"val", 0.3}}, KeepTogether: NearDuplicates}
	got, report := divided(t, config, samples...)
	vals := 0
	for i := range n {
		for _, pair := range [][2]string{{"png", "jpeg"}, {"png", "same"}, {"text1", "text2"}} {
			a, b := fmt.Sprint(i, "-", pair[0]), fmt.Sprint(i, "-", pair[1])
			if got[a] != got[b] {
				t.Errorf("%s is in %s and %s in %s", a, got[a], b, got[b])
			}
		}
		if got[fmt.Sprint(i, "-png")] == "val" {
			vals++
		}
	}
	if vals < 8 || vals > 30 {
		t.Errorf("%d of %d groups of images are in val: large groups must not be likelier to be", vals, n)
	}
	if got["broken-1"] != got["broken-2"] || report.Undecodable != 2 || report.Groups != 2*n+1 || report.Grouped != 5*n+2 || report.Largest != 3 || report.Torn != 0 {
		t.Errorf("%+v", report)
	}
	if !slices.ContainsFunc(report.Warnings, func(w string) bool { return strings.Contains(w, "2 images do not decode") }) {
		t.Errorf("warnings %q", report.Warnings)
	}
	apart, _ := divided(t, SplitConfig{Fractions: config.Fractions}, samples...)
	torn := 0
	for i := range n {
		if apart[fmt.Sprint(i, "-png")] != apart[fmt.Sprint(i, "-jpeg")] {
			torn++
		}
	}
	if torn < n/5 {
		t.Errorf("without keeping together %d pairs are torn apart; the test shows nothing", torn)
	}
}

// TestSplit_GroupsFollowKeptSplits checks that near duplicates of a test image go to test, and that
// a torn group stays torn.
func TestSplit_GroupsFollowKeptSplits(t *testing.T) {
	samples := alikeSamples(40)
	for i := range samples {
		if strings.HasSuffix(samples[i].Key, "-jpeg") {
			samples[i].Split = "test"
		}
	}
	samples[4].Split = "dev"
	got, report := divided(t, SplitConfig{Fractions: valTest, KeepTogether: NearDuplicates}, samples...)
	for i := range 40 {
		if a := got[fmt.Sprint(i, "-png")]; a != "test" && i > 0 {
			t.Errorf("%d-png is in %s", i, a)
		}
	}
	if report.Torn != 1 || got["0-same"] != "dev" || got["0-jpeg"] != "test" {
		t.Errorf("%+v, %s, %s", report, got["0-same"], got["0-jpeg"])
	}
}

// TestSplit_GroupStableUnlessItsLeastChanges compares a small dataset with a larger one that
// contains it.
func TestSplit_GroupStableUnlessItsLeastChanges(t *testing.T) {
	all := alikeSamples(60)
	config := SplitConfig{Fractions: valTest, KeepTogether: NearDuplicates}
	var fewer []shards.Sample
	for _, s := range all {
		if !strings.HasSuffix(s.Key, "-same") {
			fewer = append(fewer, s)
		}
	}
	before, _ := divided(t, config, fewer...)
	after, _ := divided(t, config, all...)
	moved := 0
	for key, split := range before {
		if after[key] != split {
			moved++
			if strings.Contains(key, "text") {
				t.Errorf("%s moved, though nothing was added to its group", key)
			}
		}
	}
	if moved > 40 { // a third of the 120 images has a new least, at most half of them another split
		t.Errorf("%d of %d samples moved", moved, len(before))
	}
}

func TestSplit_SameForAnyNumberOfWorkers(t *testing.T) {
	d := dataset(t, alikeSamples(20)...)
	var first []byte
	for _, workers := range []int{1, 2, 7} {
		out := filepath.Join(t.TempDir(), "out")
		if _, err := Split(t.Context(), d, out, SplitConfig{Fractions: valTest, KeepTogether: NearDuplicates}, Options{Workers: workers}); err != nil {
			t.Fatal(err)
		}
		part, err := os.ReadFile(filepath.Join(out, "part-00000.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && string(first) != string(part) {
			t.Errorf("%d workers give another dataset", workers)
		}
		first = part
	}
}

func TestSplit_Warnings(t *testing.T) {
	oneBook := textSamples(400)
	for i := range oneBook {
		oneBook[i].Metadata = map[string]string{"book": fmt.Sprint(min(i/100, 2))}
	}
	for _, c := range []struct {
		name    string
		config  SplitConfig
		samples []shards.Sample
		want    []string
	}{
		{"none", SplitConfig{Fractions: valTest}, textSamples(400), nil},
		{"few", SplitConfig{Fractions: valTest}, textSamples(100), []string{"val has fewer than 20 samples (16)", "test has fewer than 20 samples (15)"}},
		{"empty", SplitConfig{Fractions: []Fraction{{"val", 0.001}}}, textSamples(100), []string{"val is empty: 0.001 of 100 samples"}},
		{"large groups", SplitConfig{Fractions: []Fraction{{"val", 0.5}}, By: "book"}, oneBook, []string{"train has 100% of the samples instead of 50%: the largest of the 3 groups kept together has 200", "val is empty: 0.5 of 400"}},
	} {
		_, report := divided(t, c.config, c.samples...)
		if len(report.Warnings) != len(c.want) {
			t.Errorf("%s: warnings %q", c.name, report.Warnings)
			continue
		}
		for i := range c.want {
			if !strings.HasPrefix(report.Warnings[i], c.want[i]) {
				t.Errorf("%s: %q, want %q", c.name, report.Warnings[i], c.want[i])
			}
		}
	}
}

func TestSplitConfig_Validate(t *testing.T) {
	for _, c := range []struct {
		config SplitConfig
		says   string
	}{
		{SplitConfig{}, "at least one name and fraction"},
		{SplitConfig{Fractions: []Fraction{{"val", 5}}}, "val=5: a fraction is more than 0 and less than 1; 5 percent is 0.05"},
		{SplitConfig{Fractions: []Fraction{{"val", 0}}}, "val=0"},
		{SplitConfig{Fractions: []Fraction{{"val", math.NaN()}}}, "val=NaN"},
		{SplitConfig{Fractions: []Fraction{{"a", 0.5}, {"b", 0.5}}}, "sum to 1, which leaves nothing for train"},
		{SplitConfig{Fractions: []Fraction{{"a", 0.7}, {"b", 0.7}}}, "sum to 1.4"},
		{SplitConfig{Fractions: []Fraction{{"a", 0.1}, {"a", 0.1}}}, `"a" is named twice`},
		{SplitConfig{Fractions: []Fraction{{"train", 0.1}}}, `"train" is named twice`},
		{SplitConfig{Fractions: []Fraction{{"", 0.1}}}, `"" cannot name a split`},
		{SplitConfig{Fractions: []Fraction{{"../x", 0.1}}}, "cannot name a split"},
		{SplitConfig{Fractions: []Fraction{{"-x", 0.1}}}, "cannot name a split"},
		{SplitConfig{Fractions: []Fraction{{"a\xff", 0.1}}}, "cannot name a split"},
		{SplitConfig{Fractions: []Fraction{{"val", 0.1}}, KeepTogether: "twins"}, `"near-duplicates"`},
		{SplitConfig{Fractions: []Fraction{{"val", 0.1}}, Near: NearDuplicate{20, 1}}, "legal are 0 to 15"},
		{SplitConfig{Fractions: []Fraction{{"Prüfung_1", 0.1}}, Rest: "лес"}, ""},
	} {
		err := c.config.Validate()
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, want %q", c.config, err, c.says)
		}
	}
}
