// Command segmentation teaches a small PaLI-3 to find the boxes and masks of drawn shapes, and asks
// it about images that it has not seen:
//
//	segmentation FOLDER
//
// The steps are commands of pali3, which work in the same way on a dataset with boxes and masks of
// your own, such as COCO or RefCOCO after pali3 ingest benchmark:
//
//	masks crop      each mask, cut to its box, becomes an image
//	train           a mask VQ-VAE on those images
//	masks encode    16 codes for each mask, into the dataset
//	train           a PaLI-3 on the tasks detect and segment
//	detect, segment boxes and masks of held-out images, drawn onto them
//
// An interrupted run resumes.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/cli"
	"github.com/pali3/pali3/shards"
)

//go:embed masks.yaml
var masksRecipe []byte

//go:embed shapes.yaml
var shapesRecipe []byte

// study is a run of all steps.
type study struct {
	dir     string // an existing folder
	scenes  scenes
	samples int
	// set are values of the recipes, as for --set.
	setMasks, setShapes []string
	log                 io.Writer
}

// large is several objects of five outlines at many places.
func large(dir string) study {
	return study{
		dir: dir, log: os.Stderr, samples: 8000,
		scenes:   scenes{side: 64, objects: 2, outlines: len(outlines), least: 16, most: 32, grid: 2, heldOut: 40},
		setMasks: []string{"steps=800"},
		setShapes: []string{
			"steps=3000", "lengths.encoder=28", "lengths.decoder=52", "images.ops=decode|resize(64)|value_range(-1,1)",
			"model.image.patch=8", "model.image.depth=2", "model.language.decoder_layers=2",
		},
	}
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: segmentation FOLDER")
	}
	if err := os.MkdirAll(os.Args[1], 0o777); err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s := large(os.Args[1])
	found, err := s.run(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found)
	if err := s.draw(ctx, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run runs all steps and scores the model on the held-out images.
func (s study) run(ctx context.Context) (scores, error) {
	if err := s.begin(); err != nil {
		return scores{}, err
	}
	steps := [][]string{
		{"tokenizer", "train", "--input", s.path("labels.txt"), "--preset", "pali", "--vocab-size", "320", "--soft-vocab-limit", "--out", s.path("labels")},
		{"masks", "crop", s.path("data"), "--to", s.path("masks")},
		s.train("masks.yaml", "vae", s.setMasks),
		{"masks", "encode", s.path("data"), "--masks", s.path("vae"), "--to", s.path("coded")},
		s.train("shapes.yaml", "model", s.setShapes),
	}
	made := []string{"labels.model", "masks", "vae/weights.safetensors", "coded", "model/weights.safetensors"}
	for i, step := range steps {
		if _, err := os.Stat(s.path(made[i])); err == nil {
			continue
		}
		if _, err := s.pali3(ctx, step...); err != nil {
			return scores{}, err
		}
	}
	return s.score(ctx)
}

// begin writes the dataset and the recipes.
func (s study) begin() error {
	if _, err := os.Stat(s.path("data")); err == nil {
		return nil
	}
	var labels bytes.Buffer
	for _, colour := range colours {
		for _, outline := range outlines {
			fmt.Fprintf(&labels, "detect %s %s ; segment %[1]s %s mask\n", colour.name, outline.name)
		}
	}
	_, err := shards.Write(s.path("data"), s.scenes.samples(s.samples, 1))
	return errors.Join(err,
		os.WriteFile(s.path("labels.txt"), labels.Bytes(), 0o666),
		os.WriteFile(s.path("masks.yaml"), masksRecipe, 0o666),
		os.WriteFile(s.path("shapes.yaml"), shapesRecipe, 0o666))
}

func (s study) path(name string) string { return filepath.Join(s.dir, name) }

// train returns the command that trains by a recipe.
func (s study) train(recipe, out string, set []string) []string {
	args := []string{"train", "--recipe", s.path(recipe), "--out", s.path(out)}
	for _, value := range set {
		args = append(args, "--set", value)
	}
	return args
}

// pali3 runs a command and returns what it prints.
func (s study) pali3(ctx context.Context, args ...string) ([]byte, error) {
	var out bytes.Buffer
	if status := cli.Default().Run(ctx, args, nil, &out, s.log); status != 0 {
		return nil, fmt.Errorf("pali3 %q ended with status %d", args, status)
	}
	return out.Bytes(), nil
}

// draw asks for the boxes of what a held-out image shows, and for the mask of one object, prints
// the answers and draws them into the folder drawn.
func (s study) draw(ctx context.Context, out io.Writer) error {
	d, err := shards.Open(s.path("data"))
	if err != nil {
		return err
	}
	defer d.Close()
	sample, err := d.Row(0) // which is held out
	if err != nil {
		return err
	}
	var labels []string
	for _, b := range sample.Boxes {
		labels = append(labels, b.Label)
	}
	file := s.path(sample.Key + ".png")
	if err := os.WriteFile(file, sample.Images[0].Bytes, 0o666); err != nil {
		return err
	}
	for _, ask := range [][]string{
		{"detect", file, "--labels", strings.Join(labels, ","), "--model", s.path("model"), "--out", s.path("drawn/boxes"), "--json"},
		{"segment", file, labels[0], "--model", s.path("model"), "--masks", s.path("vae"), "--out", s.path("drawn/masks"), "--json"},
	} {
		answer, err := s.pali3(ctx, ask...)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s", answer)
	}
	return nil
}
