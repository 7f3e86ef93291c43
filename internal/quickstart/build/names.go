package main

import (
	"encoding/json"
	"fmt"
)

// captionLanguages are the languages of the captions, as CLDR and BCP-47 name them: eight scripts.
var captionLanguages = []string{"en", "de", "es", "fr", "pl", "pt", "tr", "ru", "ar", "hi", "th", "zh", "ja", "ko"}

// parseNames returns, for each language, the name of every emoji: CLDR's text-to-speech name. The
// keys of CLDR have no variation selectors. Files are those of the two packages, by path.
func parseNames(annotations, derived map[string][]byte, languages []string) (map[string]map[string]string, error) {
	names := make(map[string]map[string]string, len(languages))
	for _, language := range languages {
		names[language] = map[string]string{}
		for _, part := range []struct {
			files  map[string][]byte
			folder string
		}{{annotations, "annotations"}, {derived, "annotationsDerived"}} {
			path := "package/" + part.folder + "/" + language + "/annotations.json"
			if err := addNames(names[language], part.files[path], part.folder); err != nil {
				return nil, fmt.Errorf("reading %s: %w", path, err)
			}
		}
	}
	return names, nil
}

// addNames adds the names of one file, whose outer key is root.
func addNames(names map[string]string, content []byte, root string) error {
	var file map[string]struct {
		Annotations map[string]struct {
			Spoken []string `json:"tts"`
		} `json:"annotations"`
	}
	if err := json.Unmarshal(content, &file); err != nil {
		return err
	}
	for emoji, a := range file[root].Annotations {
		if len(a.Spoken) > 0 && a.Spoken[0] != "" {
			names[emoji] = a.Spoken[0]
		}
	}
	return nil
}
