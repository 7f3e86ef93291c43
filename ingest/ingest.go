// Package ingest turns sources (folders, tables, archives, the web) into datasets of shards.
//
// A [Source] yields records one at a time; [Run] adds them to a dataset: it completes what the
// source left open (image formats, sizes, hashes), keeps bad records with their reason, counts
// records whose key is there already, and keeps a journal and a spool, so that a run that was
// interrupted, or killed at any moment, resumes with the record that was next. Rows, rejects and
// duplicates together are always the records of the source, and the resumed dataset is the one of a
// run that nobody disturbed.
//
// It owns reading what others wrote: their layouts, limits against hostile input, and the account
// of what was rejected and why. It knows nothing of curation, tasks or models.
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

// Complete returns a record as [Run] takes it: with formats, sizes and hashes of its images, transformed
// and checked as the options say. It lets a source be tested without a dataset.
func Complete(record shards.Record, o Options) shards.Record {
	return speak(complete(record, o), nil, o)
}

// complete fills in what the bytes of a record's images say, checks them, and changes them as the
// options say.
func complete(record shards.Record, o Options) (completed shards.Record) {
	if record.Err != nil || record.IsAside() {
		return record
	}
	s := &record.Sample
	defer func() {
		if p := recover(); p != nil { // of a decoder, on bytes that its author did not think of
			completed = shards.Bad(record.Origin, s.Key, BadImage, fmt.Errorf("the decoder gave up: %v", p))
		}
		completed.LeftOut = record.LeftOut
	}()
	if s.Key == "" {
		return shards.Bad(record.Origin, "", BadKey, errors.New("no key: what names the record is empty here, such as the column of keys"))
	}
	if len(s.Key) > MaxKey || !utf8.ValidString(s.Key) {
		return shards.Bad(record.Origin, strings.ToValidUTF8(s.Key[:min(len(s.Key), MaxKey)], "\uFFFD"), BadKey,
			fmt.Errorf("key %.40q of %d bytes: must be UTF-8 of %d bytes at most", s.Key, len(s.Key), MaxKey))
	}
	var images []shards.Image
	for i := range s.Images {
		all, err := completeImage(s.Images[i], o)
		if err != nil {
			return shards.Bad(record.Origin, s.Key, BadImage, fmt.Errorf("image %d of %d bytes: %w", i, len(s.Images[i].Bytes), err))
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

// completeImage returns what becomes of an image: itself, or its frames, transformed.
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
