package report

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestBuild_OneRun(t *testing.T) {
	dir := aProject(t, "a")
	page, html := build(t, Options{Samples: 4}, filepath.Join(dir, "a"))
	if got, want := sections(page), "data curation tokenizer mixture training scores breakdown gallery again"; got != want {
		t.Errorf("sections %s, want %s", got, want)
	}
	if len(page.Notes)+len(page.Missing) > 0 {
		t.Errorf("notes %q, missing %q", page.Notes, page.Missing)
	}
	if c := page.Data[0].Curation; c.In != 26 || c.Out != 20 || fmt.Sprint(c.Rules) != "[{near_duplicate 5} {min_side 1}]" {
		t.Errorf("curation %+v", c)
	}
	stage := page.Stages[0]
	if len(stage.Losses) != 100 || len(stage.Validation) != 4 {
		t.Errorf("%d losses, %d validation losses", len(stage.Losses), len(stage.Validation))
	}
	var titles []string
	for _, c := range stage.Charts {
		titles = append(titles, c.Title)
	}
	if want := []string{"Training loss by task", "Validation: Captions, CIDEr", "Learning rate"}; !slices.Equal(titles, want) {
		t.Errorf("charts %q, want %q", titles, want)
	}
	if stage.Seconds != 0 || math.Round(page.Seconds) != 10 { // 100 steps of 4 examples at 40 a second
		t.Errorf("%v and %v seconds", stage.Seconds, page.Seconds)
	}
	if m := page.Mixtures[0]; len(m.Tasks) != 2 || m.Tasks[0].Share < 0.7 || m.Tasks[0].Share > 0.8 || m.Tasks[0].Examples[0].Image == nil || m.Truncated == 0 {
		t.Errorf("mixture %+v", m)
	}
	if strings.Contains(html, "<script") || strings.Contains(html, "<img src=x") || !strings.Contains(html, "&lt;script&gt;") {
		t.Error("a hostile caption is not escaped")
	}
}

func TestBuild_SideBySide(t *testing.T) {
	dir := aProject(t, "a", "b")
	page, html := build(t, Options{Samples: 6}, filepath.Join(dir, "a"), filepath.Join(dir, "b"))
	if got, want := sections(page), "differences comparison changes data curation tokenizer mixture training scores again"; got != want {
		t.Errorf("sections %s, want %s", got, want)
	}
	want := Difference{Key: "optimizer.learning_rate", Values: []string{"0.001", "0.002"}}
	if keys := page.Differences.Keys; len(keys) != 1 || keys[0].Key != want.Key || !slices.Equal(keys[0].Values, want.Values) {
		t.Errorf("differences %+v, want %+v", keys, want)
	}
	if !strings.Contains(html, "b is better: the intervals are disjoint") {
		t.Error("the page does not say that the intervals are disjoint")
	}
	// Run a is right about even numbers, b about odd ones and 12.
	c := page.Changes[slices.IndexFunc(page.Changes, func(c Changes) bool { return c.Title == "Val: answers" })]
	if c.Asked != 8 || c.Same != 1 || c.Fixed != 4 || c.Broken != 3 || c.Other != 0 || len(c.Examples) != 4 {
		t.Errorf("%+v", c)
	}
	if first := c.Examples[0]; first.RightBefore || !first.RightThen || first.Before != "hand" || first.After != "face" || first.Truth != "face" || first.Image == nil {
		t.Errorf("%+v", first)
	}
	chart := page.Stages[0].Charts[0]
	if chart.Title != "Training loss" || len(chart.Curves) != 2 || chart.Curves[0].Name != "a" || chart.Curves[1].Name != "b" {
		t.Errorf("%+v", chart)
	}
	if len(page.Mixtures) != 1 || len(page.Data) != 1 {
		t.Errorf("%d mixtures and %d datasets, of which there is one", len(page.Mixtures), len(page.Data))
	}
}

func TestBuild_Project(t *testing.T) {
	dir := aProject(t, "vqa", "stage1")
	content, err := os.ReadFile(filepath.Join(dir, "vqa", "run.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "vqa", "run.yaml"), string(content)+"init:\n- from: ../stage1\n")
	write(t, filepath.Join(dir, "curation.json"), `{"in":40,"out":20,"rules":[{"name":"duplicate","removed":20},{"name":"blank","removed":0}],"texts_removed":3,"texts_merged":7,"warnings":["half of everything"]}`)
	write(t, filepath.Join(dir, "summary.json"), `{"another":{"vqa_accuracy":{"model":{"value":0.5,"lo":0.4,"hi":0.6,"n":8}}},"val":{"vqa_accuracy":{"model":{"value":0.5,"lo":0.4,"hi":0.6,"n":8}}},"seconds":61,"seed":3,"splits":["val","another"],"try":["a"]}`)
	write(t, filepath.Join(dir, "pipeline.yaml"), "train:\n- {name: stage1, recipe: x.yaml, about: all of it}\n")
	page, html := build(t, Options{Samples: 4}, dir)
	if got, want := sections(page), "data curation tokenizer mixture training scores breakdown gallery again"; got != want {
		t.Errorf("sections %s, want %s", got, want)
	}
	if page.Stages[0].Name != "stage1" || page.Stages[1].Name != "vqa" {
		t.Errorf("the runs do not come in the order in which they start from each other: %s, %s", page.Stages[0].Name, page.Stages[1].Name)
	}
	if page.Stages[0].About != "all of it" || !slices.Equal(page.Reproduce, []string{"pali3 run " + dir}) {
		t.Errorf("%q, %q", page.Stages[0].About, page.Reproduce)
	}
	if c := page.Data[0].Curation; c.In != 40 || c.Texts != 3 || c.Merged != 7 || len(c.Warnings) != 1 {
		t.Errorf("curation %+v", c)
	}
	if len(page.Scores) != 2 || page.Scores[0].Split != "val" || page.Seconds != 61 {
		t.Errorf("scores %+v, %v seconds", page.Scores, page.Seconds)
	}
	if !strings.Contains(html, "half of everything") {
		t.Error("the warning of the curation is not on the page")
	}
}

func TestBuild_DamagedRunStillGivesAPage(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   string // of notes and missing parts
		parts  string
	}{
		{"unfinished", func(t *testing.T, dir string) {
			os.Remove(filepath.Join(dir, "a", "model.json"))
			write(t, filepath.Join(dir, "a", "metrics.jsonl"), `{"step":1,"loss":3}`+"\n"+`{"step":2,"loss":2}`+"\n"+`{"step":3,"lo`)
			os.RemoveAll(filepath.Join(dir, "a", "predictions"))
			os.Remove(filepath.Join(dir, "a", "evaluation-val.json"))
		}, "2 of 100 steps are recorded. Resume it with pali3 train --recipe", "data curation tokenizer mixture training again"},
		{"metrics damaged in the middle", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "a", "metrics.jsonl"), "{\"step\":1,\"loss\":3}\n\x00\x00\n"+strings.Repeat("x", 3<<20)+"\n{\"step\":2,\"loss\":2}\n")
		}, "2 lines of metrics.jsonl cannot be read", "data curation tokenizer mixture training scores breakdown gallery again"},
		{"no metrics", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "a", "metrics.jsonl")) }, "", "data curation tokenizer mixture training scores breakdown gallery again"},
		{"no recipe", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "a", "run.yaml")) }, "", "training scores breakdown gallery"},
		{"recipe damaged", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "a", "run.yaml"), "stage: [") }, "its recipe cannot be read", "training scores breakdown gallery"},
		{"data gone", func(t *testing.T, dir string) { os.RemoveAll(filepath.Join(dir, "data")) }, "is missing or damaged, so data and mixture are left out", "training scores breakdown again"},
		{"data cut short", func(t *testing.T, dir string) {
			os.Truncate(filepath.Join(dir, "data", "part-00000.parquet"), 100)
		}, "is missing or damaged", "training scores breakdown again"},
		{"evaluation damaged", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "a", "evaluation-val.json"), "{") }, "evaluation-val.json cannot be read", "data curation tokenizer mixture training again"},
		{"no evaluation", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "a", "evaluation-val.json")) },
			"Score it with pali3 eval --model", "data curation tokenizer mixture training again"},
		{"predictions damaged", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "a", "predictions", "val-vqa.jsonl"), "{\n[]\n{\"id\":\"q13\",\"prediction\":\"face\"}\n")
		}, "2 lines of its prediction files cannot be read", "data curation tokenizer mixture training scores breakdown gallery again"},
		{"no predictions", func(t *testing.T, dir string) { os.RemoveAll(filepath.Join(dir, "a", "predictions")) },
			"--split val", "data curation tokenizer mixture training scores breakdown again"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := aProject(t, "a")
			c.damage(t, dir)
			page, _ := build(t, Options{Samples: 2}, filepath.Join(dir, "a"))
			if got := sections(page); got != c.parts {
				t.Errorf("sections %s, want %s", got, c.parts)
			}
			all := strings.Join(page.Notes, "\n")
			for _, m := range page.Missing {
				all += "\n" + m.What + " " + m.Command
			}
			if !strings.Contains(all, c.want) {
				t.Errorf("notes lack %q: %s", c.want, all)
			}
		})
	}
}

func TestBuild_Refuses(t *testing.T) {
	dir := aProject(t, "a", "b")
	file := filepath.Join(dir, "file")
	write(t, file, "")
	for _, c := range []struct {
		runs []string
		o    Options
		want string
	}{
		{nil, Options{}, "no run folder given"},
		{[]string{filepath.Join(dir, "nowhere")}, Options{}, "no such file"},
		{[]string{filepath.Join(dir, "data")}, Options{}, "is not a run folder"},
		{[]string{file}, Options{}, "is a file"},
		{[]string{dir, filepath.Join(dir, "a")}, Options{}, "is a project"},
		{[]string{filepath.Join(dir, "a"), filepath.Join(dir, "a") + "/"}, Options{}, "given twice"},
		{[]string{filepath.Join(dir, "a")}, Options{Samples: 1000}, "must be 1 to 100"},
	} {
		if _, err := Build(t.Context(), c.runs, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.runs, err, c.want)
		}
	}
}

func TestBuild_SameRunsSamePage(t *testing.T) {
	dir := aProject(t, "a", "b")
	runs := []string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}
	_, first := build(t, Options{}, runs...)
	_, second := build(t, Options{}, runs...)
	if first != second {
		t.Error("the same runs give two pages")
	}
	_, alone := build(t, Options{}, runs[0])
	_, again := build(t, Options{}, runs[0])
	if alone != again {
		t.Error("the same run gives two pages")
	}
}

func TestThumbnail(t *testing.T) {
	for n, format := range []string{"png", "bmp", "tiff"} {
		m, err := thumbnail(encoded(t, n, 400), 160, "a drawing")
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		config, kind, err := image.DecodeConfig(bytes.NewReader(m.Bytes))
		if err != nil || config.Width != 160 || config.Height != 160 || kind != "png" && kind != "jpeg" {
			t.Errorf("%s became %s of %dx%d: %v", format, kind, config.Width, config.Height, err)
		}
	}
	if small, err := thumbnail(encoded(t, 0, 20), 160, ""); err != nil {
		t.Error(err)
	} else if config, _, _ := image.DecodeConfig(bytes.NewReader(small.Bytes)); config.Width != 20 {
		t.Errorf("an image of 20 pixels was made %d wide", config.Width)
	}
	if _, err := thumbnail([]byte("<svg>"), 160, ""); err == nil {
		t.Error("a text became an image")
	}
}

func TestAlbum_StaysWithinItsRoom(t *testing.T) {
	a := album{used: pageRoom + 1}
	m := a.add(encoded(t, 0, 400), gallerySide, "")
	if config, _, _ := image.DecodeConfig(bytes.NewReader(m.Bytes)); config.Width != spareSide {
		t.Errorf("%d pixels wide", config.Width)
	}
	if a.add([]byte("no image"), gallerySide, "") != nil || len(a.notes()) != 2 {
		t.Errorf("notes %q", a.notes())
	}
}

func TestBins(t *testing.T) {
	for _, c := range []struct {
		lengths []int
		want    string
	}{
		{[]int{0, 1, 1, 3}, "[{0 1} {1 2} {2 0} {3 1}]"},
		{[]int{5}, "[{5 1}]"},
		{append(slices.Repeat([]int{10, 20}, 500), 100_000), "10"},
	} {
		slices.Sort(c.lengths)
		got := bins(c.lengths)
		total := int64(0)
		for _, b := range got {
			total += b.N
		}
		if total != int64(len(c.lengths)) || !strings.Contains(fmt.Sprint(got), c.want) || len(got) > 30 {
			t.Errorf("%d lengths: %v, want %s", len(c.lengths), got, c.want)
		}
	}
}

func TestDistinguish(t *testing.T) {
	runs := []*run{{name: "vqa", dir: "/x/one/vqa"}, {name: "vqa", dir: "/x/two/vqa"}, {name: "caption", dir: "/x/one/caption"}}
	distinguish(runs)
	if runs[0].name != "one/vqa" || runs[1].name != "two/vqa" || runs[2].name != "caption" {
		t.Errorf("%s, %s, %s", runs[0].name, runs[1].name, runs[2].name)
	}
}

func TestOutputs_ExtremesAreOrdered(t *testing.T) {
	dir := aProject(t, "a")
	page, _ := build(t, Options{Samples: 8}, filepath.Join(dir, "a"))
	for _, g := range page.Galleries {
		if strings.HasSuffix(g.Title, "answers with the lowest scores") && (len(g.Exhibits) != 4 || g.Exhibits[0].Answers[0].Right || g.Exhibits[0].Answers[0].Truth != "face") {
			t.Errorf("%s: %+v", g.Title, g.Exhibits)
		}
		if strings.HasSuffix(g.Title, "answers with the highest scores") && !g.Exhibits[0].Answers[0].Right {
			t.Errorf("%s: %+v", g.Title, g.Exhibits)
		}
	}
}
