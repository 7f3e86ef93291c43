package metrics_test

import (
	"fmt"

	"github.com/pali3/pali3/evalsuite/metrics"
)

func ExampleANLS() {
	answers := []string{"ITC Limited", "itc ltd"}
	fmt.Printf("%.3f %.3f %.3f\n",
		metrics.ANLS("itc  limited", answers), metrics.ANLS("ITC Limitd", answers), metrics.ANLS("Unilever", answers))
	// Output: 1.000 0.909 0.000
}

func ExampleRelaxedMatch() {
	fmt.Println(metrics.RelaxedMatch("104", "100"), metrics.RelaxedMatch("27%", "0.27"), metrics.RelaxedMatch("27%", "27"))
	// Output: true true false
}

func ExampleSoftAccuracy() {
	answers := []string{"coke", "coke", "coca cola", "soda"}
	fmt.Printf("%.3f %.3f\n", metrics.SoftAccuracy("coke", answers), metrics.SoftAccuracy("Coke", answers))
	// Output: 0.667 0.000
}

func ExampleTokenF1() {
	fmt.Printf("%.3f\n", metrics.TokenF1("on the red table", []string{"a red table", "the table"}))
	// Output: 0.800
}

func ExampleMMMUChoice() {
	choices := []string{"red", "blue", "green", "white"}
	for _, response := range []string{"(B)", "The answer is C.", "It is hard to say."} {
		if e := metrics.MMMUChoice(response, choices); e.Parsed {
			fmt.Println(e.Answer)
		} else {
			fmt.Println("not parsed:", e.Reason)
		}
	}
	// Output:
	// B
	// C
	// not parsed: names no choice
}

func ExamplePOPEYesNo() {
	for _, response := range []string{"No, there is not.", "Yes.", "A dog on a sofa."} {
		e := metrics.POPEYesNo(response)
		fmt.Println(e.Answer, e.Assumed)
	}
	// Output:
	// no false
	// yes false
	// yes true
}

func ExampleMME() {
	scores, _ := metrics.MME([]metrics.MMEAnswer{
		{Category: "color", Image: "1.jpg", Right: true}, {Category: "color", Image: "1.jpg", Right: true},
		{Category: "color", Image: "2.jpg", Right: true}, {Category: "color", Image: "2.jpg", Right: false},
	})
	fmt.Println(scores["color"].Score())
	// Output: 125
}

func ExampleNormalizeLenient() {
	for _, text := range []string{"977,633", "27 percent", "The Dog."} {
		fmt.Println(metrics.NormalizeLenient(text))
	}
	// Output:
	// 977633
	// 27%
	// dog
}

func ExampleCountCHRFPlus() {
	var corpus metrics.CHRFCounts
	corpus.Add(metrics.CountCHRFPlus("The cat is on the mat.", []string{"The cat sat on the mat."}))
	corpus.Add(metrics.CountCHRFPlus("A dog runs.", []string{"A dog is running.", "A dog runs."}))
	fmt.Printf("%.4f\n", corpus.Score())
	// Output: 0.7689
}

func ExampleCountWordErrors() {
	errors := metrics.CountWordErrors("the cat sat", "the cat sat down")
	fmt.Println(errors.Rate())
	// Output: 0.25
}
