package project

import (
	"path/filepath"

	"github.com/pali3/pali3/shards"
)

// source is the dataset as it was ingested or given.
func (p *Pipeline) source(dir string) string {
	if p.Data == "" {
		return filepath.Join(dir, rawFolder)
	}
	if shards.IsURL(p.Data) {
		return p.Data
	}
	return within(dir, p.Data)
}

// start is the dataset that curation begins with.
func (p *Pipeline) start(dir string) string {
	if p.Shrink != nil {
		return filepath.Join(dir, smallFolder)
	}
	return p.source(dir)
}

// curatedDir is where curation writes: the data themselves, unless a split follows.
func (p *Pipeline) curatedDir() string {
	if p.Split != nil {
		return curatedFolder
	}
	return dataFolder
}

// splitFrom is the dataset that is split.
func (p *Pipeline) splitFrom(dir string) string {
	if p.Curate != "" {
		return filepath.Join(dir, curatedFolder)
	}
	return p.start(dir)
}

// final is the dataset that the models are trained and scored on.
func (p *Pipeline) final(dir string) string {
	if p.Curate == "" && p.Split == nil {
		return p.start(dir)
	}
	return filepath.Join(dir, dataFolder)
}
