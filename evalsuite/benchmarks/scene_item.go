package benchmarks

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/pali3/pali3/evalsuite/metrics/detection"
	"github.com/pali3/pali3/shards"

	layouts "github.com/pali3/pali3/ingest/benchmarks"
)

// sceneItem returns the item of a sample whose boxes are to be found. A dataset has their labels
// and places, as fractions; it has no groups, no areas of objects and no classes that an image is
// known to lack.
func sceneItem(s *shards.Sample, id string) Item {
	scene := &Scene{Height: 1, Width: 1}
	if len(s.Images) > 0 && s.Images[0].Height > 0 && s.Images[0].Width > 0 {
		scene.Height, scene.Width = int(s.Images[0].Height), int(s.Images[0].Width)
	}
	numbers := map[string]int32{}
	for n := range s.Boxes {
		b := &s.Boxes[n]
		if b.Image != 0 || b.Label == "" {
			continue
		}
		number, known := numbers[b.Label]
		if !known {
			number = int32(len(scene.Categories))
			numbers[b.Label] = number
			scene.Categories = append(scene.Categories, layouts.Category{ID: b.Label, Name: b.Label})
		}
		box := boxAt([4]float64{float64(b.Y0), float64(b.X0), float64(b.Y1), float64(b.X1)}, scene)
		scene.Regions = append(scene.Regions, layouts.Region{Category: number, Box: box, Area: detection.Box(box).Area()})
	}
	return Item{ID: cmp.Or(id, s.Key), Image: s.Key, Split: s.Split, Fields: metadataOf(s), Scene: scene, fromDataset: true}
}

// LabelGroupID is the id of a further prediction for an image, which was asked about its labels in
// groups: group 0 has the id of the image, and these follow from 1 on.
func LabelGroupID(id string, group int) string { return fmt.Sprintf("%s#labels%d", id, group+1) }

// ShareCategories gives the scenes of items the same categories: those of all of them, by name. The
// items are those of a dataset's samples ([Benchmark.Items]), which know their own labels only. It
// returns the names: what a model is asked to find in every image.
func ShareCategories(items []*Item) []string {
	all := map[string]bool{}
	for _, i := range items {
		for _, c := range i.Scene.Categories {
			all[c.Name] = true
		}
	}
	names := slices.Sorted(maps.Keys(all))
	categories, numbers := make([]layouts.Category, len(names)), map[string]int32{}
	for n, name := range names {
		categories[n], numbers[name] = layouts.Category{ID: name, Name: name}, int32(n)
	}
	for _, i := range items {
		scene := *i.Scene
		scene.Regions = slices.Clone(scene.Regions)
		for n := range scene.Regions {
			scene.Regions[n].Category = numbers[scene.Categories[scene.Regions[n].Category].Name]
		}
		scene.Categories = categories
		i.Scene = &scene
	}
	return names
}
