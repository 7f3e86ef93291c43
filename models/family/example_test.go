package family_test

import (
	"fmt"
	"strings"

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
		fmt.Printf("%-9s sees %-5v embeds %-5v writes %v\n", f.Name, sees, embeds, writes)
	}
	// Output:
	// siglip    sees false embeds true  writes false
	// t5        sees false embeds false writes true
	// pali3     sees true  embeds false writes true
	// paligemma sees true  embeds false writes true
	// t5gemma2  sees true  embeds false writes true
	// maskvae   sees false embeds false writes false
}

func ExampleFamilies_Variant() {
	f, _, err := models.Families().Variant("siglip-So400m/14")
	fmt.Println(f.Name, err)
	_, _, err = models.Families().Variant("pali3-6b")
	beginning, _, _ := strings.Cut(err.Error(), ",")
	fmt.Println(beginning, "...")
	// Output:
	// siglip <nil>
	// unknown model "pali3-6b"; legal are siglip-B/16 ...
}
