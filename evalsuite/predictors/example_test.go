package predictors_test

import (
	"context"
	"fmt"
	"log"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/predictors"
)

// The program sed answers each question with the question.
func ExampleCommand() {
	model, err := predictors.ParseCommand(`sed -u s/prompt/answer/`)
	if err != nil {
		log.Fatal(err)
	}
	answers, err := model.Predict(context.Background(), []evalsuite.Query{
		{ID: "1", Prompt: "Is it a cat?"},
		{ID: "2", Prompt: "Is it a dog?"},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answers[0])
	fmt.Println(answers[1])
	// Output:
	// Is it a cat?
	// Is it a dog?
}
