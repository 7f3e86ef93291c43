// Command owndata trains and scores a model on images that a program makes: it writes a dataset
// from an iterator, starts a project on it, runs it, changes a value and runs it again.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/project"
	"github.com/pali3/pali3/shards"
)

func main() {
	if err := run(context.Background(), "owndata-run", 200, 3); err != nil {
		log.Fatal(err)
	}
}

// run makes n samples and a project that may take the given minutes.
func run(ctx context.Context, dir string, n int, minutes float64) error {
	_, writing := shards.Write(dir+"/blocks", blocks(n)) // an iterator, see blocks.go
	be, opening := backend.Open("")
	if err := errors.Join(writing, opening); err != nil {
		return err
	}
	plan, err := project.Start(ctx, dir+"/blocks", dir+"/mine", project.StartOptions{Backend: be, Minutes: minutes})
	if err != nil {
		return err
	}
	fmt.Println(strings.Join(plan.Why, "\n"))
	for _, rate := range []string{"0.03", "0.02"} { // of the transfer
		if err := setRate(dir+"/mine/recipes/caption.yaml", rate); err != nil {
			return err
		}
		summary, err := project.Run(ctx, dir+"/mine", project.RunOptions{Backend: be})
		if err != nil {
			return err
		}
		fmt.Printf("learning rate %s: %v of the captions are right\n", rate, summary.Scores["test"]["caption_exact"].Model.Value)
	}
	return nil
}

func setRate(path, rate string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strings.Replace(string(text), "learning_rate: 0.03", "learning_rate: "+rate, 1)), 0o644)
}
