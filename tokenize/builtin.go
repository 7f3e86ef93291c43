package tokenize

import (
	"embed"
	"io/fs"
)

//go:embed builtin/tokenizer.model
var builtin embed.FS

// Builtin returns the tokenizer models that come with pali3. A recipe names them as "pali3:NAME";
// there is one, tokenizer.model, which is trained on the texts of the quickstart.
func Builtin() fs.FS {
	models, err := fs.Sub(builtin, "builtin")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return models
}
