package sentencepiece_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/pali3/pali3/random"
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

// open returns a model that comes with the package's tests.
func open(name string) *sentencepiece.Model {
	model, err := sentencepiece.Open("testdata/" + name + ".model")
	if err != nil {
		log.Fatal(err)
	}
	return model
}

func ExampleModel_AppendIDs() {
	model := open("nmt_nfkc")
	ids := make([]int32, 0, 64) // reused for every line
	for _, line := range []string{"a face", "two faces"} {
		ids = model.AppendIDs(ids[:0], line)
		fmt.Println(len(ids), ids)
	}
	// Output:
	// 3 [259 260 730]
	// 6 [259 263 571 268 730 261]
}

func ExampleModel_EncodeBatch() {
	model := open("nmt_nfkc")
	for _, ids := range model.EncodeBatch([]string{"a face", "two faces"}, 2) {
		fmt.Println(ids)
	}
	// Output:
	// [259 260 730]
	// [259 263 571 268 730 261]
}

func ExampleModel_Spans() {
	for _, s := range open("plain").Spans("né 中") {
		fmt.Printf("%q bytes %d-%d runes %d-%d\n", s.Piece, s.Begin, s.End, s.BeginRune, s.EndRune)
	}
	// Output:
	// "n" bytes 0-1 runes 0-1
	// "é" bytes 1-3 runes 1-2
	// "▁" bytes 3-4 runes 2-3
	// "中" bytes 4-7 runes 3-4
}

func ExampleModel_Normalize() {
	model := open("nmt_nfkc")
	fmt.Println(model.Normalize("  ＡＢＣ  ½ "))
	// Output:
	// ▁ABC▁1⁄2
}

func ExampleModel_NBest() {
	best, err := open("nmt_nfkc").NBest("faces", 3)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range best {
		fmt.Printf("%.2f", s.Score)
		for _, token := range s.Tokens {
			fmt.Print(" ", token.Piece)
		}
		fmt.Println()
	}
	// Output:
	// -12.27 ▁face s
	// -20.74 ▁ fa ce s
	// -21.94 ▁ fa c es
}

func ExampleModel_Sample() {
	model, stream := open("nmt_nfkc"), random.New(7, 1) // seed, example
	for range 3 {
		ids, err := model.Sample("two faces", sentencepiece.Sampling{Alpha: 0.2}, stream)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(ids, model.Decode(ids))
	}
	// Output:
	// [259 263 571 268 730 261] two faces
	// [259 263 571 268 259 612 466 261] two faces
	// [259 263 571 268 730 261] two faces
}

func ExampleModel_Score() {
	model := open("nmt_nfkc")
	score, err := model.Score(model.Tokens("two faces"))
	if err != nil {
		log.Fatal(err)
	}
	entropy, err := model.Entropy("two faces", 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("log probability %.2f, entropy of all segmentations %.2f nats\n", score, entropy)
	// Output:
	// log probability -31.45, entropy of all segmentations 0.00 nats
}

func ExampleModel_Stream() {
	model := open("nmt_nfkc")
	stream := model.Stream()
	for _, id := range model.Encode("tea ☕!") {
		fmt.Printf("%q ", stream.Next(id)) // a character encoded as bytes comes with its last byte
	}
	fmt.Printf("%q\n", stream.Close())
	// Output:
	// "" "te" "a" " " "" "" "☕" "!" ""
}

func ExampleModel_Piece() {
	model := open("nmt_nfkc")
	id := model.PieceID("▁face")
	piece := model.Piece(id)
	fmt.Println(id, piece.Text, piece.Kind)
	fmt.Println(model.PieceID("no such piece") == model.UnknownID(), model.Len(), model.Type())
	// Output:
	// 730 ▁face normal
	// true 2500 unigram
}

func ExampleModel_Traits() {
	t := open("suffix").Traits()
	fmt.Println(t.Type, t.Normalization, t.WhitespaceAsSuffix, t.Kinds[sentencepiece.UserDefined])
	// Output:
	// unigram identity true 7
}

func ExampleStats() {
	model := open("nmt_nfkc")
	var stats sentencepiece.Stats
	for _, text := range strings.Split("two faces|a red face|☕", "|") {
		stats.Count(model, text)
	}
	fmt.Printf("%.2f ids a word, %.2f a byte, %.0f%% of the characters covered\n", stats.IDsPerWord(), stats.IDsPerByte(), 100*stats.Coverage())
	// Output:
	// 2.67 ids a word, 0.73 a byte, 96% of the characters covered
}

// Add pieces for locations in an image to a model, then use it; Marshal would save it.
func ExampleProto_AddSymbols() {
	proto, err := sentencepiece.ReadProto("testdata/plain.model")
	if err != nil {
		log.Fatal(err)
	}
	proto.AddSymbols("<loc0000>", "<loc0001>")
	model, err := sentencepiece.New(proto)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.Encode("face<loc0001>"))
	again, err := sentencepiece.Parse(proto.Marshal()) // what a .model file holds
	fmt.Println(again.Len(), err)
	// Output:
	// [468 4 1201]
	// 1202 <nil>
}
