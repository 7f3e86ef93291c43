package decode_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/models/decode"
)

// small regions: locations are the ids 10 to 13, masks 20 and 21, and 5, 6 separates objects.
var (
	locations = []int32{10, 11, 12, 13}
	masks     = []int32{20, 21}
)

func TestRegions_Allowed(t *testing.T) {
	boxes := &decode.Regions{Locations: locations, Separator: []int32{5, 6}, Most: 2}
	masked := &decode.Regions{Locations: locations, Masks: masks, NoLabels: true}
	bare := &decode.Regions{Locations: locations, Separator: []int32{5, 6}, NoLabels: true}
	mask := append([]int32{10, 10, 13, 13}, slices.Repeat([]int32{20}, 16)...)
	label := decode.Allowed{Any: true, End: true, Except: locations}
	for _, test := range []struct {
		rule *decode.Regions
		said []int32
		want decode.Allowed
	}{
		{boxes, nil, decode.Allowed{IDs: locations[:3]}},
		{boxes, []int32{12}, decode.Allowed{IDs: locations[:3]}},
		{boxes, []int32{12, 10}, decode.Allowed{IDs: locations[3:]}}, // below y0
		{boxes, []int32{12, 10, 13}, decode.Allowed{IDs: locations[1:]}},
		{boxes, []int32{12, 10, 13, 11}, label},
		{boxes, []int32{12, 10, 13, 11, 3, 5}, label},
		{boxes, []int32{12, 10, 13, 11, 3, 5, 6}, decode.Allowed{IDs: locations[:3]}},
		{boxes, []int32{12, 10, 13, 11, 5, 6, 10, 10, 11, 11}, decode.Allowed{Any: true, End: true, Except: append(locations, 5)}}, // the second
		{masked, mask[:4], decode.Allowed{IDs: masks}},
		{masked, mask[:19], decode.Allowed{IDs: masks}},
		{masked, mask, decode.Allowed{End: true}},
		{bare, mask[:4], decode.Allowed{IDs: []int32{5}, End: true}},
		{bare, append(mask[:4:4], 5), decode.Allowed{IDs: []int32{6}}},
	} {
		got := test.rule.Allowed(test.said)
		if got.Any != test.want.Any || got.End != test.want.End || !slices.Equal(got.IDs, test.want.IDs) || !slices.Equal(got.Except, test.want.Except) {
			t.Errorf("after %v: %+v, want %+v", test.said, got, test.want)
		}
	}
}

func TestRegions_Validate(t *testing.T) {
	for want, rule := range map[string]*decode.Regions{
		"0 ids of locations": {}, "at most -1": {Locations: locations, Most: -1}, "separator holds the id 12": {Locations: locations, Separator: []int32{5, 12}},
	} {
		if err := rule.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if err := (&decode.Regions{Locations: locations, Masks: masks, Separator: []int32{5, 6}}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestGenerate_Regions(t *testing.T) {
	set, in := initial(t)
	rule := &decode.Regions{Locations: locations, Separator: []int32{5}, Most: 2}
	in.Constraints = []decode.Constraint{rule}
	for _, m := range []decode.Method{{}, {Beams: 3}, {Temperature: 3, Seed: 2}} {
		for i, all := range generate(t, generator(t, m, set), set, in) {
			ids := all[0].IDs
			box := ids[:4]
			if box[2] <= box[0] || box[3] <= box[1] {
				t.Errorf("%+v: sample %d: the box %v is empty", m, i, box)
			}
			for at := range ids {
				if allowed := rule.Allowed(ids[:at]); !allowed.Any && !slices.Contains(allowed.IDs, ids[at]) || slices.Contains(allowed.Except, ids[at]) {
					t.Errorf("%+v: sample %d: id %d of %v is not allowed", m, i, at, ids)
				}
			}
		}
	}
}

func TestNewOneOf_Refuses(t *testing.T) {
	for want, answers := range map[string][][]int32{"empty": nil, "answer 1 has the id -4": {{2}, {3, -4}}} {
		if _, err := decode.NewOneOf(answers); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// FuzzOneOf checks that what may follow a beginning are the ids of the answers that begin so.
func FuzzOneOf(f *testing.F) {
	f.Add("ab\nabc\nb", "ab")
	f.Add("\nx", "")
	f.Fuzz(func(t *testing.T, list, said string) {
		ids := func(s string) (out []int32) {
			for _, r := range []byte(s) {
				out = append(out, int32(r))
			}
			return out
		}
		var answers [][]int32
		lines := strings.Split(list, "\n")
		for _, line := range lines {
			answers = append(answers, ids(line))
		}
		one, err := decode.NewOneOf(answers)
		if err != nil {
			t.Fatal(err)
		}
		want := map[int32]bool{}
		for _, line := range lines {
			if rest, ok := strings.CutPrefix(line, said); ok && rest != "" {
				want[int32(rest[0])] = true
			}
		}
		got := one.Allowed(ids(said))
		if len(got.IDs) != len(want) || got.End != slices.Contains(lines, said) || got.Any {
			t.Errorf("after %q of %q: %+v", said, list, got)
		}
		for _, id := range got.IDs {
			if !want[id] {
				t.Errorf("after %q of %q: id %d", said, list, id)
			}
		}
	})
}

// FuzzRegions checks that Allowed takes any ids, and that it always allows something.
func FuzzRegions(f *testing.F) {
	f.Add([]byte{10, 10, 13, 13, 5, 6, 10}, uint8(0))
	f.Add([]byte{13, 13, 13, 13}, uint8(7))
	f.Fuzz(func(t *testing.T, said []byte, kind uint8) {
		rule := &decode.Regions{Locations: locations, NoLabels: kind&1 != 0, Most: int(kind >> 4)}
		if kind&2 != 0 {
			rule.Separator = []int32{5, 6}
		}
		if kind&4 != 0 {
			rule.Masks = masks
		}
		if err := rule.Validate(); err != nil {
			t.Fatal(err)
		}
		var ids []int32
		for _, b := range said { // walk only along what is allowed
			allowed := rule.Allowed(ids)
			if !allowed.Any && len(allowed.IDs) == 0 && !allowed.End {
				t.Fatalf("nothing may follow %v by %+v", ids, rule)
			}
			id := int32(b)
			if !allowed.Any {
				if len(allowed.IDs) == 0 {
					break
				}
				id = allowed.IDs[int(b)%len(allowed.IDs)]
			} else if slices.Contains(allowed.Except, id) {
				break
			}
			ids = append(ids, id)
		}
		var raw []int32 // what no rule would say
		for _, b := range said {
			raw = append(raw, int32(b))
		}
		_ = rule.Allowed(raw)
	})
}
