package mapping_test

import (
	"fmt"

	"github.com/pali3/pali3/shards/format/mapping"
)

// Maps a row of a table: one column is named, the others are found by their common names.
func Example() {
	gif := []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;")
	rows := []map[string]any{
		{"id": int64(7), "image": gif, "title_de": "Eine Katze", "width": int64(1), "latents": []byte{1, 2, 0xff}},
	}
	m := mapping.Mapping{Text: []string{"title_de"}, Language: "de"}
	plan, err := m.For(mapping.ColumnsOf(rows, false))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plan.Describe())
	for i, row := range rows {
		record := plan.Record(row, fmt.Sprint(i))
		if record.Err != nil {
			fmt.Println(record.Err)
			continue
		}
		s := record.Sample
		fmt.Printf("key %s: %d image, %q in %s, metadata %v\n", s.Key, len(s.Images), s.Texts[0].Value, s.Texts[0].Language, s.Metadata)
		for _, l := range record.LeftOut {
			fmt.Printf("left out: %s %s\n", l.Reason, l.Name)
		}
	}
	// Output:
	// image column image; text column title_de; key column id; kept as metadata: width; left out: latents, which hold neither images nor text
	// key 7: 1 image, "Eine Katze" in de, metadata map[width:1]
	// left out: column latents
}
