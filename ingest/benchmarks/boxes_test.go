package benchmarks

import (
	"strings"
	"testing"
)

func TestBox_LeavesOutFractionsGivenAsPixels(t *testing.T) {
	for _, c := range []struct {
		box  box
		want string
	}{
		{box{Label: "a", X: 0.1, Y: 0.2, Width: 0.5, Height: 0.5}, "look like fractions"},
		{box{Label: "a", X: 0.1, Y: 0.2, Width: 0.5, Height: 0.5, Fractions: true}, ""},
		{box{Label: "a", Width: 1, Height: 1}, ""}, // a pixel
		{box{Label: "a", X: 3, Y: 0, Width: 0.5, Height: 0.5}, ""},
	} {
		if got := c.box.wrong(); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.box, got, c.want)
		}
	}
}
