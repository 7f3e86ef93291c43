package benchmarks

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics/detection"
	layouts "github.com/pali3/pali3/ingest/benchmarks"
)

// matchesAsText returns the matches of each item as text by category. By LVIS' rule the frequency
// of the category stands before them, as in "r|1,1,0,0;0.9/3ff.0/3ff.0//".
func matchesAsText(c *Corpus, o detection.Options) ([]map[string]string, error) {
	matches, err := matched(c, o)
	if err != nil {
		return nil, err
	}
	categories := c.Items[0].Scene.Categories
	names := distinctNames(categories)
	all := make([]map[string]string, len(matches))
	for n, image := range matches {
		all[n] = map[string]string{}
		for _, m := range image {
			text, err := m.MarshalText()
			if err != nil {
				return nil, err
			}
			of := string(text)
			if o.Rule == detection.LVIS {
				of = categories[m.Category].Frequency + "|" + of
			}
			all[n][names[m.Category]] = of
		}
	}
	return all, nil
}

// distinctNames returns the names of categories, with the id where two have the same name.
func distinctNames(categories []layouts.Category) []string {
	names, seen := make([]string, len(categories)), map[string]bool{}
	for n, c := range categories {
		names[n] = cmp.Or(c.Name, c.ID)
		if seen[names[n]] {
			names[n] += " (" + c.ID + ")"
		}
		seen[names[n]] = true
	}
	return names
}

// detectedFromText returns the scores of matches that [matchesAsText] returned.
func detectedFromText(evidence []map[string]string, rule detection.Rule) (*Statistics, error) {
	found := map[string]bool{}
	for _, image := range evidence {
		for name := range image {
			found[name] = true
		}
	}
	names := slices.Sorted(maps.Keys(found))
	numbers := map[string]int32{}
	for n, name := range names {
		numbers[name] = int32(n)
	}
	o := detection.Options{Rule: rule}
	if rule == detection.LVIS {
		o.Frequencies = make([]detection.Frequency, len(names))
	}
	matches := make([]detection.Matches, len(evidence))
	for n, image := range evidence {
		for _, name := range slices.Sorted(maps.Keys(image)) {
			m := detection.CategoryMatches{Category: numbers[name]}
			text := image[name]
			if rule == detection.LVIS {
				frequency, rest, _ := strings.Cut(text, "|")
				if err := setFrequency(&o.Frequencies[m.Category], frequency); err != nil {
					return nil, fmt.Errorf("category %s: %w", name, err)
				}
				text = rest
			}
			if err := m.UnmarshalText([]byte(text)); err != nil {
				return nil, fmt.Errorf("category %s: %w", name, err)
			}
			matches[n] = append(matches[n], m)
		}
	}
	s := detectedStatistics(matches, o, names)
	s.Alone = func(item int) ([]float64, string) {
		scores := matches[item].Alone(o)
		for n := range scores {
			scores[n] = numberOrNaN(scores[n])
		}
		objects, right, wrong := matches[item].Counts()
		return scores, fmt.Sprintf("finds %d of %d, %d wrong", right, objects, wrong)
	}
	return s, nil
}

func setFrequency(of *detection.Frequency, text string) error {
	if len(text) != 1 || !strings.Contains("rcf", text) {
		return fmt.Errorf("frequency %.20q, want r, c or f", text)
	}
	f := detection.Frequency(text[0])
	if *of != 0 && *of != f {
		return fmt.Errorf("frequencies %c and %c", *of, f)
	}
	*of = f
	return nil
}
