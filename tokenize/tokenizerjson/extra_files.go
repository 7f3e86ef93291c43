package tokenizerjson

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
)

// addTokens adds the tokens of an added_tokens.json, {content: id, ...}, that the file does not
// have itself.
func (f *file) addTokens(path string) error {
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	var tokens map[string]int32
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	if json.Unmarshal(data, &tokens) != nil {
		return fmt.Errorf("reading %s: want an object of tokens and their ids", path)
	}
	known := map[string]bool{}
	for _, t := range f.AddedTokens {
		known[t.Content] = true
	}
	for _, content := range sortedByID(tokens) {
		if !known[content] {
			f.AddedTokens = append(f.AddedTokens, addedToken{ID: tokens[content], Content: content})
		}
	}
	return nil
}

// markSpecial makes those tokens special that a special_tokens_map.json names: {"eos_token":
// "</s>", ...}, where a value may also be an object with a content or a list of either.
func (f *file) markSpecial(path string) error {
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	var named map[string]any
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	if json.Unmarshal(data, &named) != nil {
		return fmt.Errorf("reading %s: want an object of special tokens", path)
	}
	special := map[string]bool{}
	for _, value := range named {
		collectContents(value, special)
	}
	for i, t := range f.AddedTokens {
		f.AddedTokens[i].Special = t.Special || special[t.Content]
	}
	return nil
}

func collectContents(value any, into map[string]bool) {
	switch v := value.(type) {
	case string:
		into[v] = true
	case map[string]any:
		collectContents(v["content"], into)
	case []any:
		for _, each := range v {
			collectContents(each, into)
		}
	}
}

// sortedByID returns the contents in the order of their ids.
func sortedByID(tokens map[string]int32) []string {
	contents := slices.Collect(maps.Keys(tokens))
	slices.SortFunc(contents, func(a, b string) int { return cmp.Or(cmp.Compare(tokens[a], tokens[b]), cmp.Compare(a, b)) })
	return contents
}
