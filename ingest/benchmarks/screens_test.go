package benchmarks

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWidgetCap_HasBoxesAndSplits reads widgets whose places are in the view hierarchy beside the
// image, which is 8 pixels high: 2560 units of its canvas.
func TestWidgetCap_HasBoxesAndSplits(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"widget_captions.csv": "screenId,nodeId,captions\n1,0.1.0,go back|back\n1,0.7,none\n1,0,screen\n2,0,other\n../3,0,outside\n",
		"split/train.txt":     "1\n", "split/test.txt": "2\r\n",
		"images/1.json": `{"activity":{"root":{"bounds":[0,0,1440,2560],"children":[null,{"children":[{"bounds":[640,1280,1280,2560]}]}]}}}`,
		"images/2.json": `{"activity":{}}`,
		"3.json":        `{"activity":{"root":{"bounds":[0,0,1440,2560]}}}`,
		"images/1.png":  string(squarePNG()), "images/2.png": string(squarePNG()),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	o := Options{Layout: "widgetcap", Annotations: filepath.Join(dir, "widget_captions.csv"), Images: filepath.Join(dir, "images")}
	var got []string
	for i, err := range readWidgetCap(t.Context(), o) {
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("%s %s", i.sample.Key, i.sample.Split)
		for _, b := range i.boxes {
			line += fmt.Sprintf(" [%s %g %g %g %g of %g]", b.Label, b.X, b.Y, b.Width, b.Height, b.Canvas)
		}
		for _, l := range i.left {
			line += " ! " + l.Name
		}
		got = append(got, line)
	}
	want := []string{
		"1#0.1.0 train [widget 640 1280 640 1280 of 2560]",
		"1#0.7 train ! 1#0.7: the hierarchy has no node 0.7",
		"1#0 train [widget 0 0 1440 2560 of 2560]",
		"2#0 test ! 2#0: 2.json has no activity.root",
	}
	if len(got) != 5 || strings.Join(got[:4], "\n") != strings.Join(want, "\n") || !strings.Contains(got[4], "escapes") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}
