package mixture

import (
	"fmt"
	"strings"
	"testing"
)

func TestRecipe_HasNoKeysOfOtherKinds(t *testing.T) {
	for _, c := range []struct {
		set  func(*Task)
		want string
	}{
		{func(t *Task) { t.Objects = []string{"texts"} }, "objects: kind caption does not read it; leave it out (it is for object_vqa)"},
		{func(t *Task) { t.Boxes = BoxIntegers }, "boxes: kind caption does not read it"},
		{func(t *Task) { t.Reading = ReadRaster }, "reading: kind caption does not read it"},
		{func(t *Task) { t.Fit = FitLeaveOut }, "fit: kind caption does not read it; leave it out (it is for ocr, detect)"},
		{func(t *Task) { t.Denoisers = "ul2" }, "denoisers: kind caption does not read it; leave it out (it is for denoise, span_corruption"},
		{func(t *Task) { t.Modes = true }, "modes: kind caption does not read it"},
		{func(t *Task) { t.Fit = FitTruncate }, ""},
	} {
		for version, refuses := range map[int]bool{0: true, 2: false, 3: true} {
			r := recipe(t, "tasks.0.kind=caption")
			r.StreamVersion = version
			c.set(&r.Tasks[0])
			found := fmt.Sprint(r.Problems())
			switch {
			case refuses && c.want != "":
				if !strings.Contains(found, c.want) {
					t.Errorf("version %d: %s, want %s", version, found, c.want)
				}
			case len(r.Problems()) > 0:
				t.Errorf("version %d: %s", version, found)
			}
		}
	}
}

// TestRecipe_KindsOfAProgramReadAllKeys has one in the place of a built-in kind.
func TestRecipe_KindsOfAProgramReadAllKeys(t *testing.T) {
	r := recipe(t, "tasks.0.kind=caption")
	r.Registry = Builtin()
	own, _ := r.Registry.Kind("caption")
	own.About = "a caption with its objects"
	r.Registry.Kinds = append(Kinds{own}, r.Registry.Kinds...)
	r.Tasks[0].Objects = []string{"texts"}
	if found := r.Problems(); len(found) > 0 {
		t.Errorf("%v", found)
	}
}
