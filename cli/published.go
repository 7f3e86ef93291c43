package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/pali3/pali3/ingest/hub"
	"github.com/pali3/pali3/stages"
)

// registry returns all that recipes, run folders and the names of models may refer to.
func (con *console) registry() *stages.Registry {
	r := con.program.registry()
	r.Download = con.downloadModel
	return r
}

// tellPublished says what a published model's folder made the program do.
func (con *console) tellPublished(t *stages.Trained) {
	p := t.Published
	if p == nil {
		return
	}
	if p.ImageOps != "" {
		con.log.Info().Msgf("%s: %s, images by %s", t.Dir, p.ModelType, p.ImageOps)
	}
	for _, note := range p.Notes {
		con.log.Info().Msgf("%s: %s", t.Dir, note)
	}
}

// folder returns the folder or file that a command names, which it downloads for
// hf:owner/name@revision.
func (con *console) folder(name string) (string, error) {
	if !strings.HasPrefix(name, "hf:") {
		return name, nil
	}
	return con.downloadModel(name)
}

// downloadModel returns the folder of a model that is named hf:owner/name@revision.
func (con *console) downloadModel(name string) (dir string, err error) {
	repo, revision, err := hub.ParseModel(strings.TrimPrefix(name, "hf:"))
	if err != nil {
		return "", fmt.Errorf("opening %s: %w", name, err)
	}
	return hub.DownloadModel(con.ctx, hub.ModelOptions{
		Repo: repo, Revision: revision, Endpoint: os.Getenv("HF_ENDPOINT"),
		Notice:   con.warn,
		Progress: func(file string, size int64) { con.log.Info().Int64("bytes", size).Msgf("%s: %s", name, file) },
	})
}
