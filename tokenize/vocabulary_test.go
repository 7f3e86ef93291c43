package tokenize

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// testModel has 2,500 pieces, byte fallback, and padding, end of sentence and unknown at 0, 1 and
// 2.
const testModel = "sentencepiece/testdata/nmt_nfkc.model"

func open(t testing.TB, cfg Config) *Vocabulary {
	t.Helper()
	v, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestLayout(t *testing.T) {
	for _, c := range []struct {
		cfg               Config
		mode, last, first int32 // [NLU], the last sentinel, <extra_id_0>
		size              int
	}{
		{Config{Sentinels: 64, ModeTokens: true}, 2500, 2503, 2566, 2688},
		{Config{Sentinels: 60}, 0, 2500, 2559, 2560},
		{Config{Sentinels: 61}, 0, 2500, 2560, 2688},
	} {
		c.cfg.Model = testModel
		v := open(t, c.cfg)
		first, err := v.Sentinel(0)
		if err != nil {
			t.Fatal(err)
		}
		last, err := v.Sentinel(c.cfg.Sentinels - 1)
		if err != nil {
			t.Fatal(err)
		}
		mode, err := v.Mode("[NLU]")
		if !c.cfg.ModeTokens && !errors.Is(err, ErrNoModeTokens) || c.cfg.ModeTokens && err != nil {
			t.Errorf("%+v: mode token: %v", c.cfg, err)
		}
		if first != c.first || last != c.last || mode != c.mode || v.Size() != c.size {
			t.Errorf("%+v: sentinels %d down to %d, mode %d, size %d", c.cfg, first, last, mode, v.Size())
		}
	}
}

func TestSentinel_RejectsOutOfRange(t *testing.T) {
	v := open(t, Config{Model: testModel, Sentinels: 2})
	for _, k := range []int{-1, 2} {
		if _, err := v.Sentinel(k); err == nil || !strings.Contains(err.Error(), "has 2 sentinels") {
			t.Errorf("Sentinel(%d): %v", k, err)
		}
	}
}

func TestOpen_RejectsBadConfig(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want string
	}{
		{Config{Model: filepath.Join(t.TempDir(), "none.model")}, "no such file"},
		{Config{Model: testModel, Sentinels: -1}, "-1 sentinels: want 0 to"},
		{Config{Model: testModel, Sentinels: 1 << 20}, "want 0 to 65536"},
	} {
		if _, err := Open(c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want one with %q", c.cfg, err, c.want)
		}
	}
}

func TestEncode_FindsSpecialTokens(t *testing.T) {
	v := open(t, Config{Model: testModel, Sentinels: 12, ModeTokens: true})
	pieces := v.Model().Encode
	for _, c := range []struct {
		text string
		want []int32
	}{
		{"<extra_id_0>", []int32{2514}},
		{"[S2S] two cats <extra_id_11>", slices.Concat([]int32{2502}, pieces("two cats"), []int32{2503})},
		{"two<extra_id_1>cats", slices.Concat(pieces("two"), []int32{2513}, pieces("cats"))},
		{"<extra_id_12>", pieces("<extra_id_12>")},
		{"<extra_id_01>", pieces("<extra_id_01>")},
		{"<extra_id_-1> <extra_id_", pieces("<extra_id_-1> <extra_id_")},
		{"<<extra_id_2>[", slices.Concat(pieces("<"), []int32{2512}, pieces("["))},
		{"", nil},
	} {
		if got := v.Encode(c.text); !slices.Equal(got, c.want) {
			t.Errorf("Encode(%q) = %v, want %v", c.text, got, c.want)
		}
	}
}

func TestEncode_Lower(t *testing.T) {
	v := open(t, Config{Model: testModel, Sentinels: 1, Lower: true})
	got, want := v.Encode("A RED Éclair <extra_id_0>"), append(v.Model().Encode("a red Éclair"), 2500)
	if !slices.Equal(got, want) {
		t.Errorf("Encode = %v, want %v", got, want)
	}
}

func TestDecode(t *testing.T) {
	v := open(t, Config{Model: testModel, Sentinels: 4, ModeTokens: true})
	ids := slices.Concat(v.Encode("[NLG] two<extra_id_3>cats"), []int32{EOS, Pad, Pad}, v.Encode("dogs"))
	if got, want := v.Decode(ids), "[NLG] two <extra_id_3> cats dogs"; got != want {
		t.Errorf("Decode = %q, want %q", got, want)
	}
	if got, want := v.DecodeToEOS(ids), "[NLG] two <extra_id_3> cats"; got != want {
		t.Errorf("DecodeToEOS = %q, want %q", got, want)
	}
	if got := v.Decode(nil); got != "" {
		t.Errorf("Decode of nothing = %q", got)
	}
}

func TestFit(t *testing.T) {
	// The examples of big_vision's get_pp_tokenize, eos="sticky", with 5 for "a".
	for _, c := range []struct{ ids, want []int32 }{
		{[]int32{5}, []int32{5, EOS, Pad}},
		{[]int32{5, 5}, []int32{5, 5, EOS}},
		{[]int32{5, 5, 5}, []int32{5, 5, EOS}},
		{nil, []int32{EOS, Pad, Pad}},
	} {
		row := []int32{9, 9, 9}
		used := Fit(row, c.ids)
		if !slices.Equal(row, c.want) || used != min(len(c.ids)+1, 3) {
			t.Errorf("Fit(%v) = %v, %d used, want %v", c.ids, row, used, c.want)
		}
	}
	if used := Fit(nil, []int32{5}); used != 0 {
		t.Errorf("Fit into no room used %d", used)
	}
}

// TestT5 encodes the sentence of T5's documentation with T5's own model, which is not part of the
// repository: it is looked for in shared/data/spm beside it.
func TestT5(t *testing.T) {
	path := filepath.Join("..", "..", "shared", "data", "spm", "nai-t5.model")
	if _, err := os.Stat(path); err != nil {
		t.Skip("NOT TESTED: T5's model is not at ", path)
	}
	v := open(t, Config{Model: path, Sentinels: 100})
	got := v.Encode("The <extra_id_0> walks in <extra_id_1> park")
	if want := []int32{37, 32099, 10681, 16, 32098, 2447}; !slices.Equal(got, want) {
		t.Errorf("Encode = %v, want %v", got, want)
	}
	if v.Size() != 32128 || v.Sentinels() != 100 {
		t.Errorf("size %d with %d sentinels, want 32128 with 100", v.Size(), v.Sentinels())
	}
	if _, err := Open(Config{Model: path, Sentinels: 128}); err == nil || !strings.Contains(err.Error(), "100 sentinels of its own") {
		t.Errorf("128 sentinels of T5: %v", err)
	}
}

func FuzzVocabulary(f *testing.F) {
	v := open(f, Config{Model: testModel, Sentinels: 20, ModeTokens: true})
	f.Add("[NLU] a <extra_id_0> b<extra_id_19>[S2S]")
	f.Add("<extra_id_<extra_id_3>>")
	f.Fuzz(func(t *testing.T, text string) {
		ids := v.Encode(text)
		for _, id := range ids {
			if id <= EOS || int(id) >= v.Size() {
				t.Fatalf("Encode(%q) has id %d", text, id)
			}
		}
		v.Decode(ids)
	})
}

func Example() {
	v, err := Open(Config{Model: testModel, Sentinels: 64, ModeTokens: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	row := make([]int32, 12)
	used := Fit(row, v.Encode("two cats <extra_id_0>"))
	fmt.Println(used, row)
	fmt.Println(v.Decode(row))
	// Output:
	// 9 [259 263 571 268 665 263 261 2566 1 0 0 0]
	// two cats <extra_id_0>
}
