package pages_test

import (
	"fmt"
	"io"
	"os"

	"github.com/pali3/pali3/internal/parquet/pages"
)

// Columns are found in the footer, and the pages of each chunk read one after another.
func Example() {
	file, err := os.Open("../table/testdata/polars.parquet")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		fmt.Println(err)
		return
	}
	footer, err := pages.ReadFooter(file, info.Size())
	if err != nil {
		fmt.Println(err)
		return
	}
	var budget pages.Budget
	caption := &footer.Leaves[1]
	chunk, err := pages.NewReader(file, info.Size(), &footer.Groups[0].Chunks[1], &caption.Levels, &budget)
	for err == nil {
		var page *pages.Page
		if page, err = chunk.Next(); err == nil {
			fmt.Printf("%s: %d slots, %d of them nulls, the first value is %q\n", caption.Path, page.Len(), page.Nulls, page.Value(0).Text)
		}
	}
	fmt.Println(err == io.EOF)
	// Output:
	// caption: 100 slots, 14 of them nulls, the first value is "légende 0 "
	// true
}
