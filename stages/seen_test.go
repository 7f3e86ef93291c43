package stages

import (
	"testing"

	"github.com/pali3/pali3/mixture"
)

func TestRun_WritesSeen(t *testing.T) {
	dir := t.TempDir()
	runStage(t, testRecipe(t, "ul2", testData(t), "steps=1"), dir)
	seen, err := mixture.ReadSeen(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(seen.Tasks) == 0 || seen.Tasks[0].Kind != "denoise" || seen.Tasks[0].Samples == 0 || len(seen.Tasks[0].Languages) == 0 {
		t.Errorf("%+v", seen)
	}
}
