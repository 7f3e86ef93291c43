// Command rows trains and evaluates on a table that is no dataset of pali3: a CSV file of image
// paths, captions and splits, read where it lies. It prints a batch of a recipe, or trains a small
// model on the split train and scores its captions of the split val:
//
//	rows TABLE.csv
//	rows TABLE.csv RUN
//
// The same registry lets stages.ReadRecipe read recipes with such data. In the field Rows of a
// cli.Program it lets all commands of pali3 train and evaluate on tables: `eval --data csv://...`.
package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// table has an image, relative to its folder, a caption and a split in each row.
type table struct {
	folder string
	rows   [][]string
}

func (t table) Len() int { return len(t.rows) }

func (t table) Row(i int) (shards.Sample, error) {
	image, err := os.ReadFile(filepath.Join(t.folder, t.rows[i][0]))
	return shards.Sample{
		Key: t.rows[i][0], Split: t.rows[i][2], Images: []shards.Image{{Bytes: image}},
		Texts: []shards.Text{{Kind: shards.Caption, Language: "en", Value: t.rows[i][1]}},
	}, err
}

func openTable(_ context.Context, name string) (mixture.Rows, error) {
	file, err := os.Open(strings.TrimPrefix(name, "csv://"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.FieldsPerRecord = 3
	rows, err := reader.ReadAll()
	return table{filepath.Dir(file.Name()), rows}, err
}

// registry holds what is built in and our own rows.
func registry() *mixture.Registry {
	r := mixture.Builtin()
	r.Rows = map[string]mixture.OpenRows{"csv": openTable}
	return r
}

const recipe = `
tokenizer: {model: "pali3:tokenizer.model", sentinels: 64}
images: {ops: "decode|resize(16)|value_range(-1,1)"}
lengths: {encoder: 32, decoder: 32}
batch: 4
tasks:
- {name: caption, kind: caption, weight: 1}
`

func main() {
	var err error
	switch len(os.Args) {
	case 2:
		err = run(context.Background(), os.Stdout, os.Args[1])
	case 3:
		err = trainAndScore(context.Background(), os.Stdout, os.Args[1], os.Args[2])
	default:
		err = errors.New("usage: rows TABLE.csv [RUN]")
	}
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, path string) error {
	r, err := mixture.ParseRecipe([]byte(recipe), "recipe", registry(), fmt.Sprintf("data=%q", "csv://"+path))
	if err != nil {
		return err
	}
	stream, err := mixture.Open(r, mixture.Options{})
	if err != nil {
		return err
	}
	defer stream.Close()
	batch, err := stream.Batch(ctx, 0)
	if err != nil {
		return err
	}
	for _, e := range stream.Describe(batch) {
		fmt.Fprintf(out, "%s: %s\n", e.Key, e.Target)
	}
	return nil
}
