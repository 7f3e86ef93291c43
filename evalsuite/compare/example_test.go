package compare_test

import (
	"fmt"

	"github.com/pali3/pali3/evalsuite/compare"
)

// Two models answered the same questions. B may lose one point at most.
func ExampleCompare() {
	item := func(id, image string, right float64) compare.Item {
		return compare.Item{Task: "vqa", ID: id, Cluster: image, Values: map[string]float64{"vqa_accuracy": right}}
	}
	a := []compare.Item{item("1", "owl.png", 1), item("2", "owl.png", 0), item("3", "cat.png", 0.3)}
	b := []compare.Item{item("1", "owl.png", 1), item("2", "owl.png", 1), item("3", "cat.png", 0.6)}

	r, err := compare.Compare("small", a, "large", b, compare.Options{Margin: 0.01})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := r.Metrics[0]
	fmt.Printf("%s %+.3f on %d questions: %s\n", m.Name, m.Difference.Value, m.Difference.N, r.Verdict)
	// Output: vqa_accuracy +0.433 on 3 questions: GO
}
