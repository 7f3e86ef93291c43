package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pali3/pali3/shards"
)

// plan says how many of what the archive holds.
type plan struct {
	secondOfRoles int            // roles of which two images are held out, not one
	heldOutOf     map[string]int // images held out of the other families
	sheets        map[string]int // by split; even, since sheets are asked in pairs
}

// quickstartPlan keeps the archive below 12 MB.
var quickstartPlan = plan{
	secondOfRoles: 35,
	heldOutOf: map[string]int{
		"clock": 3, "shape": 4, "animal": 3, "food": 3, "vehicle": 1, "face": 1, "instrument": 1,
	},
	sheets: map[string]int{train: 124, heldOut: 40, heldOutCombinations: 32},
}

// build makes the records of the archive, in the random but fixed order in which they stand there.
func build(src *sources, p plan) ([]shards.Sample, error) {
	images, err := choose(src)
	if err != nil {
		return nil, err
	}
	divide(images, p)
	sheets, err := composeSheets(images, p.sheets)
	if err != nil {
		return nil, err
	}
	questions := interview(src, images, sheets)
	doubles, err := chooseDoubles(src, images)
	if err != nil {
		return nil, err
	}

	var records []shards.Sample
	for _, p := range images {
		records = append(records, p.record(questions))
	}
	for _, s := range sheets {
		records = append(records, record(s.key, s.split, s.png, s.metadata(), questions))
	}
	shuffled := make([]shards.Sample, len(records))
	for to, from := range stream("order").Perm(len(records)) {
		shuffled[to] = records[from]
	}
	return scatter(shuffled, doubles), nil
}

// record is the image's, with its names as captions.
func (p *emojiImage) record(questions map[string][]shards.Question) shards.Sample {
	r := record(p.key, p.split, p.png, p.metadata(), questions)
	for _, language := range captionLanguages {
		if name := p.names[language]; name != "" {
			r.Texts = append(r.Texts, shards.Text{Kind: shards.Caption, Language: language, Value: name})
		}
	}
	return r
}

// record assembles what images and sheets have in common.
func record(
	key, split string, png []byte, metadata map[string]string, questions map[string][]shards.Question,
) shards.Sample {
	return shards.Sample{
		Key:        key,
		Split:      split,
		Images:     []shards.Image{{Bytes: png, Format: "png"}},
		Questions:  questions[key],
		Provenance: shards.Provenance{Licence: "Apache-2.0"},
		Metadata:   metadata,
	}
}

// metadata says what an image shows.
func (p *emojiImage) metadata() map[string]string {
	m := map[string]string{"emoji": p.text, "family": p.family, "group": p.group}
	for name, value := range map[string]string{
		"gender": p.gender, "tone": p.tone, "color": p.color, "shape": p.shape, "time": p.time,
	} {
		if value != "" {
			m[name] = value
		}
	}
	if p.family == "person" {
		m["role"] = p.object
	} else {
		m["object"] = p.object
	}
	return m
}

// metadata names the record in each corner of a sheet.
func (s *sheet) metadata() map[string]string {
	m := map[string]string{"family": "sheet"}
	for i, p := range s.cells {
		if p != nil {
			m[corners[i]] = p.key
		}
	}
	return m
}

// encodeArchive returns the records as a WebDataset: of each a KEY.json and a KEY.png, with no time
// and no owner.
func encodeArchive(records []shards.Sample) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, r := range records {
		described, err := encodeJSON(r)
		if err != nil {
			return nil, fmt.Errorf("encoding %s: %w", r.Key, err)
		}
		for _, f := range []struct {
			extension string
			content   []byte
		}{{"json", described}, {r.Images[0].Format, r.Images[0].Bytes}} {
			name := r.Key + "." + f.extension
			header := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(f.content)), Format: tar.FormatUSTAR}
			if err := w.WriteHeader(header); err != nil {
				return nil, fmt.Errorf("writing the header of %s: %w", name, err)
			}
			if _, err := w.Write(f.content); err != nil {
				return nil, fmt.Errorf("writing %s: %w", name, err)
			}
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// encodeJSON writes a record without its image, which the archive has as a file of its own, and
// with the characters as they are: no \u003c for <.
func encodeJSON(r shards.Sample) ([]byte, error) {
	r.Images = nil
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(r)
	return b.Bytes(), err
}

// decodeArchive is the inverse of encodeArchive.
func decodeArchive(r io.Reader) ([]shards.Sample, error) {
	var records []shards.Sample
	for archive := tar.NewReader(r); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", header.Name, err)
		}
		key, extension, _ := strings.Cut(header.Name, ".")
		if extension == "json" {
			var s shards.Sample
			if err := json.Unmarshal(content, &s); err != nil {
				return nil, fmt.Errorf("decoding %s: %w", header.Name, err)
			}
			records = append(records, s)
			continue
		}
		if len(records) == 0 || records[len(records)-1].Key != key {
			return nil, fmt.Errorf("%s does not follow its %s.json", header.Name, key)
		}
		records[len(records)-1].Images = []shards.Image{{Bytes: content, Format: extension}}
	}
}
