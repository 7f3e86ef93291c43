package main

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/pali3/pali3/shards"
)

// doubleNames lists, by their English CLDR names, flags that two or three countries and territories
// share, with byte-identical images. Such an image does not tell which name is meant, so curation
// removes them all. They are in the archive so that curation has something to remove, as in real
// data.
var doubleNames = []string{"flag: Australia", "flag: Bouvet Island", "flag: Ceuta & Melilla", "flag: Clipperton Island",
	"flag: France", "flag: Heard & McDonald Islands", "flag: Norway", "flag: Sark", "flag: Saudi Arabia", "flag: Spain",
	"flag: St. Martin", "flag: Svalbard & Jan Mayen"}

// chooseDoubles returns the training records of doubleNames: with captions and without questions. A
// name that one of the chosen images or another double has in a language is left out.
func chooseDoubles(src *sources, chosen []*emojiImage) ([]shards.Sample, error) {
	var doubles []*emojiImage
	for _, e := range src.emoji {
		name := src.names["en"][e.text]
		if slices.Contains(doubleNames, name) {
			p := flagOf(e, name)
			p.split, p.png = train, src.png[e.file]
			doubles = append(doubles, p)
		}
	}
	if n := len(doubles); n != 0 && n != len(doubleNames) {
		return nil, fmt.Errorf("only %d of the %d doubles are there", n, len(doubleNames))
	}
	nameAll(src, append(slices.Clone(chosen), doubles...), doubles)
	var records []shards.Sample
	for _, p := range doubles {
		records = append(records, p.record(nil))
	}
	if left := withoutDoubles(records); len(left) > 0 {
		return nil, fmt.Errorf("no other emoji has the image of %s", left[0].Key)
	}
	return records, nil
}

// withoutDoubles returns the records whose image no other record has: what the rule
// images.max_samples of the quickstart's curation leaves.
func withoutDoubles(records []shards.Sample) []shards.Sample {
	count := map[[sha256.Size]byte]int{}
	for _, r := range records {
		count[sha256.Sum256(r.Images[0].Bytes)]++
	}
	return slices.DeleteFunc(slices.Clone(records), func(r shards.Sample) bool {
		return count[sha256.Sum256(r.Images[0].Bytes)] > 1
	})
}

// scatter puts records between others, at random places, and changes the order of neither.
func scatter(among, records []shards.Sample) []shards.Sample {
	random := stream("doubles")
	var places []int
	for range records {
		places = append(places, random.IntN(len(among)+1))
	}
	slices.Sort(places)
	out, next := []shards.Sample{}, 0
	for i := range len(among) + 1 {
		for next < len(places) && places[next] == i {
			out = append(out, records[next])
			next++
		}
		if i < len(among) {
			out = append(out, among[i])
		}
	}
	return out
}
