package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pali3/pali3/random"
)

// yesOrNo answers by the image alone.
func yesOrNo(_, image string) string { return []string{"yes", "no"}[random.Name(image)%2] }

// slowChat starts an endpoint whose answers take a few milliseconds. Every ninth request fails.
func slowChat(t *testing.T, answer func(prompt, image string) string) (address string, asked *atomic.Int64) {
	asked = &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			Messages []struct {
				Content []struct {
					Text     string
					ImageURL struct{ URL string } `json:"image_url"`
				}
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			return // killed
		}
		n := asked.Add(1)
		time.Sleep(time.Duration(1+n%5) * time.Millisecond)
		if n%9 == 0 {
			w.Header().Set("Retry-After-Ms", "1")
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		parts := request.Messages[0].Content
		said := answer(parts[len(parts)-1].Text, parts[0].ImageURL.URL)
		fmt.Fprintf(w, `{"choices":[{"message":{"content":%q},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1}}`, said)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

// easyFiles writes a benchmark with n images of one question each, for ingest.
func easyFiles(t *testing.T, dir string, n int) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "images"), 0o755); err != nil {
		t.Fatal(err)
	}
	var questions [][]any
	for i := range n {
		m := image.NewNRGBA(image.Rect(0, 0, 4, 4))
		m.SetNRGBA(0, 0, color.NRGBA{R: uint8(i), G: uint8(i >> 8), A: 255})
		file, err := os.Create(filepath.Join(dir, "images", fmt.Sprintf("%d.png", i)))
		if err == nil {
			err = png.Encode(file, m)
		}
		if err != nil {
			t.Fatal(err)
		}
		file.Close()
		questions = append(questions, []any{"Is it?", []string{"yes", "no"}[i%2], i})
	}
	content, err := json.Marshal(questions)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "questions.json"), content, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// runKilled runs a command that takes about that long, kills it with SIGKILL at random moments, and
// at last lets it end. It returns the number of kills.
func runKilled(t *testing.T, dir string, took time.Duration, args []string) (kills int) {
	t.Helper()
	rng := random.New(uint64(time.Now().UnixNano()))
	for kills < 12 {
		ctx, cancel := context.WithTimeout(t.Context(), took/8+time.Duration(rng.Float64()*float64(took)/3))
		err := command(ctx, dir, args...).Run()
		cancel()
		if err == nil {
			break
		}
		kills++
	}
	mustRun(t, dir, args...)
	return kills
}

// sameFiles compares files of two folders. The lines of predictions are in the order in which a
// model answers.
func sameFiles(t *testing.T, dir, want, got string, names ...string) {
	t.Helper()
	for _, name := range names {
		var contents [2]string
		for n, folder := range []string{want, got} {
			content, err := os.ReadFile(filepath.Join(dir, folder, name))
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.SplitAfter(string(content), "\n")
			if name == "predictions.jsonl" {
				slices.Sort(lines)
			}
			contents[n] = strings.Join(lines, "")
		}
		if contents[0] != contents[1] {
			t.Errorf("%s of %s differs from that of %s:\n%.600s\nand\n%.600s", name, got, want, contents[1], contents[0])
		}
	}
}

// TestEval_KilledEqualsUninterrupted kills the evaluation of an endpoint with SIGKILL at random
// moments until it completes. Its predictions and scores must equal those of an uninterrupted run.
func TestEval_KilledEqualsUninterrupted(t *testing.T) {
	dir := t.TempDir()
	easyFiles(t, dir, 400)
	mustRun(t, dir, "-q", "ingest", "benchmark", "easyvqa", "questions.json", "--images", "images", "--split", "test", "--to", "data")
	address, asked := slowChat(t, yesOrNo)
	args := func(out string) []string {
		return []string{"-q", "eval", "--bench", "easyvqa", "--data", "data", "--predictor", address, "--predictor-model", "m",
			"--concurrency", "3", "--out", out, "--cache", out + "-cache", "--resamples", "20"}
	}
	began := time.Now()
	mustRun(t, dir, args("whole")...)
	took, whole := time.Since(began), asked.Load()
	kills := runKilled(t, dir, took, args("killed"))
	sameFiles(t, dir, "whole", "killed", "predictions.jsonl", "scored.jsonl", "result.json")
	if again := asked.Load() - whole; again > whole+int64(5*kills+50) {
		t.Errorf("%d requests after %d kills, and %d without: answers were asked again", again, kills, whole)
	}
	t.Logf("%d kills, %d requests instead of %d", kills, asked.Load()-whole, whole)
}

// sceneFiles writes a benchmark of boxes with n images and five categories, for ingest.
func sceneFiles(t *testing.T, dir string, n int) {
	t.Helper()
	easyFiles(t, dir, n)
	type object = map[string]any
	file := object{"images": []object{}, "annotations": []object{}, "categories": []object{}}
	for c := range 5 {
		file["categories"] = append(file["categories"].([]object), object{"id": c + 1, "name": fmt.Sprintf("thing %c", 'a'+c)})
	}
	for i := range n {
		file["images"] = append(file["images"].([]object), object{"id": i + 1, "file_name": fmt.Sprintf("%d.png", i), "height": 4, "width": 4})
		for k := range 1 + i%3 {
			file["annotations"] = append(file["annotations"].([]object), object{"id": len(file["annotations"].([]object)) + 1, "image_id": i + 1,
				"category_id": 1 + (i+k)%5, "bbox": []int{0, k, 4, 2}, "area": 8, "iscrowd": 0})
		}
	}
	content, err := json.Marshal(file)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "instances.json"), content, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// findLabels answers with a box for each label of a prompt that the image is said to have.
func findLabels(prompt, image string) string {
	var found []string
	for label := range strings.SplitSeq(strings.TrimPrefix(prompt, "find "), " ; ") {
		if name := random.Name(image + label); name%3 > 0 {
			found = append(found, fmt.Sprintf("<loc%04d><loc0000><loc%04d><loc1023> %s", name%400, 500+name%500, label))
		}
	}
	return strings.Join(found, " ; ")
}

// TestEval_GroupsOfLabelsEqualTheStraightRun asks about the labels of images in groups of two, in a
// run that is killed, in parts that are merged and from a cache. All must have the scores of a run
// that nothing disturbs.
func TestEval_GroupsOfLabelsEqualTheStraightRun(t *testing.T) {
	dir := t.TempDir()
	sceneFiles(t, dir, 60)
	mustRun(t, dir, "-q", "ingest", "benchmark", "coco-instances", "instances.json", "--images", "images", "--to", "data")
	address, asked := slowChat(t, findLabels)
	args := func(out string, more ...string) []string {
		return append([]string{"-q", "eval", "--bench", "coco-instances", "--data", "data", "--predictor", address, "--predictor-model", "m",
			"--prompt", "find {question}", "--labels-per-prompt", "2", "--concurrency", "3", "--out", out, "--resamples", "20"}, more...)
	}
	began := time.Now()
	mustRun(t, dir, args("whole", "--cache", "cache")...)
	took, files := time.Since(began), []string{"scored.jsonl", "result.json"}
	kills := runKilled(t, dir, took, args("killed"))
	sameFiles(t, dir, "whole", "killed", append(files, "predictions.jsonl")...)
	t.Logf("%d kills", kills)

	before := asked.Load()
	mustRun(t, dir, args("cached", "--cache", "cache")...)
	if again := asked.Load() - before; again != 0 {
		t.Errorf("%d requests beside a full cache", again)
	}
	sameFiles(t, dir, "whole", "cached", append(files, "predictions.jsonl")...)

	parts := []string{"eval", "merge", "merged"}
	for n := range 4 {
		part := fmt.Sprintf("part%d", n)
		share := []string{"--shard", fmt.Sprintf("%d/4", n+1)}
		if n == 2 {
			runKilled(t, dir, took/4, args(part, share...))
		} else {
			mustRun(t, dir, args(part, share...)...)
		}
		parts = append(parts, part)
	}
	mustRun(t, dir, parts...)
	mustRun(t, dir, "eval", "rescore", "merged", "--resamples", "20")
	sameFiles(t, dir, "whole", "merged", append(files, "predictions.jsonl")...)

	// A part may answer from the cache, and a merged run goes on where a part is missing.
	mustRun(t, dir, args("cached1", "--cache", "cache", "--shard", "1/2")...)
	mustRun(t, dir, "eval", "merge", "half", "cached1", "--partial")
	mustRun(t, dir, args("half")...)
	sameFiles(t, dir, "whole", "half", append(files, "predictions.jsonl")...)
}
