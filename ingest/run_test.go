package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/archive"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/shards"
)

// counted is a source of n records, every seventh of them bad. Three have one key: the second is
// the first again, the third is another.
type counted struct {
	n    int
	stop int                // calls cancel before this record, if above zero
	end  context.CancelFunc // of the run's context
}

func (c counted) Name() string                 { return "counted" }
func (c counted) Fingerprint() (string, error) { return "x", nil }
func (c counted) Records(context.Context, ingest.Cursor) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		for i := range c.n {
			if c.stop > 0 && i == c.stop {
				c.end()
			}
			record := shards.Record{Origin: fmt.Sprint("record ", i), Sample: shards.Sample{Key: fmt.Sprint(i / 3 * 3),
				Texts: []shards.Text{{Kind: shards.Alt, Language: "en", Value: strings.Repeat("word ", 50+i%3/2)}}}}
			if i%7 == 0 {
				record = shards.Bad(fmt.Sprint("record ", i), "", "seventh", errors.New("bad"))
			}
			if !yield(record) {
				return
			}
		}
	}
}

func TestRun_ResumesAfterInterruption(t *testing.T) {
	limits := shards.Limits{PartBytes: 5000, GroupBytes: 1500}
	straight := filepath.Join(t.TempDir(), "straight")
	want, err := ingest.Run(t.Context(), counted{n: 200}, straight, ingest.Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	if want.Rows+want.Rejected+want.Duplicates != 200 || want.Duplicates == 0 || want.Reasons[ingest.SameKey] == 0 {
		t.Fatalf("%d rows, %d rejects, %d duplicates of 200", want.Rows, want.Rejected, want.Duplicates)
	}
	dir := filepath.Join(t.TempDir(), "cut")
	for _, stop := range []int{5, 1, 77, 150, 199} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := ingest.Run(ctx, counted{n: 200, stop: stop, end: cancel}, dir, ingest.Options{Limits: limits})
		if err == nil {
			t.Fatalf("the run stopped at %d ended well", stop)
		}
		if _, err := shards.Open(dir); err == nil {
			t.Fatal("an interrupted run left a manifest")
		}
	}
	got, err := ingest.Run(t.Context(), counted{n: 200}, dir, ingest.Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	if got.Rows != want.Rows || got.Rejected != want.Rejected || got.Duplicates != want.Duplicates || got.Languages["en"] != want.Languages["en"] || !maps.Equal(got.Reasons, want.Reasons) {
		t.Errorf("resumed %+v, straight %+v", got, want)
	}
	if problems, err := shards.Verify(dir, false); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}

// TestRun_ResumesAfterKill copies the folder as a kill would leave it at each record, and resumes
// from it.
func TestRun_ResumesAfterKill(t *testing.T) {
	limits := shards.Limits{PartBytes: 3000, GroupBytes: 1000}
	straight := filepath.Join(t.TempDir(), "straight")
	want, err := ingest.Run(t.Context(), counted{n: 60}, straight, ingest.Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "killed")
	var copies []string
	keep := func(int64, int64) {
		to := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, to)
	}
	if _, err := ingest.Run(t.Context(), counted{n: 60}, dir, ingest.Options{Limits: limits, Progress: keep}); err != nil {
		t.Fatal(err)
	}
	for i, killed := range copies {
		got, err := ingest.Run(t.Context(), counted{n: 60}, killed, ingest.Options{Limits: limits})
		if err != nil {
			t.Fatalf("killed after record %d: %v", i, err)
		}
		if got.Rows != want.Rows || got.Rejected != want.Rejected || got.Duplicates != want.Duplicates {
			t.Errorf("killed after record %d: %+v, want %+v", i, got, want)
		}
		for _, name := range []string{"part-00000.parquet", "part-00001.parquet", shards.RejectsName, shards.ManifestName} {
			a, _ := os.ReadFile(filepath.Join(straight, name))
			b, _ := os.ReadFile(filepath.Join(killed, name))
			if !bytes.Equal(a, b) {
				t.Errorf("killed after record %d: %s differs", i, name)
			}
		}
	}
}

func TestRun_SecondRunAddsNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	if _, err := ingest.Run(t.Context(), counted{n: 30}, dir, ingest.Options{}); err != nil {
		t.Fatal(err)
	}
	stat, err := ingest.Run(t.Context(), counted{n: 30}, dir, ingest.Options{})
	if err != nil || stat.Rows != 0 || stat.Duplicates != 30 || stat.Rejected != 0 {
		t.Errorf("%+v, %v", stat, err)
	}
}

func TestRun_StrictStopsAtFirstBadRecord(t *testing.T) {
	_, err := ingest.Run(t.Context(), counted{n: 30}, filepath.Join(t.TempDir(), "d"), ingest.Options{Strict: true})
	if !errors.Is(err, ingest.ErrStrict) || !strings.Contains(err.Error(), "record 0") {
		t.Errorf("error %v", err)
	}
}

func TestRun_RefusesAnotherSource(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	ctx, cancel := context.WithCancel(t.Context())
	ingest.Run(ctx, counted{n: 30, stop: 10, end: cancel}, dir, ingest.Options{})
	file := filepath.Join(ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"a.tar": ""}), "a.tar")
	source, _ := archive.NewWebDataset(nil, file)
	if _, err := ingest.Run(t.Context(), source, dir, ingest.Options{}); !errors.Is(err, ingest.ErrOtherRun) {
		t.Errorf("error %v", err)
	}
	if _, err := ingest.Run(t.Context(), source, dir, ingest.Options{Fresh: true}); err != nil {
		t.Errorf("with Fresh: %v", err)
	}
}
