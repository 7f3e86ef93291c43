package strict

import "testing"

func TestClose(t *testing.T) {
	names := []string{"vqav2", "easyvqa", "quickstart-stage1", "siglip"}
	for written, want := range map[string]string{
		"vqa2": "vqav2", "quickstart-stage": "quickstart-stage1", "quick": "quickstart-stage1", "stage1": "quickstart-stage1", "sigilp": "siglip",
		"nothing": "", "": "", "v": "",
	} {
		if got := Close(written, names); got != want {
			t.Errorf("%q: %q, want %q", written, got, want)
		}
	}
	if got := Close("x", nil); got != "" {
		t.Errorf("%q without names", got)
	}
}
