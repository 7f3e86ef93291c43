// Package ingest turns sources (folders, tables, archives, the web) into datasets of shards.
//
// A [Source] yields records one at a time, and [Run] adds them to a dataset. Run fills in image
// formats, sizes and hashes, keeps each bad record as a reject with its reason, and counts records
// whose key the dataset already has. A journal and a spool let a run that was interrupted, or
// killed at any point, resume with the next record. Rows, rejects and duplicates always add up to
// the records of the source, and a resumed run produces the same dataset as an uninterrupted one.
//
// The sources are in packages below: folder (images with texts beside them), tabular (CSV, JSON,
// Parquet and lists of URLs), archive (WebDataset, Arrow, TFRecord, MDS), hub (Hugging Face), crawl
// (web archives and saved pages), document (PDF) and benchmarks. A program adds its own by
// implementing Source; examples/source is one.
package ingest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/ingest/internal/frames"
	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/shards"
)

// Complete returns a record as [Run] takes it: checked, with its images transformed as the options
// say, and with their formats, sizes and hashes. It lets a source be tested without a dataset.
func Complete(record shards.Record, o Options) shards.Record {
	return speak(complete(record, o), nil, o)
}

// complete checks a record and replaces its images by what completeImage makes of them.
func complete(record shards.Record, o Options) (completed shards.Record) {
	if record.Err != nil || record.IsAside() {
		return record
	}
	s := &record.Sample
	defer func() {
		if p := recover(); p != nil { // a decoder panicked on malformed bytes
			completed = shards.Bad(record.Origin, s.Key, BadImage, fmt.Errorf("the decoder panicked: %v", p))
		}
		completed.LeftOut = record.LeftOut
	}()
	if s.Key == "" {
		return shards.Bad(record.Origin, "", BadKey, errors.New("no key: the column or field that names the record is empty"))
	}
	if len(s.Key) > MaxKey || !utf8.ValidString(s.Key) {
		return shards.Bad(record.Origin, strings.ToValidUTF8(s.Key[:min(len(s.Key), MaxKey)], "\uFFFD"), BadKey,
			fmt.Errorf("key %.40q of %d bytes: must be UTF-8 of %d bytes at most", s.Key, len(s.Key), MaxKey))
	}
	var images []shards.Image
	for i := range s.Images {
		all, err := completeImage(s.Images[i], o)
		if err != nil {
			return shards.Bad(record.Origin, s.Key, BadImage, fmt.Errorf("image %d: %w", i, err))
		}
		if o.Frames == 0 {
			record.LeftOut = append(slices.Clip(record.LeftOut), laterPages(s.Images[i].Bytes)...)
		}
		images = append(images, all...)
	}
	s.Images = images
	return record
}

// laterPages counts the pages of a TIFF after its first, which are not part of the image.
func laterPages(encoded []byte) []shards.LeftOut {
	if imagefile.Format(encoded) != imagefile.TIFF {
		return nil
	}
	info, err := imagefile.ReadHeader(encoded)
	if err != nil || info.Pages < 2 {
		return nil
	}
	return []shards.LeftOut{{Reason: shards.LeftImage, Name: "pages of a TIFF after its first (--frames takes them)", N: int64(info.Pages - 1)}}
}

// completeImage returns the image, or its frames, transformed.
func completeImage(image shards.Image, o Options) ([]shards.Image, error) {
	completed, err := shards.NewImage(image.Bytes)
	if err != nil {
		return nil, err
	}
	if image.SHA256 != "" && !strings.EqualFold(image.SHA256, completed.SHA256) {
		return nil, fmt.Errorf("sha256 %s, its record says %s", completed.SHA256, image.SHA256)
	}
	parts := [][]byte{image.Bytes}
	if o.Frames > 0 {
		if parts, err = frames.Split(image.Bytes, o.Frames); err != nil {
			return nil, err
		}
	}
	if o.Frames == 0 && o.Transform == nil {
		return []shards.Image{completed}, nil
	}
	var all []shards.Image
	for _, part := range parts {
		if o.Transform != nil {
			if part, err = o.Transform.Apply(part); err != nil {
				return nil, err
			}
		}
		image, err := shards.NewImage(part)
		if err != nil {
			return nil, fmt.Errorf("changed: %w", err)
		}
		all = append(all, image)
	}
	return all, nil
}
