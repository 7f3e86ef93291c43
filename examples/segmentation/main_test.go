package main

import (
	"encoding/json"
	"image/png"
	"os"
	"strings"
	"testing"
)

// small takes half a minute: images of one object, whose edges are those of patches.
func small(t *testing.T) study {
	return study{
		dir: t.TempDir(), log: t.Output(), samples: 3000,
		scenes: scenes{side: 48, objects: 1, outlines: 3, least: 12, most: 24, grid: 12, heldOut: 30},
	}
}

func TestRun_FindsBoxesAndMasksOfUnseenImages(t *testing.T) {
	if testing.Short() {
		t.Skip("DETECTION AND SEGMENTATION BY A TRAINED MODEL ARE NOT TESTED: they take half a minute; run without -short")
	}
	s := small(t)
	found, err := s.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(found)
	if found.objects != 100 || found.found < 90 || found.invalid > 10 || !(found.boxIoU > 0.6) || !(found.maskIoU > 0.5) || !(found.bestIoU > 0.8) {
		t.Errorf("want more than that")
	}
	var out strings.Builder
	if err := s.draw(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	answers := json.NewDecoder(strings.NewReader(out.String()))
	for _, command := range []string{"detect", "segment"} {
		var answer struct {
			Regions []struct {
				Label          string
				Box            [4]int
				Score          float64
				LogProbability float64 `json:"log_probability"`
				MaskFile       string  `json:"mask_file"`
			}
			Drawn string
		}
		if err := answers.Decode(&answer); err != nil {
			t.Fatalf("%s: %v of\n%s", command, err, out.String())
		}
		if len(answer.Regions) != 1 {
			t.Fatalf("%s: %+v", command, answer)
		}
		if r := answer.Regions[0]; !(r.Score > 0.1 && r.Score <= 1 && r.LogProbability <= 0) || (r.MaskFile == "") != (command == "detect") {
			t.Errorf("%s: %+v", command, r)
		}
		file, err := os.Open(answer.Drawn)
		if err != nil {
			t.Fatal(err)
		}
		if m, err := png.DecodeConfig(file); err != nil || m.Width != 240 || m.Height != 240 {
			t.Errorf("%s drew %+v, %v", command, m, err)
		}
		file.Close()
		if keep := os.Getenv("KEEP"); keep != "" {
			os.CopyFS(keep, os.DirFS(s.dir))
		}
	}
}
