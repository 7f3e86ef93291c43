package hub

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDownloadModel_WorksOfflineAfterADownload downloads once, by a branch, and then finds the
// model without a hub: because it must not be asked, and because it does not answer.
func TestDownloadModel_WorksOfflineAfterADownload(t *testing.T) {
	server := modelServer(t, finch(), nil)
	o := ModelOptions{Repo: "owner/finch", Endpoint: server.URL, CacheDir: t.TempDir()}
	want, err := DownloadModel(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if ref, err := os.ReadFile(filepath.Join(o.CacheDir, "models--owner--finch", "refs", "main")); err != nil || string(ref) != filepath.Base(want) {
		t.Errorf("refs/main is %q, %v", ref, err)
	}
	asked := false
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = true
		http.Error(w, "too busy", http.StatusServiceUnavailable)
	})
	offline := o
	offline.Offline = true
	for _, revision := range []string{"", filepath.Base(want)} {
		offline.Revision = revision
		if dir, err := DownloadModel(t.Context(), offline); dir != want || err != nil || asked {
			t.Errorf("offline at %q: %s, %v, asked %v", revision, dir, err, asked)
		}
	}
	t.Setenv("HF_HUB_OFFLINE", "Yes")
	if dir, err := DownloadModel(t.Context(), o); dir != want || err != nil || asked {
		t.Errorf("HF_HUB_OFFLINE: %s, %v, asked %v", dir, err, asked)
	}
	offline.Revision = "other"
	if _, err := DownloadModel(t.Context(), offline); err == nil || !strings.Contains(err.Error(), "owner/finch at other is not in the cache") || !strings.Contains(err.Error(), filepath.Base(want)) {
		t.Errorf("another revision: %v", err)
	}

	t.Setenv("HF_HUB_OFFLINE", "0")
	notice := ""
	o.Notice = func(message string) { notice = message }
	if dir, err := DownloadModel(t.Context(), o); dir != want || err != nil || !strings.Contains(notice, "using the commit "+filepath.Base(want)) {
		t.Errorf("a busy hub: %s, %v, %q", dir, err, notice)
	}
	server.Close()
	if dir, err := DownloadModel(t.Context(), o); dir != want || err != nil || !strings.Contains(notice, "could not be asked") {
		t.Errorf("no hub: %s, %v, %q", dir, err, notice)
	}
	if err := os.Remove(filepath.Join(want, "model-00002-of-00002.safetensors")); err != nil {
		t.Fatal(err)
	}
	index := filepath.Join(want, modelIndex)
	if err := os.Remove(index); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(index, []byte(`{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	offline.Revision = ""
	if _, err := DownloadModel(t.Context(), offline); err == nil || !strings.Contains(err.Error(), "lacks model-00002-of-00002.safetensors") {
		t.Errorf("a model of which a file is missing: %v", err)
	}
}

func TestParseModel_RefusesRevisionsThatLeadOut(t *testing.T) {
	for _, name := range []string{"a/b@..", "a/b@../../x", "a/b@/x", "a/b@x//y"} {
		if _, _, err := ParseModel(name); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
}
