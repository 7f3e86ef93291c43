package sentencepiece_test

import (
	"fmt"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

func Example() {
	model, err := sentencepiece.Open("testdata/nmt_nfkc.model")
	if err != nil {
		fmt.Println(err)
		return
	}
	ids := model.Encode("two cats ½")
	fmt.Println(ids)
	fmt.Println(model.Decode(ids))
	// Output:
	// [259 263 571 268 665 263 261 259 2466 229 132 135 1150]
	// two cats 1⁄2
}

func ExampleModel_Tokens() {
	model, err := sentencepiece.Open("testdata/nmt_nfkc.model")
	if err != nil {
		fmt.Println(err)
		return
	}
	text := " Café ☕"
	for _, token := range model.Tokens(text) {
		fmt.Printf("%d %q %q\n", token.ID, token.Piece, text[token.Begin:token.End])
	}
	// Output:
	// 259 "▁" ""
	// 1557 "C" "C"
	// 260 "a" "a"
	// 327 "f" "f"
	// 350 "é" "é"
	// 259 "▁" " "
	// 229 "<0xE2>" ""
	// 155 "<0x98>" ""
	// 152 "<0x95>" "☕"
}
