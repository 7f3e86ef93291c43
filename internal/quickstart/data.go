package quickstart

import (
	"embed"
	"io/fs"
)

// archiveName and ModelName are the embedded files.
const (
	archiveName = "data/emoji.tar"
	ModelName   = "tokenizer.model"
)

// VocabularySize is the number of pieces of the tokenizer, as pipeline.yaml has it.
const VocabularySize = 4096

//go:embed data/emoji.tar data/tokenizer.model
var files embed.FS

// Models holds the tokenizer models that recipes name as "pali3:NAME": the one that every
// quickstart trains for itself, for recipes that are run alone.
func Models() fs.FS {
	sub, err := fs.Sub(files, "data")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// Archive returns the embedded WebDataset of pictures, names and questions.
func Archive() ([]byte, error) { return files.ReadFile(archiveName) }
