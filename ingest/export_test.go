package ingest

import (
	"context"
	"errors"
	"testing"
)

// Stop runs an update as far as a stage, and leaves everything as it is then.
func Stop(t *testing.T, source Source, to string, o Options, stage string) {
	t.Helper()
	r, err := begin(context.Background(), source, to, to, o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if err := errors.Join(r.consume(t.Context(), source), r.progress()); err != nil {
		t.Fatal(err)
	}
	switch stage {
	case "rewritten in part":
		enough, n := errors.New("enough"), 0
		_, err := r.writer.Replace(func(key string) bool { _, is := r.known.updated[short(key)]; return is }, func(part string) error {
			if n++; n > 3 {
				return enough
			}
			return r.journal.begin(part)
		})
		if !errors.Is(err, enough) {
			t.Fatal(err)
		}
	case "rewritten", "committed":
		if err := r.replace(); err != nil {
			t.Fatal(err)
		}
		if stage == "committed" {
			if err := r.writer.Commit("", source.Name()); err != nil {
				t.Fatal(err)
			}
		}
	}
}
