package evalsuite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func writeFile(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadClasses_ReadsEveryLayout(t *testing.T) {
	names := Classes{{"", []string{"tench"}}, {"", []string{"goldfish", "Carassius auratus"}}}
	ids := Classes{{"n01440764", []string{"tench"}}, {"n01443537", []string{"goldfish", "Carassius auratus"}}}
	for content, want := range map[string]Classes{
		`["tench", "goldfish, Carassius auratus"]`:                                                   names,
		"tench\r\ngoldfish, Carassius auratus\r\n":                                                   names,
		`{"1": "goldfish,Carassius auratus", "0": "tench"}`:                                          names,
		`{"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish, Carassius auratus"]}`:           ids,
		`{"n01443537": "goldfish, Carassius auratus", "n01440764": "tench"}`:                         ids,
		"n01440764 tench\nn01443537\tgoldfish, Carassius auratus":                                    ids,
		`{"0":"a","1":"b","2":"c","3":"d","4":"e","5":"f","6":"g","7":"h","8":"i","10":"k","9":"j"}`: lettered("abcdefghijk"),
	} {
		got, err := ReadClasses(writeFile(t, content))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", content, err, diff)
		}
	}
}

func lettered(letters string) (c Classes) {
	for _, letter := range letters {
		c = append(c, Class{Names: []string{string(letter)}})
	}
	return c
}

func TestReadClasses_NamesWhatIsWrong(t *testing.T) {
	for content, want := range map[string]string{
		" \n":                                "it is empty",
		"\xff\xfe":                           "is no text in UTF-8",
		`["a", 1]`:                           "a list holds names as texts",
		`["a", ""]`:                          "class 1 (from 0) has no name",
		"a\n\nb":                             "class 1 (from 0) has no name",
		`{"0": 5}`:                           `member "0" is 5, want a name`,
		`{"a": ["n1", "b"]}`:                 `member "a" is ["n1", "b"]`,
		`{"a": "b", "a": "c"}`:               "duplicate object member name",
		`["a"`:                               "unexpected EOF",
		"n01440764 a\nb":                     `line 2 is "b", want an id`,
		"n01440764 a\nn01440764 b":           "classes 0 and 1 (from 0) have the id n01440764",
		`{"0": ["x", "a"], "1": ["x", "b"]}`: "have the id x",
	} {
		if _, err := ReadClasses(writeFile(t, content)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", content, err, want)
		}
	}
	if _, err := ReadClasses("nowhere"); err == nil {
		t.Error("a file that is not there is read")
	}
}

func TestClassIndex_FindsIDsNamesAndNumbers(t *testing.T) {
	x := Classes{{"n1", []string{"crane"}}, {"n2", []string{"dog", "Canis"}}, {"n3", []string{"crane"}}, {"3", []string{"7"}}}.index()
	for label, want := range map[string]int{"n2": 1, "dog": 1, "dog, Canis": 1, "2": 2, "0": 0, "3": 3, "7": 3} {
		if got, err := x.find(label); err != nil || got != want {
			t.Errorf("%s is %d, %v", label, got, err)
		}
	}
	for label, want := range map[string]string{"crane": "several classes", "4": "no id, name or number (0 to 3)", "-1": "no id", "Canis": "no id"} {
		if _, err := x.find(label); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", label, err, want)
		}
	}
}

func TestReadClassSubset_ReadsListsAndLines(t *testing.T) {
	classes := Classes{{"n1", []string{"cat"}}, {"n2", []string{"dog"}}, {"n3", []string{"cow"}}}
	for content, want := range map[string][]int{`[2, "n1"]`: {2, 0}, "dog\n0\n": {1, 0}} {
		if got, err := ReadClassSubset(writeFile(t, content), classes); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %v, %v", content, got, err)
		}
	}
	for content, want := range map[string]string{"": "it is empty", `[1.5]`: "entry 1 is 1.5", "n1\nn9": "entry 2: the label \"n9\"", "[0, \"cat\"]": "entry 2: the class \"cat\" is named twice"} {
		if _, err := ReadClassSubset(writeFile(t, content), classes); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", content, err, want)
		}
	}
}

func TestReadTemplatesAndRealLabels(t *testing.T) {
	if got, err := ReadTemplates(writeFile(t, "a photo of a {}.\n{}\n")); err != nil || !cmp.Equal(got, []string{"a photo of a {}.", "{}"}) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := ReadTemplates(writeFile(t, `["a photo", "{}"]`)); err == nil || !strings.Contains(err.Error(), `template 1 is "a photo", want one {}`) {
		t.Error(err)
	}
	if got, err := ReadRealLabels(writeFile(t, "[[1, 2], [], [0]]")); err != nil || !cmp.Equal(got, [][]int{{1, 2}, {}, {0}}) {
		t.Errorf("%v, %v", got, err)
	}
	for content, want := range map[string]string{"[[1], [-2]]": "image 2 has the class -2", `{"a": 1}`: "a list of lists", "[[0.5]]": "a list of lists"} {
		if _, err := ReadRealLabels(writeFile(t, content)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", content, err, want)
		}
	}
}

func FuzzClassFiles(f *testing.F) {
	for _, seed := range []string{`["tench", "a, b"]`, `{"0": ["n1", "a"], "1": "b"}`, "n01440764 tench\nn01443537 b", "[[1, 2], []]", "[1, \"n2\"]", "a {}\n{}", `{"n1": "a"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		path := writeFile(t, string(content))
		if classes, err := ReadClasses(path); err == nil {
			x := classes.index()
			for n, class := range classes {
				if class.ID == "" {
					continue
				}
				if at, err := x.find(class.ID); err != nil || at != n {
					t.Errorf("class %d has the id %q of %d, %v", n, class.ID, at, err)
				}
			}
			ReadClassSubset(path, classes)
		}
		ReadTemplates(path)
		ReadRealLabels(path)
	})
}
