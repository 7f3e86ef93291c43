package compare_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/evalsuite/compare"
)

// Two models answered a question about each of 40 images. B may lose one point at most.
func ExampleCompare() {
	var a, b []compare.Item
	for i := range 40 {
		item := func(right bool) compare.Item {
			value := 0.0
			if right {
				value = 1
			}
			return compare.Item{Task: "vqa", ID: fmt.Sprint(i), Values: map[string]float64{"vqa_accuracy": value}}
		}
		a, b = append(a, item(i%2 == 0)), append(b, item(i%4 != 1))
	}

	r, err := compare.Compare("small", a, "large", b, compare.Options{Margin: 0.01})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := r.Metrics[0]
	fmt.Printf("%s %+.2f, p = %.4f by %s: %s\n", m.Name, m.Difference.Value, m.Difference.P, m.Difference.Test, r.Verdict)
	// Output: vqa_accuracy +0.25, p = 0.0020 by mcnemar: GO
}

// Two files of scored items, as eval writes them.
func ExampleRead() {
	dir, err := os.MkdirTemp("", "scored")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	read := func(name, text string) []compare.Item {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			fmt.Println(err)
		}
		items, err := compare.Read(path)
		if err != nil {
			fmt.Println(err)
		}
		return items
	}
	a := read("a.jsonl", `{"id":"1","prediction":"cat","values":{"accuracy":1}}
{"id":"2","prediction":"dog","values":{"accuracy":0}}`)
	b := read("b.jsonl", `{"id":"1","prediction":"cat","values":{"accuracy":1}}
{"id":"2","prediction":"owl","values":{"accuracy":1}}`)

	r, err := compare.Compare("a", a, "b", b, compare.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%+.1f on %d items; %s\n", r.Metrics[0].Difference.Value, r.Metrics[0].Difference.N, r.Metrics[0].Better.Items[0].B)
	// Output: +0.5 on 2 items; owl
}
