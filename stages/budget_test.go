package stages

import (
	"testing"

	"github.com/pali3/pali3/models"
)

// TestBudgets_OfPaLI3 pins figures that follow from the published shapes.
func TestBudgets_OfPaLI3(t *testing.T) {
	_, m, err := models.Families().Variant("pali3-5b")
	if err != nil {
		t.Fatal(err)
	}
	budgets, err := Budgets(m, BudgetOptions{Backend: openBackend(t), Sides: []int{224, 812, 800}})
	if err != nil {
		t.Fatal(err)
	}
	if len(budgets) != 6 { // 800 is not a multiple of 14
		t.Fatalf("%d budgets, want 3 uses at 2 sizes", len(budgets))
	}
	inference, whole, frozen := budgets[0], budgets[1], budgets[2]
	const parameters, vision = 5_588_801_920, 1_842_772_352
	if inference.Weights != 4*parameters || whole.Gradients != 8*parameters || frozen.Gradients != 8*(parameters-vision) {
		t.Errorf("weights %d, gradients %d and %d", inference.Weights, whole.Gradients, frozen.Gradients)
	}
	if whole.FLOPs != 3*inference.FLOPs || frozen.FLOPs <= inference.FLOPs || frozen.FLOPs >= whole.FLOPs {
		t.Errorf("operations %d, %d and %d", inference.FLOPs, whole.FLOPs, frozen.FLOPs)
	}
	if large := budgets[4]; large.Height != 812 || large.Tokens != 3364+64 || large.Activations <= whole.Activations {
		t.Errorf("at 812 pixels: %+v", large)
	}
	if small, big := whole.Fits[0], whole.Fits[len(whole.Fits)-1]; small.Batch != 0 || big.Batch < 1 {
		t.Errorf("fits %+v", whole.Fits)
	}
}

func TestBudgets_OfModelsWithoutImages(t *testing.T) {
	_, m, err := models.Families().Variant("ul2-3b")
	if err != nil {
		t.Fatal(err)
	}
	budgets, err := Budgets(m, BudgetOptions{Backend: openBackend(t), Optimizer: "adamw"})
	if err != nil {
		t.Fatal(err)
	}
	if len(budgets) != 2 || budgets[1].Optimizer != 4*budgets[1].Weights {
		t.Errorf("budgets %+v, want two moments, before and after a step", budgets)
	}
}
