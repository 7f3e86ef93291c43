package benchmarks

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path"
	"path/filepath"
)

// easySplits are the folders of easy-VQA's data. Each has questions.json and images.
var easySplits = []string{"train", "val", "test"}

// easyFolders returns the easySplits that a folder has.
func easyFolders(dir string) (splits []string) {
	for _, split := range easySplits {
		if info, err := os.Stat(filepath.Join(dir, split, "questions.json")); err == nil && info.Mode().IsRegular() {
			splits = append(splits, split)
		}
	}
	return splits
}

// readEasyVQA reads a questions.json of easy-VQA, or the folder with train and test, which become
// splits.
func readEasyVQA(ctx context.Context, o Options) iter.Seq2[item, error] {
	if info, err := os.Stat(o.Annotations); err != nil || !info.IsDir() {
		return byImage(readEasyQuestions)(ctx, o)
	}
	return func(yield func(item, error) bool) {
		for _, split := range easyFolders(o.Annotations) {
			of := o
			of.Annotations, of.Split = filepath.Join(o.Annotations, split, "questions.json"), split
			for i, err := range byImage(readEasyQuestions)(ctx, of) {
				for n := range i.images {
					for at, name := range i.images[n] {
						i.images[n][at] = path.Join(split, "images", name)
					}
				}
				i.sample.Split = split
				if err != nil {
					err = fmt.Errorf("%s/questions.json: %w", split, err)
				}
				if !yield(i, err) {
					return
				}
			}
		}
	}
}

// checkEasyFolder checks the options for a folder of easy-VQA's data.
func (o Options) checkEasyFolder() error {
	switch {
	case o.Split != "":
		return fmt.Errorf("--split %s: each folder of %s is the split of its name; of one split, give its questions.json", o.Split, o.Annotations)
	case o.Images != "":
		return fmt.Errorf("--images %s: the images of %s lie in its folders, train/images and so on", o.Images, o.Annotations)
	case len(easyFolders(o.Annotations)) == 0:
		return fmt.Errorf("%s has no train/questions.json, val/questions.json or test/questions.json", o.Annotations)
	}
	return nil
}
