// Command build makes the quickstart's data: an archive of real images with names in fourteen
// languages and questions about them, small enough to learn from on a CPU and structured enough to
// hold out whole combinations.
//
// The images are Noto emoji and the names those of Unicode CLDR, both read from npm packages:
//
//	make data
//
// packs them into build/npm, checks their checksums and rebuilds internal/quickstart/data and the
// built-in tokenizer (tokenize/builtin) byte for byte: every choice comes from a counter-based
// generator with one fixed seed, and nothing depends on the time or the machine. The files in the
// order of the work:
//
//   - packages.go: the npm archives, verified
//   - emoji.go: what an emoji is, read from its code points: role, gender, skin tone
//   - names.go: its names in each language
//   - select.go, objects.go: the images chosen, of each family
//   - doubles.go: images with several names, for curation to remove
//   - split.go: train, held_out and held_out_combinations
//   - sheets.go, palette.go: 2 to 4 images on one canvas
//   - templates.go: questions in words
//   - questions.go, pairs.go, sheetquestions.go: which questions are asked of what
//   - archive.go: the records as a WebDataset
//   - readme.go, guess.go: the counts and baselines that the data's README states
package main

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/quickstart"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// seed is the key of every random choice; another seed gives another, equally good archive.
const seed = 2310_09199

func main() {
	packages := flag.String("packages", "build/npm", "folder of the npm archives")
	out := flag.String("out", "internal/quickstart/data", "folder to write emoji.tar.zst, README.md and LICENCES.txt to")
	tokenizer := flag.String("tokenizer", "tokenize/builtin/tokenizer.model", "file to write the tokenizer to")
	list := flag.Bool("list", false, "only list the npm packages to pack")
	tar := flag.String("tar", "", "only write the committed archive, decompressed, to this file")
	flag.Parse()
	if *list {
		fmt.Println(emojiPackage, namesPackage, derivedPackage)
		return
	}
	if *tar != "" {
		if err := writeTar(*tar); err != nil {
			fmt.Fprintln(os.Stderr, "build:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(*packages, *out, *tokenizer); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

// writeTar writes the committed archive to a file, for tools that read tar files.
func writeTar(path string) error {
	archive, err := quickstart.Archive()
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, archive)
}

// run reads the packages and writes the files of the data folder and the tokenizer.
func run(packages, out, tokenizer string) error {
	src, err := readSources(packages)
	if err != nil {
		return err
	}
	records, err := build(src, quickstartPlan)
	if err != nil {
		return err
	}
	archive, err := encodeArchive(records)
	if err != nil {
		return err
	}
	model, err := mixture.TrainTokenizerOf(context.Background(), each(withoutDoubles(records)), mixture.TokenizerOptions{VocabSize: quickstart.VocabularySize})
	if err != nil {
		return err
	}
	readme, err := renderReadme(records, len(archive))
	if err != nil {
		return err
	}
	compressed, err := quickstart.Compress(archive)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, f := range []struct {
		path    string
		content []byte
	}{
		{filepath.Join(out, "emoji.tar.zst"), compressed}, {filepath.Join(out, "README.md"), readme}, {filepath.Join(out, "LICENCES.txt"), src.licences()},
		{tokenizer, model.Bytes()},
	} {
		if err := atomicfile.WriteBytes(f.path, f.content); err != nil {
			return err
		}
	}
	fmt.Printf("wrote %d records, %d bytes, compressed %d, to %s\n", len(records), len(archive), len(compressed), filepath.Join(out, "emoji.tar.zst"))
	return nil
}

// each yields the records as a dataset would.
func each(records []shards.Sample) iter.Seq2[shards.Sample, error] {
	return func(yield func(shards.Sample, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}
