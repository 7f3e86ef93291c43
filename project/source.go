package project

import (
	"fmt"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/benchmarks"
)

// open returns the source that the pipeline names.
func (i Ingest) open() (ingest.Source, error) {
	switch i.Source {
	case "folder":
		source, err := ingest.NewFolder(i.Path, i.Language)
		if err != nil {
			return nil, err
		}
		source.TextFrom = i.TextFrom
		return source, nil
	case "table":
		return ingest.NewTable(ingest.Table{
			Files: []string{i.Path}, Language: i.Language, Kind: ingest.KindByName,
			Columns: i.Columns.named(), GroupBy: i.Columns.Group, TextFrom: i.TextFrom,
		})
	case "easyvqa":
		return benchmarks.New(benchmarks.Options{
			Layout: "easyvqa", Annotations: i.Path,
		})
	case "webdataset":
		return ingest.NewWebDataset(i.Path)
	}
	return nil, fmt.Errorf("ingest.source: %q is not known", i.Source)
}

func (c Columns) named() ingest.Columns {
	named := ingest.Columns{Image: c.Image, Language: c.Language, Question: c.Question, Answers: c.Answers}
	if len(c.Text) > 0 {
		named.Text, named.MoreTexts = c.Text[0], c.Text[1:]
	}
	return named
}
