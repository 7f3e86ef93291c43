package metrics

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

func TestTopClasses_PutsLowerNumbersFirst(t *testing.T) {
	top, err := TopClasses([]float32{1, 3, 2, 3, 0, -1, 2}, 5)
	if err != nil || !slices.Equal(top, []int{1, 3, 2, 6, 0}) {
		t.Errorf("%v, %v", top, err)
	}
	if top, err = TopClasses([]float32{1, 2}, 5); err != nil || !slices.Equal(top, []int{1, 0}) {
		t.Errorf("%v, %v", top, err)
	}
	if _, err := TopClasses([]float32{1, float32(math.NaN())}, 1); err == nil {
		t.Error("a NaN is ranked")
	}
}

func ExampleTopHit() {
	top, _ := TopClasses([]float32{0.1, 0.7, 0.2}, 2)
	fmt.Println(top, TopHit(top, []int{2}, 1), TopHit(top, []int{0, 2}, 2))
	// Output: [1 2] 0 1
}

func TestMeanPerClass_WeighsClassesEqually(t *testing.T) {
	if got, err := MeanPerClass([]int{4, 4, 4, 1}, []float64{1, 1, 0, 0}); err != nil || math.Abs(got-1./3) > 1e-15 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := MeanPerClass([]int{1}, nil); err == nil {
		t.Error("one class for no value is averaged")
	}
}
