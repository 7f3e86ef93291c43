// Command source ingests a museum's catalogue, an XML file that pali3 has no reader for, into a
// dataset. A run that was interrupted resumes when the same command runs again:
//
//	go run ./examples/source CATALOGUE.xml DATASET
package main

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"log"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/shards"
)

// catalogue is a source: its path is all that it needs. An item of the file is one record:
//
//	<item id="12"><photo>photos/12.png</photo><label lang="en">a vase</label></item>
type catalogue string

type item struct {
	ID     string `xml:"id,attr"`
	Photo  string `xml:"photo"`
	Labels []struct {
		Language string `xml:"lang,attr"`
		Text     string `xml:",chardata"`
	} `xml:"label"`
}

// Name implements [ingest.Source].
func (c catalogue) Name() string { return "catalogue " + string(c) }

// Fingerprint implements [ingest.Source]: an interrupted run does not resume from another file.
func (c catalogue) Fingerprint() (string, error) {
	content, err := os.ReadFile(string(c))
	return shards.Hash(content), err
}

// Records implements [ingest.Source]. It reads no photo of an item before the cursor, nor of one
// that the dataset has. A source whose records cost little can ignore the cursor.
func (c catalogue) Records(ctx context.Context, from ingest.Cursor) iter.Seq[shards.Record] {
	skip := from.Skip()
	return func(yield func(shards.Record) bool) {
		for number, i := range c.items() {
			if ctx.Err() != nil || number > skip && !yield(c.record(number, i, from)) {
				return
			}
		}
	}
}

// items yields the items of the file with their numbers, from 1. What cannot be read any more is an
// item with neither photo nor label.
func (c catalogue) items() iter.Seq2[int64, item] {
	return func(yield func(int64, item) bool) {
		file, err := os.Open(string(c))
		if err != nil {
			yield(1, item{})
			return
		}
		defer file.Close()
		decoder := xml.NewDecoder(file)
		for number := int64(1); ; {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				return
			}
			var i item
			start, isStart := token.(xml.StartElement)
			if err == nil && (!isStart || start.Name.Local != "item") {
				continue
			}
			if err == nil {
				err = decoder.DecodeElement(&i, &start)
			}
			if !yield(number, i) || err != nil {
				return
			}
			number++
		}
	}
}

func (c catalogue) record(number int64, i item, from ingest.Cursor) shards.Record {
	origin := fmt.Sprintf("%s item %d", filepath.Base(string(c)), number)
	sample := shards.Sample{Key: i.ID}
	if i.ID == "" || from.Known(i.ID) { // Run rejects a record without a key
		return shards.Record{Origin: origin, Sample: sample}
	}
	photo, err := os.ReadFile(filepath.Join(filepath.Dir(string(c)), filepath.FromSlash(i.Photo)))
	if err != nil {
		return shards.Bad(origin, i.ID, ingest.NoImage, err)
	}
	sample.Images = []shards.Image{{Bytes: photo}} // Run finds format, size and hash
	for _, label := range i.Labels {
		sample.Texts = append(sample.Texts, shards.Text{Kind: shards.Caption, Language: label.Language, Value: label.Text})
	}
	return shards.Record{Origin: origin, Sample: sample}
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: source CATALOGUE.xml DATASET")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	summary, err := ingest.Run(ctx, catalogue(os.Args[1]), os.Args[2], ingest.Options{Command: "source"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d rows, %d rejected, %d duplicates\n", summary.Rows, summary.Rejected, summary.Duplicates)
}
