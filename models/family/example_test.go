package family_test

import (
	"fmt"

	"github.com/pali3/pali3/models"
	"github.com/pali3/pali3/models/family"
)

// What a model can do follows from the interfaces that it implements.
func Example() {
	for _, f := range models.Families() {
		m := f.New()
		_, sees := m.(family.Seer)
		_, embeds := m.(family.Embedder)
		_, writes := m.(family.Writer)
		fmt.Printf("%-7s sees %-5v embeds %-5v writes %v\n", f.Name, sees, embeds, writes)
	}
	// Output:
	// siglip  sees false embeds true  writes false
	// t5      sees false embeds false writes true
	// pali3   sees true  embeds false writes true
	// maskvae sees false embeds false writes false
}

func ExampleFamilies_Variant() {
	f, _, err := models.Families().Variant("siglip-So400m/14")
	fmt.Println(f.Name, err)
	_, _, err = models.Families().Variant("pali3-6b")
	fmt.Println(err)
	// Output:
	// siglip <nil>
	// unknown model "pali3-6b"; legal are siglip-B/16, siglip-L/16, siglip-So400m/14, siglip-G/14, ul2-3b, ul2-20b, t5-1.1-xl, mt5-xl, pali3-5b, maskvae-oid
}
