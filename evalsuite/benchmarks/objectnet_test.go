package benchmarks

import (
	"testing"
)

// objectNet has images of two objects that ImageNet has, and of one that it does not have.
func objectNet(t *testing.T) Files {
	t.Helper()
	dir := imageFolder(t, "images/alarm_clock/a.png", "images/alarm_clock/b.png", "images/bench/c.png", "images/jar/d.png", "mappings/x")
	writeFile(t, dir+"/mappings", "folder_to_objectnet_label.json", `{"alarm_clock":"Alarm clock","bench":"Bench","jar":"Jar"}`)
	writeFile(t, dir+"/mappings", "objectnet_to_imagenet_1k.json", `{"Alarm clock":"analog clock; digital clock","Bench":"park bench"}`)
	writeFile(t, dir+"/mappings", "imagenet_to_label_2012_v2", "digital clock\nanalog clock\npark bench\n")
	writeFile(t, dir+"/mappings", "pytorch_to_imagenet_2012_id.json", `{"409":1,"530":0,"703":2}`)
	return Files{Annotations: dir}
}

func TestScore_ObjectNetTakesAnyOfTheMappedClasses(t *testing.T) {
	for text, want := range map[string][2]float64{
		`{"alarm_clock/a.png":"530","b.png":"1 2 409","c.png":"703"}`:                         {2. / 3, 1},
		`{"a.png":"409","b.png":"703","c.png":"1,2,3,4,5,703"}`:                               {1. / 3, 1. / 3},
		`{"a.png":"Alarm clock","b.png":"alarm_clock","c.png":"alarm_clock bench"}`:           {2. / 3, 1},
		`{"a.png":{"prediction":"530"},"b.png":{"prediction":""},"c.png":{"prediction":"7"}}`: {1. / 3, 1. / 3},
	} {
		files := objectNet(t)
		files.Predictions = writeFile(t, t.TempDir(), "p.json", text)
		result, err := objectnet.Score(t.Context(), files, Options{Bootstrap: quick})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if result.Scores["top1"].Value != want[0] || result.Scores["top5"].Value != want[1] || result.Scores["top1"].N != 3 {
			t.Errorf("%s: %+v, want %v", text, result.Scores, want)
		}
	}
}
