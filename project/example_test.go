package project_test

import (
	"context"
	"fmt"
	"log"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/project"
)

// Example takes a folder of captioned images to a scored model.
func Example() {
	ctx := context.Background()
	be, err := backend.Open("")
	if err != nil {
		log.Fatal(err)
	}
	plan, err := project.Start(ctx, "holiday-photos", "mine", project.StartOptions{Backend: be, Minutes: 20, Language: "en"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(plan.Why)
	summary, err := project.Run(ctx, "mine", project.RunOptions{Backend: be})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(summary.Scores["test"]["caption_cider"].Model)
}
