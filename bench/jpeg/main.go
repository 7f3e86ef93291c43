// Command jpeg decodes the *.jpg of a folder to RGB, PASSES times, for compare.py to time.
//
//	go run ./bench/jpeg PASSES FOLDER
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/pali3/pali3/augment/jpeg"
)

func main() {
	log.SetFlags(0)
	runtime.GOMAXPROCS(1)
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: jpeg PASSES FOLDER")
	}
	passes, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	paths, err := filepath.Glob(filepath.Join(args[1], "*.jpg"))
	if err != nil || len(paths) == 0 {
		return fmt.Errorf("%s has no *.jpg", args[1])
	}
	files := make([][]byte, len(paths))
	for i, path := range paths {
		if files[i], err = os.ReadFile(path); err != nil {
			return err
		}
	}
	var d jpeg.Decoder
	var rgb []byte
	for range passes {
		for i, file := range files {
			m, err := d.Decode(file, jpeg.Options{})
			if err != nil {
				return fmt.Errorf("%s: %w", paths[i], err)
			}
			if size := 3 * m.Width * m.Height; len(rgb) < size {
				rgb = make([]byte, size)
			}
			m.RGB(rgb)
		}
	}
	return nil
}
