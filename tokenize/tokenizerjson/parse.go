package tokenizerjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/tokenize/internal/filekind"
)

// maxFile bounds what is read; the largest published files are some 35 MB long.
const maxFile = 1 << 28

// maxDepth is how deep sequences of steps may be nested.
const maxDepth = 16

func fields(names string) map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Fields(names) {
		set[name] = true
	}
	return set
}

// read returns the content of a tokenizer.json.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading tokenizer: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading tokenizer %s: %w", path, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("reading tokenizer %s: longer than %d bytes", path, maxFile)
	}
	return data, nil
}

// parse reads a tokenizer.json and, where it stands beside it, added_tokens.json and
// special_tokens_map.json.
func parse(data []byte, dir string) (*file, error) {
	f, err := parseFile(data)
	if err != nil {
		return nil, err
	}
	if dir == "" {
		return f, nil
	}
	if err := f.addTokens(filepath.Join(dir, "added_tokens.json")); err != nil {
		return nil, err
	}
	return f, f.markSpecial(filepath.Join(dir, "special_tokens_map.json"))
}

func parseFile(data []byte) (*file, error) {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(data, &top); err != nil {
		return nil, notJSON(data, err)
	}
	if isNull(top["model"]) {
		return nil, errors.New("not a tokenizer.json but another JSON file: it has no model")
	}
	f := &file{}
	f.check(top, fileFields, "the file")
	if err := into(top, "version", &f.Version); err != nil {
		return nil, err
	}
	if err := errors.Join(into(top, "truncation", &f.Truncation), into(top, "padding", &f.Padding)); err != nil {
		return nil, err
	}
	var tokens []map[string]json.RawMessage
	if err := into(top, "added_tokens", &tokens); err != nil {
		return nil, err
	}
	f.AddedTokens = make([]addedToken, len(tokens))
	for i, token := range tokens {
		f.check(token, tokenFields, fmt.Sprintf("added token %d", i))
		if err := f.AddedTokens[i].read(token); err != nil {
			return nil, fmt.Errorf("added token %d: %w", i, err)
		}
	}
	var err error
	if f.Normalizer, err = f.step(top["normalizer"], "normalizer", normalizerFields, 0); err != nil {
		return nil, err
	}
	if f.PreTokenizer, err = f.step(top["pre_tokenizer"], "pre-tokenizer", preTokenizerFields, 0); err != nil {
		return nil, err
	}
	if f.Decoder, err = f.step(top["decoder"], "decoder", decoderFields, 0); err != nil {
		return nil, err
	}
	if err := f.postProcessor(top["post_processor"], 0); err != nil {
		return nil, err
	}
	return f, f.readModel(top["model"])
}

// notJSON says what a file is that is no JSON object.
func notJSON(data []byte, err error) error {
	if what := filekind.Of(data); what != filekind.JSON && what != filekind.TokenizerJSON {
		return fmt.Errorf("not a tokenizer.json but %s", what)
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("not a tokenizer.json: broken JSON at byte %d: %w", syntax.Offset, err)
	}
	return errors.New("not a tokenizer.json: JSON, but no object")
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// into reads a field, which may be missing or null. Errors do not name Go's types.
func into(object map[string]json.RawMessage, name string, value any) error {
	if isNull(object[name]) {
		return nil
	}
	if err := json.Unmarshal(object[name], value); err != nil {
		return fmt.Errorf("the field %s is %s, which is not what it holds in a tokenizer.json", name, short(object[name]))
	}
	return nil
}

// short is the beginning of a value.
func short(raw json.RawMessage) string {
	if len(raw) > 60 {
		return strings.ToValidUTF8(string(raw[:57]), "") + "..."
	}
	return string(raw)
}

// check notes fields that are not known and not null.
func (f *file) check(object map[string]json.RawMessage, known map[string]bool, where string) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !known[name] && !isNull(object[name]) {
			f.unknown = append(f.unknown, fmt.Sprintf("%s has an unknown field %q: %s", where, name, short(object[name])))
		}
	}
}

func (t *addedToken) read(object map[string]json.RawMessage) error {
	t.ID = -1
	if err := errors.Join(into(object, "id", &t.ID), into(object, "content", &t.Content), into(object, "single_word", &t.SingleWord),
		into(object, "lstrip", &t.LStrip), into(object, "rstrip", &t.RStrip), into(object, "special", &t.Special)); err != nil {
		return err
	}
	if isNull(object["id"]) || isNull(object["content"]) {
		return errors.New("it has no id or no content")
	}
	t.Normalized = !t.Special // where the field is missing
	return into(object, "normalized", &t.Normalized)
}

// step reads a normalizer, pre-tokenizer or decoder.
func (f *file) step(raw json.RawMessage, what string, kinds map[string]map[string]bool, depth int) (*step, error) {
	if isNull(raw) {
		return nil, nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, fmt.Errorf("the %s is %s, want an object", what, short(raw))
	}
	s := &step{}
	if err := into(object, "type", &s.Type); err != nil {
		return nil, fmt.Errorf("the %s: %w", what, err)
	}
	known, ok := kinds[s.Type]
	switch {
	case depth > maxDepth:
		return nil, fmt.Errorf("the %s has sequences in each other, more than %d deep", what, maxDepth)
	case !ok:
		f.unknown = append(f.unknown, fmt.Sprintf("its %s has the unknown type %q", what, s.Type))
		return s, nil
	}
	f.check(object, known, fmt.Sprintf("its %s %s", what, s.Type))
	if s.Type != "Sequence" {
		if err := json.Unmarshal(raw, s); err != nil {
			return nil, fmt.Errorf("the %s %s has a field of another kind than in a tokenizer.json: %s", what, s.Type, short(raw))
		}
		return s, nil
	}
	for name, steps := range map[string]*[]step{"normalizers": &s.Normalizers, "pretokenizers": &s.PreTokenizers, "decoders": &s.Decoders} {
		if !known[name] {
			continue
		}
		var each []json.RawMessage
		if err := into(object, name, &each); err != nil {
			return nil, fmt.Errorf("the %s: %w", what, err)
		}
		for _, raw := range each {
			inner, err := f.step(raw, what, kinds, depth+1)
			if err != nil {
				return nil, err
			}
			if inner != nil {
				*steps = append(*steps, *inner)
			}
		}
	}
	return s, nil
}

// postProcessor checks that a post-processor is of a known type: they add special tokens, which is
// not done here.
func (f *file) postProcessor(raw json.RawMessage, depth int) error {
	if isNull(raw) {
		return nil
	}
	var object struct {
		Type       string            `json:"type"`
		Processors []json.RawMessage `json:"processors"`
	}
	if err := json.Unmarshal(raw, &object); err != nil || depth > maxDepth {
		return fmt.Errorf("the post_processor is %s, want an object with a type", short(raw))
	}
	if !postProcessors[object.Type] {
		f.unknown = append(f.unknown, fmt.Sprintf("its post_processor has the unknown type %q", object.Type))
	}
	for _, each := range object.Processors {
		if err := f.postProcessor(each, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (f *file) readModel(raw json.RawMessage) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil {
		return fmt.Errorf("the model is %s, want an object", short(raw))
	}
	if err := into(object, "type", &f.Model.Type); err != nil {
		return fmt.Errorf("the model: %w", err)
	}
	if f.Model.Type == "" {
		f.Model.Type = untypedModel(object)
	}
	known, ok := modelFields[f.Model.Type]
	switch {
	case f.Model.Type == "" && isNull(object["vocab"]):
		return errors.New("not a tokenizer.json: its model has neither a type nor a vocab")
	case !ok:
		f.unknown = append(f.unknown, fmt.Sprintf("its model has the unknown type %q", f.Model.Type))
		return nil
	case isNull(object["vocab"]):
		return fmt.Errorf("the model %s has no vocab", f.Model.Type)
	}
	f.check(object, known, "its model "+f.Model.Type)
	m := &f.Model
	m.Vocab, m.Merges = object["vocab"], object["merges"]
	for name, value := range map[string]any{
		"unk_id": &m.UnkID, "unk_token": &m.UnkToken, "byte_fallback": &m.ByteFallback, "fuse_unk": &m.FuseUnk, "ignore_merges": &m.IgnoreMerges,
		"dropout": &m.Dropout, "continuing_subword_prefix": &m.Prefix, "end_of_word_suffix": &m.Suffix, "max_input_chars_per_word": &m.MaxChars,
	} {
		if err := into(object, name, value); err != nil {
			return fmt.Errorf("the model %s: %w", m.Type, err)
		}
	}
	return nil
}

// untypedModel tells the type of a model that does not name it, as files of 2020 do, by its fields
// as tokenizers does.
func untypedModel(object map[string]json.RawMessage) string {
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return isNull(object[name]) })
	}
	switch {
	case has("vocab", "merges"):
		return "BPE"
	case has("vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word"):
		return "WordPiece"
	case has("vocab", "unk_token"):
		return "WordLevel"
	case bytes.HasPrefix(bytes.TrimSpace(object["vocab"]), []byte("[")):
		return "Unigram"
	}
	return ""
}

// limits returns why a file as such cannot be run: what is not known, and what cuts or fills up
// ids.
func (f *file) limits() error {
	switch {
	case len(f.unknown) > 0:
		return errors.New(strings.Join(f.unknown, "; "))
	case f.Version != "" && f.Version != "1.0":
		return fmt.Errorf("its version is %q, want 1.0", f.Version)
	case f.Truncation != nil:
		return fmt.Errorf("it truncates texts (truncation: %s)", asJSON(f.Truncation))
	case f.Padding != nil:
		return fmt.Errorf("it pads texts (padding: %s)", asJSON(f.Padding))
	}
	return nil
}

func asJSON(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	return short(data)
}
