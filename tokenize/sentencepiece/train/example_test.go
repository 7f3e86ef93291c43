package train_test

import (
	"context"
	"fmt"
	"log"
	"slices"
	"strings"

	"github.com/pali3/pali3/tokenize/sentencepiece"
	"github.com/pali3/pali3/tokenize/sentencepiece/train"
)

var captions = []string{
	"a cat on a mat", "a cat and a dog", "two cats and two dogs", "a dog on a log", "dogs chase cats",
	"the cat sat on the mat", "the dog sat on the log", "cats and dogs sat together",
}

func ExampleTrain() {
	o := train.Defaults()
	o.Type, o.VocabSize, o.CharacterCoverage = train.BPE, 40, 1
	o.PadID, o.EosID, o.UnkID, o.BosID = 0, 1, 2, -1 // T5's order
	trained, err := train.Train(context.Background(), train.Texts(slices.Values(captions)), o)
	if err != nil {
		log.Fatal(err)
	}
	model, err := sentencepiece.Parse(trained.Bytes())
	if err != nil {
		log.Fatal(err)
	}
	var pieces []string
	for _, token := range model.Tokens("the dogs and the cat") {
		pieces = append(pieces, token.Piece)
	}
	fmt.Println(strings.Join(pieces, " "))
	fmt.Println(model.Decode(model.Encode("the dogs and the cat")))
	// Output:
	// ▁the ▁dogs ▁and ▁the ▁cat
	// the dogs and the cat
}

func ExampleModel_WriteVocab() {
	o := train.Defaults()
	o.Type, o.VocabSize = train.Word, 6
	trained, err := train.Train(context.Background(), train.Texts(slices.Values(captions)), o)
	if err != nil {
		log.Fatal(err)
	}
	var vocab strings.Builder
	if err := trained.WriteVocab(&vocab); err != nil {
		log.Fatal(err)
	}
	fmt.Print(vocab.String())
	// Output:
	// <unk>	0
	// <s>	0
	// </s>	0
	// ▁a	-1.89712
	// ▁on	-2.30259
	// ▁the	-2.30259
}
