// Package hubfolder reads and writes the JSON files that transformers' save_pretrained puts beside
// a model's weights: config.json, preprocessor_config.json or processor_config.json, and
// tokenizer_config.json. It knows no networks: it turns what the files say of images into ops of
// package augment and what they say of texts into plain values, and refuses what would come out
// differently.
package hubfolder

import (
	"encoding/json"
	jsonv2 "encoding/json/v2"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/internal/jsonerr"
)

// The files of a folder.
const (
	ConfigFile       = "config.json"
	PreprocessorFile = "preprocessor_config.json"
	ProcessorFile    = "processor_config.json"
	TokenizerFile    = "tokenizer_config.json"
)

// Folder is what the JSON files of a model folder say.
type Folder struct {
	Dir string
	// Config is the content of config.json and ModelType its model_type.
	Config    []byte
	ModelType string
	// Images is how images become pixels. Nil if the folder does not say.
	Images *Images
	// Tokenizer is where the tokenizer is and how it is used. Nil if there is none.
	Tokenizer *Tokenizer
}

// Is reports whether a folder holds a model as transformers writes it: it has a config.json.
func Is(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, ConfigFile))
	return err == nil && info.Mode().IsRegular()
}

// Open reads the JSON files of a folder.
func Open(dir string) (*Folder, error) {
	f := &Folder{Dir: dir}
	path := filepath.Join(dir, ConfigFile)
	var err error
	if f.Config, err = readFile(path, maxConfig); err != nil {
		return nil, err
	}
	var head struct {
		ModelType string `json:"model_type"`
	}
	if err := parse(path, f.Config, &head); err != nil {
		return nil, err
	}
	if head.ModelType == "" {
		return nil, fmt.Errorf("reading %s: it has no model_type, which says what the network is", path)
	}
	f.ModelType = head.ModelType
	if f.Images, err = readImages(dir); err != nil {
		return nil, err
	}
	f.Tokenizer, err = readTokenizer(dir)
	return f, err
}

const (
	maxConfig    = 1 << 20
	maxTokenizer = 64 << 20 // it lists all added tokens
)

// readFile reads a file of at most the given size.
func readFile(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if int64(len(content)) > most {
		return nil, fmt.Errorf("reading %s: it has more than %d bytes", path, most)
	}
	return content, nil
}

// parse decodes JSON. It refuses names that occur twice in an object.
func parse(path string, content []byte, into any) error {
	if err := jsonerr.Explain(jsonv2.Unmarshal(content, into)); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	return nil
}

// readObject reads a file as one JSON object. It returns nil if there is no such file.
func readObject(path string, most int64) (map[string]json.RawMessage, error) {
	content, err := readFile(path, most)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var object map[string]json.RawMessage
	if err := parse(path, content, &object); err != nil {
		return nil, err
	}
	if object == nil {
		return nil, fmt.Errorf("reading %s: it is not a JSON object", path)
	}
	return object, nil
}

// take decodes the value of a key, if there is one that is not null.
func take(path string, object map[string]json.RawMessage, key string, into any) (given bool, err error) {
	raw, has := object[key]
	if !has || string(raw) == "null" {
		return false, nil
	}
	if err := jsonerr.Explain(jsonv2.Unmarshal(raw, into)); err != nil {
		return false, fmt.Errorf("reading %s: %s: %w", path, key, err)
	}
	return true, nil
}
