package hubfolder

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Tokenizer is a folder's tokenizer and how it is used.
type Tokenizer struct {
	// File is the SentencePiece model or, if there is none, tokenizer.json.
	File string
	// Class of the tokenizer in transformers, without "Fast"; "" if the folder does not say.
	Class string
	// Sentinels is the number of <extra_id_k> that the tokenizer adds to the model's pieces.
	Sentinels int
	// Canonical says that texts lose upper case, ASCII punctuation and repeated white space.
	Canonical bool
	// Lower says that texts lose upper case, unless the file does that itself.
	Lower bool
	// PadsWithEOS says that padding is the end of sentence.
	PadsWithEOS bool
	// PadsLeft says that padding comes first.
	PadsLeft bool
	// Ends says that texts end with the end of sentence; known if the folder or the class says so.
	Ends bool
	// Length is the most ids of a text, 0 if the folder does not say.
	Length int
	// Added holds the tokens that the folder gives ids to.
	Added map[int32]string
}

// modelFiles are the names of tokenizers, the SentencePiece models first.
var modelFiles = []string{"spiece.model", "tokenizer.model", "sentencepiece.bpe.model", "sentencepiece.model", "tokenizer.json"}

// readTokenizer reads how a folder makes ids. It returns nil if it has no tokenizer.
func readTokenizer(dir string) (*Tokenizer, error) {
	t := &Tokenizer{}
	for _, name := range modelFiles {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			t.File = path
			break
		}
	}
	if t.File == "" {
		return nil, nil
	}
	path := filepath.Join(dir, TokenizerFile)
	object, err := readObject(path, maxTokenizer)
	if err != nil {
		return nil, err
	}
	if err := t.read(path, object); err != nil {
		return nil, err
	}
	return t, nil
}

// noLength is the least model_max_length that means that there is none.
const noLength = 1 << 20

func (t *Tokenizer) read(path string, object map[string]json.RawMessage) (err error) {
	get := func(key string, into any) (given bool) {
		if err == nil {
			given, err = take(path, object, key, into)
		}
		return given
	}
	get("tokenizer_class", &t.Class)
	t.Class = strings.TrimSuffix(t.Class, "Fast")
	lower := true
	lowerGiven := get("do_lower_case", &lower)
	var length float64
	if get("model_max_length", &length) && length >= 1 && length < noLength {
		t.Length = int(length)
	}
	side := ""
	get("padding_side", &side)
	t.PadsLeft = side == "left"
	var eos, pad string
	eosGiven, padGiven := tokenText(get, "eos_token", &eos), tokenText(get, "pad_token", &pad)
	t.PadsWithEOS = padGiven && eosGiven && pad == eos
	switch t.Class {
	case "SiglipTokenizer":
		if lowerGiven && !lower {
			return fmt.Errorf("%s: do_lower_case is false: texts that keep upper case but lose punctuation are not supported", path)
		}
		t.Canonical, t.Ends = true, true
		t.PadsWithEOS = !padGiven || pad == eos || !eosGiven && pad == "</s>"
	case "Siglip2Tokenizer":
		t.Lower = true
	case "T5Tokenizer", "MT5Tokenizer":
		t.Ends = true
		t.Sentinels = 100
	default:
		t.Lower = lowerGiven && lower
	}
	get("add_eos_token", &t.Ends)
	if err != nil {
		return err
	}
	if err := t.readSentinels(get); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	t.Added, err = addedTokens(path, object)
	return err
}

// tokenText reads a special token, which is its text or an object that has it as content.
func tokenText(get func(string, any) bool, key string, into *string) bool {
	var raw json.RawMessage
	if !get(key, &raw) {
		return false
	}
	if json.Unmarshal(raw, into) == nil {
		return true
	}
	var token struct{ Content string }
	if json.Unmarshal(raw, &token) != nil {
		return false
	}
	*into = token.Content
	return true
}

// readSentinels counts the <extra_id_k> that a tokenizer adds.
func (t *Tokenizer) readSentinels(get func(string, any) bool) error {
	ids := -1
	if get("extra_ids", &ids) {
		if ids < 0 || ids > 1<<16 {
			return fmt.Errorf("extra_ids is %d, want 0 to %d", ids, 1<<16)
		}
		t.Sentinels = ids
	}
	for _, key := range []string{"additional_special_tokens", "extra_special_tokens"} {
		var raw json.RawMessage
		var tokens []any
		if !get(key, &raw) || json.Unmarshal(raw, &tokens) != nil {
			continue // an object: names of other tokens
		}
		count := 0
		for _, token := range tokens {
			if text, ok := token.(string); ok && strings.HasPrefix(text, "<extra_id_") {
				count++
			}
		}
		if count > 0 {
			t.Sentinels = count
		}
	}
	if strings.HasSuffix(t.File, ".json") {
		t.Sentinels = 0 // they are among its pieces
	}
	return nil
}

// addedTokens reads added_tokens_decoder: {"32099": {"content": "<extra_id_0>", ...}}.
func addedTokens(path string, object map[string]json.RawMessage) (map[int32]string, error) {
	var tokens map[string]struct {
		Content string `json:"content"`
	}
	if given, err := take(path, object, "added_tokens_decoder", &tokens); err != nil || !given {
		return nil, err
	}
	added := map[int32]string{}
	for id, token := range tokens {
		n, err := strconv.ParseInt(id, 10, 32)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("reading %s: added_tokens_decoder: %q is not an id", path, id)
		}
		added[int32(n)] = token.Content
	}
	return added, nil
}

// Regions returns how many <loc....> and <seg...> the tokenizer adds to the pieces of a
// SentencePiece model, counted from 0.
func (t *Tokenizer) Regions() (locations, segments int) {
	if strings.HasSuffix(t.File, ".json") {
		return 0, 0 // they are among its pieces
	}
	has := map[string]bool{}
	for _, token := range t.Added {
		has[token] = true
	}
	for has[fmt.Sprintf("<loc%04d>", locations)] {
		locations++
	}
	for has[fmt.Sprintf("<seg%03d>", segments)] {
		segments++
	}
	return locations, segments
}

// Adds reports whether a token is one that a processor adds for images and the like.
func (t *Tokenizer) Adds(token string) bool {
	for _, added := range t.Added {
		if added == token {
			return true
		}
	}
	return token == "<image>"
}
