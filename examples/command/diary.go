package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/cli"
	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/shards"
)

// diarySource reads a diary of lines such as "wren.gif a wren on a wall", which begin with the name
// of a photo beside the diary.
var diarySource = cli.Source{
	Name: "diary", Help: "Read a diary of bird sightings.",
	Flags:    func() cli.SourceFlags { return new(diaryFlags) },
	Examples: []string{"command ingest diary diary.txt --to birds"},
}

// diaryFlags are what its command takes besides the flags of all sources.
type diaryFlags struct {
	File  string `arg:"" help:"Diary, a text file."`
	Split string `default:"train" help:"Split of the samples."`
}

func (f *diaryFlags) Open(context.Context) (ingest.Source, error) {
	content, err := os.ReadFile(f.File)
	if err != nil {
		return nil, err
	}
	return diary{diaryFlags: *f, content: content}, nil
}

type diary struct {
	diaryFlags
	content []byte
}

func (d diary) Name() string                 { return "diary " + d.File }
func (d diary) Fingerprint() (string, error) { return shards.Hash(d.content), nil }

func (d diary) Records(context.Context, ingest.Cursor) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		lines := bufio.NewScanner(strings.NewReader(string(d.content)))
		for n := 1; lines.Scan(); n++ {
			if !yield(d.record(fmt.Sprintf("%s:%d", d.File, n), lines.Text())) {
				return
			}
		}
	}
}

// record makes a sample of a line.
func (d diary) record(origin, line string) shards.Record {
	photo, text, found := strings.Cut(line, " ")
	if !found {
		return shards.Bad(origin, photo, "malformed", errors.New("the line has no space"))
	}
	content, err := os.ReadFile(filepath.Join(filepath.Dir(d.File), photo))
	if err != nil {
		return shards.Bad(origin, photo, "missing_file", err)
	}
	image, err := shards.NewImage(content)
	if err != nil {
		return shards.Bad(origin, photo, "broken_image", err)
	}
	return shards.Record{Origin: origin, Sample: shards.Sample{
		Key: photo, Split: d.Split, Images: []shards.Image{image},
		Texts: []shards.Text{{Kind: shards.Caption, Language: "en", Value: text}},
	}}
}
