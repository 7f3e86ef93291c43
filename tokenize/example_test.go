package tokenize_test

import (
	"fmt"
	"log"

	"github.com/pali3/pali3/tokenize"
)

func ExampleVocabulary_Sentinel() {
	v, err := tokenize.Open(tokenize.Config{Model: "sentencepiece/testdata/nmt_nfkc.model", Sentinels: 64, ModeTokens: true})
	if err != nil {
		log.Fatal(err)
	}
	first, _ := v.Sentinel(0) // <extra_id_0> has the last id
	_, err = v.Sentinel(64)
	fmt.Println(first, v.Size(), err)
	mode, _ := v.Mode("[S2S]")
	fmt.Println(mode, v.Decode([]int32{mode}))
	// Output:
	// 2566 2688 <extra_id_64> does not exist: the vocabulary has 64 sentinels
	// 2502 [S2S]
}

func ExampleVocabulary_DecodeToEOS() {
	v, err := tokenize.Open(tokenize.Config{Model: "sentencepiece/testdata/nmt_nfkc.model", Lower: true})
	if err != nil {
		log.Fatal(err)
	}
	generated := append(v.Encode("A Red Face"), tokenize.EOS)
	generated = v.AppendIDs(generated, "what a model says after the end")
	fmt.Println(v.DecodeToEOS(generated))
	// Output:
	// a red face
}

func ExamplePreset() {
	cfg, err := tokenize.Preset("gemma")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cfg.Locations, cfg.Segments, tokenize.Presets())
	// Output:
	// 1024 128 [c4_en gemma mc4 mt5 t5 ul2 umt5]
}

// Parses an answer to "detect cat ; dog". A part that is no region is counted, not guessed.
func ExampleParseRegions() {
	answer := "<loc0102><loc0000><loc0921><loc1023> cat ; <loc0300><loc0400> dog"
	found, invalid := tokenize.ParseRegions(answer)
	for _, region := range found {
		fmt.Printf("%s: %.2f\n", region.Label, region.Fractions())
	}
	for _, part := range invalid {
		fmt.Println("invalid:", part.Reason)
	}
	// Output:
	// cat: [0.10 0.00 0.90 1.00]
	// invalid: 2 <loc> pieces, want 4
}
