package tokenizerjson_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/tokenize/sentencepiece"
	"github.com/pali3/pali3/tokenize/tokenizerjson"
)

// A model goes to tokenizer.json, for Python's tokenizers, and comes back as it was.
func Example() {
	proto, err := sentencepiece.ReadProto("../sentencepiece/testdata/nmt_nfkc.model")
	if err != nil {
		log.Fatal(err)
	}
	data, err := tokenizerjson.Export(proto)
	if err != nil {
		log.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "tokenizerjson")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "tokenizer.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		log.Fatal(err)
	}
	tokenizer, err := tokenizerjson.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	ids := tokenizer.AppendIDs(nil, "two faces")
	fmt.Println(ids, tokenizer.Decode(ids))
	imported, err := tokenizerjson.Import(path) // the SentencePiece model itself
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(imported.Proto.Pieces), imported.Notes)
	// Output:
	// [259 263 571 268 730 261] two faces
	// 2500 [this file is an export of a SentencePiece model and gives that model's ids; docs/tokenizer.md says where tokenizers reads the file differently]
}
