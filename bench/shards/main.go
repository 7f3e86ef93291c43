// Command shards measures the jobs of the shard benchmarks with this project's packages. table.py
// alternates it with the peers in peers.py.
//
//	shards images -rows N DIR             write N images of about -bytes bytes
//	shards make -images DIR -rows N OUT   write a dataset of N rows with a folder's images
//	shards scan|captions|columns|random|whole|batch|verify DATASET
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: shards images|make|scan|captions|columns|random|whole|batch|verify ...")
	}
	command := os.Args[1]
	flags := flag.NewFlagSet(command, flag.ExitOnError)
	images := flags.String("images", "", "folder of images")
	rows := flags.Int("rows", 10_000, "rows to write, or to read at random")
	size := flags.Int("bytes", 36_000, "of an image")
	seed := flags.Uint64("seed", 1, "of the random rows")
	flags.Parse(os.Args[2:])
	began := time.Now()
	var bytes int64
	var err error
	switch command {
	case "images":
		err = writeImages(flags.Arg(0), *rows, *size)
	case "make":
		err = write(*images, *rows, flags.Arg(0))
	case "scan":
		bytes, err = scan(flags.Arg(0))
	case "captions":
		bytes, err = captions(flags.Arg(0))
	case "columns":
		bytes, err = columns(flags.Arg(0))
	case "random":
		bytes, err = randomRows(flags.Arg(0), *rows, *seed, peers)
	case "whole":
		bytes, err = randomRows(flags.Arg(0), *rows, *seed, nil)
	case "batch":
		bytes, err = batch(flags.Arg(0), *rows, *seed, peers)
	case "verify":
		err = verify(flags.Arg(0))
	default:
		err = fmt.Errorf("no command %q", command)
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("{\"seconds\": %.6f, \"bytes\": %d, \"touched\": %d}\n", time.Since(began).Seconds(), bytes, touched)
}

// write writes a dataset in which every row has an image of the folder and a caption of 12 words.
func write(images string, rows int, out string) error {
	paths, err := filepath.Glob(filepath.Join(images, "*"))
	if err != nil || len(paths) == 0 {
		return fmt.Errorf("no images in %q: %v", images, err)
	}
	slices.Sort(paths)
	var all []shards.Image
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		image, err := shards.NewImage(content)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, image)
	}
	w, err := shards.Create(out, shards.Limits{})
	if err != nil {
		return err
	}
	for i := range rows {
		err := w.Append(shards.Sample{
			Key:    fmt.Sprintf("%09d", i),
			Images: []shards.Image{all[i%len(all)]},
			Texts:  []shards.Text{{Kind: shards.Alt, Value: caption(i)}},
		})
		if err == nil && w.PartFull() {
			_, _, err = w.EndPart()
		}
		if err != nil {
			return err
		}
	}
	return w.Commit("bench")
}

var words = []string{"a", "black", "and", "white", "sketch", "of", "two", "men", "hunting", "with", "bows", "arrows", "dog", "in",
	"the", "background", "red", "monkey", "sitting", "on", "rock", "grasses", "around", "it"}

func caption(i int) string {
	rng := random.New(uint64(i))
	var text []byte
	for range 12 {
		text = append(append(text, words[rng.IntN(len(words))]...), ' ')
	}
	return string(text[:len(text)-1])
}

// cacheLine is the size of a cache line in bytes. A scan reads a byte of every cache line, because
// images that are not copied would otherwise not be read.
const cacheLine = 64

var touched int // sum of these bytes, so that reads are not optimised away

func scan(dir string) (bytes int64, err error) {
	d, err := shards.Open(dir)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	for s, err := range d.All().Scan() {
		if err != nil {
			return 0, err
		}
		for i := range s.Images {
			image := s.Images[i].Bytes
			bytes += int64(len(image))
			for at := 0; at < len(image); at += cacheLine {
				touched += int(image[at])
			}
		}
		for i := range s.Texts {
			bytes += int64(len(s.Texts[i].Value))
		}
	}
	return bytes, nil
}

func captions(dir string) (bytes int64, err error) {
	d, err := shards.Open(dir)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	texts, err := d.Select("texts.value")
	if err != nil {
		return 0, err
	}
	for s, err := range texts.Scan() {
		if err != nil {
			return 0, err
		}
		bytes += int64(len(s.Texts[0].Value))
	}
	return bytes, nil
}

// columns reads the captions without assembling rows.
func columns(dir string) (bytes int64, err error) {
	d, err := shards.Open(dir)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	for texts, err := range d.Column("texts.value") {
		if err != nil {
			return 0, err
		}
		for i := range texts.Len() {
			bytes += int64(len(texts.At(i)))
		}
	}
	return bytes, nil
}

// peers are the columns of the peers' files.
var peers = []string{"key", "images.bytes", "texts.value"}

// randomRows reads rows one by one, with all columns or some.
func randomRows(dir string, rows int, seed uint64, columns []string) (bytes int64, err error) {
	d, err := shards.Open(dir)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	v := d.All()
	if columns != nil {
		if v, err = v.Select(columns...); err != nil {
			return 0, err
		}
	}
	rng := random.New(seed)
	for range rows {
		s, err := v.Row(rng.IntN(d.Len()))
		if err != nil {
			return 0, err
		}
		bytes += int64(len(s.Images[0].Bytes) + len(s.Texts[0].Value))
	}
	return bytes, nil
}

// batch reads all rows in one call.
func batch(dir string, rows int, seed uint64, columns []string) (bytes int64, err error) {
	d, err := shards.Open(dir)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	v, err := d.Select(columns...)
	if err != nil {
		return 0, err
	}
	rng, numbers := random.New(seed), make([]int, rows)
	for i := range numbers {
		numbers[i] = rng.IntN(d.Len())
	}
	for s, err := range v.Rows(numbers) {
		if err != nil {
			return 0, err
		}
		bytes += int64(len(s.Images[0].Bytes) + len(s.Texts[0].Value))
	}
	return bytes, nil
}

func verify(dir string) error {
	problems, err := shards.Verify(dir, true)
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("%d problems: %v", len(problems), problems[0])
	}
	return err
}
