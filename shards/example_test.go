package shards_test

import (
	"context"
	"fmt"
	"iter"
	"log"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/shards"
)

// folder returns a folder for an example's dataset.
func folder() (dir string, remove func()) {
	root, err := os.MkdirTemp("", "shards")
	if err != nil {
		log.Fatal(err)
	}
	return filepath.Join(root, "data"), func() { os.RemoveAll(root) }
}

// proverbs is your own source: any iterator.
func proverbs() iter.Seq2[shards.Sample, error] {
	return func(yield func(shards.Sample, error) bool) {
		for i, text := range []string{"Aller Anfang ist schwer.", "Ende gut, alles gut."} {
			s := shards.Sample{Key: fmt.Sprint(i), Split: "train", Texts: []shards.Text{{Kind: shards.Title, Language: "de", Value: text}}}
			if !yield(s, nil) {
				return
			}
		}
	}
}

// An iterator becomes a dataset in one call.
func ExampleWrite() {
	dir, remove := folder()
	defer remove()
	stat, err := shards.Write(dir, proverbs())
	fmt.Println(stat.Rows, "rows,", stat.Languages, err)
	// Output: 2 rows, map[de:2] <nil>
}

// Create adds to a dataset; its readers see nothing before Commit.
func ExampleCreate() {
	dir, remove := folder()
	defer remove()
	for _, key := range []string{"first", "second"} {
		w, err := shards.Create(dir, shards.Limits{})
		if err != nil {
			log.Fatal(err)
		}
		if err := w.Append(shards.Sample{Key: key}); err != nil {
			log.Fatal(err)
		}
		w.Reject(shards.Reject{Origin: "line 7", Reason: "cut short"})
		if err := w.Commit("an example"); err != nil {
			log.Fatal(err)
		}
		fmt.Println(w.Stat().Rows, "row,", w.Stat().Rejected, "rejected, in commit", w.Commits())
	}
	// Output:
	// 1 row, 1 rejected, in commit 1
	// 1 row, 1 rejected, in commit 2
}

// A second Copy resumes an interrupted one, and leaves what is there already.
func ExampleCopy() {
	dir, remove := folder()
	defer remove()
	if _, err := shards.Write(dir, proverbs()); err != nil {
		log.Fatal(err)
	}
	for range 2 {
		copied, err := shards.Copy(context.Background(), dir, dir+"-copy", shards.CopyOptions{})
		fmt.Println(copied.Files, "file copied,", copied.There, "was there,", err)
	}
	// Output:
	// 1 file copied, 0 was there, <nil>
	// 0 file copied, 1 was there, <nil>
}

func ExampleOpen() {
	dir, remove := folder()
	defer remove()
	if _, err := shards.Write(dir, proverbs()); err != nil {
		log.Fatal(err)
	}
	d, err := shards.Open(dir)
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()
	last, err := d.Row(d.Len() - 1)
	fmt.Println(last.Key, last.Texts[0].Value, err)
	for s, err := range d.Samples() {
		fmt.Println(s.Key, s.Split, err)
	}
	// Output:
	// 1 Ende gut, alles gut. <nil>
	// 0 train <nil>
	// 1 train <nil>
}

// Verify finds what a disk or a copy has damaged.
func ExampleVerify() {
	dir, remove := folder()
	defer remove()
	if _, err := shards.Write(dir, proverbs()); err != nil {
		log.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "part-00000.parquet"), 100); err != nil {
		log.Fatal(err)
	}
	problems, err := shards.Verify(dir, false)
	for _, p := range problems {
		fmt.Println(p.File, p.Kind)
	}
	fmt.Println(err)
	// Output:
	// part-00000.parquet size
	// <nil>
}
