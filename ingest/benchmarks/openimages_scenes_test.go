package benchmarks

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestReadOpenHierarchy_EqualsTheOwners compares with parity/openimages_goldens.py.
func TestReadOpenHierarchy_EqualsTheOwners(t *testing.T) {
	var golden struct {
		Hierarchy json.RawMessage
		Up, Down  map[string][]string
	}
	text, err := os.ReadFile("../../evalsuite/metrics/detection/testdata/openimages.json")
	if err != nil || json.Unmarshal(text, &golden) != nil {
		t.Fatal("no golden", err)
	}
	file := filepath.Join(t.TempDir(), "h.json")
	if err := os.WriteFile(file, golden.Hierarchy, 0o644); err != nil {
		t.Fatal(err)
	}
	h, err := readOpenHierarchy(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		got, want map[string][]string
	}{{h.above, golden.Up}, {h.below, golden.Down}} {
		if len(c.got) != len(c.want) {
			t.Errorf("%v, want %v", c.got, c.want)
		}
		for class, want := range c.want {
			if !slices.Equal(c.got[class], want) {
				t.Errorf("%s: %v, want %v", class, c.got[class], want)
			}
		}
	}
}

func TestAnnotations_OpenImages(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	o := Options{
		Layout:      "openimages-boxes",
		Annotations: write("boxes.csv", "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\n02,x,/m/cat,1,0.25,0.5,0,1,0,0,1,0,0\n01,x,/m/dog,1,0,1,0,1,0,0,0,0,0\n"),
		Classes:     write("classes.csv", "/m/animal,Animal\n/m/cat,Cat\n/m/dog,Dog\n"),
		Labels:      write("labels.csv", "ImageID,Source,LabelName,Confidence\n01,verification,/m/animal,0\n03,verification,/m/cat,1\n"),
		Hierarchy:   write("hierarchy.json", `{"LabelName":"/m/0bl9f","Subcategory":[{"LabelName":"/m/animal","Subcategory":[{"LabelName":"/m/cat"},{"LabelName":"/m/dog"}]}]}`),
	}
	var got []string
	for r, err := range Annotations(t.Context(), o) {
		if err != nil {
			t.Fatal(err)
		}
		line := r.ID + ":"
		for _, region := range r.Scene.Regions {
			line += " " + r.Scene.Categories[region.Category].Name
			if region.Crowd {
				line += "s"
			}
		}
		for _, n := range r.Scene.Absent {
			line += " ?" + r.Scene.Categories[n].Name
		}
		got = append(got, line)
	}
	if want := []string{"01: Dog Animal ?Animal ?Cat ?Dog", "02: Cats Animals", "03: ?Cat ?Animal"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for what, spoil := range map[string]func(*Options){
		"no file of labels (--image-labels)": func(o *Options) { o.Labels = "" },
		"line 2: IsGroupOf: found \"yes\", want 0 or 1": func(o *Options) {
			o.Annotations = write("a.csv", "ImageID,LabelName,XMin,XMax,YMin,YMax,IsGroupOf\n02,/m/cat,0.25,0.5,0,1,yes\n")
		},
		"line 2: XMax is \"x\", want a number from 0 to 1": func(o *Options) {
			o.Annotations = write("b.csv", "ImageID,LabelName,XMin,XMax,YMin,YMax,IsGroupOf\n02,/m/cat,0.25,x,0,1,0\n")
		},
		"line 2: the class /m/bird is not in the hierarchy hierarchy.json": func(o *Options) {
			o.Annotations = write("c.csv", "ImageID,LabelName,XMin,XMax,YMin,YMax,IsGroupOf\n02,/m/bird,0.25,0.5,0,1,0\n")
		},
		"labels2.csv: line 2: Confidence is \"?\"": func(o *Options) { o.Labels = write("labels2.csv", "ImageID,LabelName,Confidence\n01,/m/cat,?\n") },
		"it is no hierarchy of classes":            func(o *Options) { o.Hierarchy = write("h2.json", `{"LabelName":"x"}`) },
	} {
		bad := o
		spoil(&bad)
		var faults []string
		for _, err := range Annotations(t.Context(), bad) {
			if err != nil {
				faults = append(faults, err.Error())
			}
		}
		if !strings.Contains(strings.Join(faults, "\n"), what) {
			t.Errorf("%q, want %s", faults, what)
		}
	}
}
