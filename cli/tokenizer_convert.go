package cli

import (
	"fmt"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/tokenize/sentencepiece"
	"github.com/pali3/pali3/tokenize/tokenizerjson"
)

// tokenizerImport converts a tokenizer.json to a .model, and reports for which texts Hugging Face's
// tokenizers gives other ids.
type tokenizerImport struct {
	File string `arg:"" help:"A tokenizer.json; added_tokens.json and special_tokens_map.json beside it are also read."`
	To   string `required:"" placeholder:"MODEL" help:"SentencePiece .model file to write."`
}

func (c tokenizerImport) Run(con *console) error {
	imported, err := tokenizerjson.Import(c.File)
	if err != nil {
		return err
	}
	if _, err := sentencepiece.New(imported.Proto); err != nil {
		return fmt.Errorf("the model that %s describes: %w", c.File, err)
	}
	if err := atomicfile.WriteBytes(c.To, imported.Proto.Marshal()); err != nil {
		return fmt.Errorf("writing %s: %w", c.To, err)
	}
	con.printf("%s: a %s model of %d pieces\n", c.To, imported.Proto.Trainer.Type, len(imported.Proto.Pieces))
	if len(imported.Notes) > 0 {
		con.println("The ids are those of Hugging Face's tokenizers except for")
	}
	for _, note := range imported.Notes {
		con.println("  - " + note)
	}
	return nil
}

// tokenizerExport converts a .model to a tokenizer.json.
type tokenizerExport struct {
	Model string `required:"" help:"SentencePiece .model file, unigram or BPE."`
	To    string `required:"" placeholder:"FILE" help:"The tokenizer.json to write."`
}

func (c tokenizerExport) Run(con *console) error {
	proto, err := sentencepiece.ReadProto(c.Model)
	if err != nil {
		return err
	}
	out, err := tokenizerjson.Export(proto)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Model, err)
	}
	if err := atomicfile.WriteBytes(c.To, out); err != nil {
		return fmt.Errorf("writing %s: %w", c.To, err)
	}
	con.printf("%s: %d pieces; read it with tokenizers' Tokenizer.from_file\n", c.To, len(proto.Pieces))
	return nil
}
