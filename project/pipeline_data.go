package project

import (
	"path/filepath"

	"github.com/pali3/pali3/shards"
)

// source returns the dataset as it was ingested or given.
func (p *Pipeline) source(dir string) string {
	if p.Data == "" {
		return filepath.Join(dir, rawFolder)
	}
	if shards.IsURL(p.Data) {
		return p.Data
	}
	return within(dir, p.Data)
}

// start returns the input of curation.
func (p *Pipeline) start(dir string) string {
	if p.Shrink != nil {
		return filepath.Join(dir, smallFolder)
	}
	return p.source(dir)
}

// curatedDir returns the output of curation: data, unless a split follows.
func (p *Pipeline) curatedDir() string {
	if p.Split != nil {
		return curatedFolder
	}
	return dataFolder
}

// splitFrom returns the input of the split.
func (p *Pipeline) splitFrom(dir string) string {
	if p.Curate != "" {
		return filepath.Join(dir, curatedFolder)
	}
	return p.start(dir)
}

// final returns the dataset on which models are trained and scored.
func (p *Pipeline) final(dir string) string {
	if p.Curate == "" && p.Split == nil {
		return p.start(dir)
	}
	return filepath.Join(dir, dataFolder)
}
