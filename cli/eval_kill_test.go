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

// slowChat starts an endpoint whose answers take a few milliseconds and depend on the image alone.
// Every ninth request fails.
func slowChat(t *testing.T) (address string, asked *atomic.Int64) {
	asked = &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			Messages []struct {
				Content []struct {
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
		answer := []string{"yes", "no"}[random.Name(request.Messages[0].Content[0].ImageURL.URL)%2]
		fmt.Fprintf(w, `{"choices":[{"message":{"content":%q},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1}}`, answer)
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

// TestEval_KilledEqualsUninterrupted kills the evaluation of an endpoint with SIGKILL at random
// moments until it completes. Its predictions and scores must equal those of an uninterrupted run.
func TestEval_KilledEqualsUninterrupted(t *testing.T) {
	dir := t.TempDir()
	easyFiles(t, dir, 400)
	mustRun(t, dir, "-q", "ingest", "benchmark", "easyvqa", "questions.json", "--images", "images", "--split", "test", "--to", "data")
	address, asked := slowChat(t)
	args := func(out string) []string {
		return []string{"-q", "eval", "--bench", "easyvqa", "--data", "data", "--predictor", address, "--predictor-model", "m",
			"--concurrency", "3", "--out", out, "--cache", out + "-cache", "--resamples", "20"}
	}
	began := time.Now()
	mustRun(t, dir, args("whole")...)
	took, whole := time.Since(began), asked.Load()
	sorted := func(out, name string) string {
		content, err := os.ReadFile(filepath.Join(dir, out, name))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(string(content), "\n")
		slices.Sort(lines)
		return strings.Join(lines, "")
	}
	rng := random.New(uint64(time.Now().UnixNano()))
	kills := 0
	for kills < 12 {
		ctx, cancel := context.WithTimeout(t.Context(), took/8+time.Duration(rng.Float64()*float64(took)/3))
		err := command(ctx, dir, args("killed")...).Run()
		cancel()
		if err == nil {
			break
		}
		kills++
	}
	mustRun(t, dir, args("killed")...)
	for _, name := range []string{"predictions.jsonl", "result.json"} {
		if sorted("whole", name) != sorted("killed", name) {
			t.Errorf("%s of a run that was killed %d times differs from that of one that was not", name, kills)
		}
	}
	if again := asked.Load() - whole; again > whole+int64(5*kills+50) {
		t.Errorf("%d requests after %d kills, and %d without: answers were asked again", again, kills, whole)
	}
	t.Logf("%d kills, %d requests instead of %d", kills, asked.Load()-whole, whole)
}
