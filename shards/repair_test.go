package shards

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// parts writes a dataset of three parts.
func parts(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for i := range 3 {
		write(t, dir, 10*i, 10*i+10, Limits{})
	}
	return dir
}

func TestRepairRebuildsTheManifest(t *testing.T) {
	dir := parts(t)
	before, err := readManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ManifestName), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Repair(dir, RepairOptions{}); err == nil {
		t.Fatal("the manifest was rebuilt without being told so")
	}
	if _, err := Repair(dir, RepairOptions{Rebuild: true}); err != nil {
		t.Fatal(err)
	}
	after, err := readManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before.Files, after.Files) + cmp.Diff(before.Rejects, after.Rejects) + cmp.Diff(before.Totals, after.Totals); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

func TestRepairDropsOnlyWhatItIsTold(t *testing.T) {
	dir := parts(t)
	path := filepath.Join(dir, partName(1))
	if err := os.Truncate(path, 700); err != nil {
		t.Fatal(err)
	}
	if _, err := Repair(dir, RepairOptions{Rebuild: true}); err == nil || !strings.Contains(err.Error(), partName(1)) {
		t.Fatalf("a broken part: %v", err)
	}
	if _, err := Repair(dir, RepairOptions{Drop: []string{"part-00009.parquet"}}); err == nil {
		t.Fatal("a part that is not there was dropped")
	}
	totals, err := Repair(dir, RepairOptions{Drop: []string{partName(1)}})
	if err != nil || totals.Rows != 20 {
		t.Fatalf("%+v, %v", totals, err)
	}
	if info, err := os.Stat(filepath.Join(dir, DroppedName, partName(1))); err != nil || info.Size() != 700 {
		t.Errorf("the dropped part is not kept: %v", err)
	}
	problems, err := Verify(dir, false)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}
