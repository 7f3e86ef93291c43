package quickstart

import "embed"

// VocabularySize is the number of pieces of the tokenizer, as pipeline.yaml has it.
const VocabularySize = 4096

//go:embed data/emoji.tar
var files embed.FS

// Archive returns the embedded WebDataset of pictures, names and questions.
func Archive() ([]byte, error) { return files.ReadFile("data/emoji.tar") }
