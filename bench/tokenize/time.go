package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// times is what the command time prints: seconds, and the number of ids.
type times struct {
	Load   float64 `json:"load"`
	Encode float64 `json:"encode"`
	Decode float64 `json:"decode"`
	IDs    int     `json:"ids"`
}

// timing encodes all texts to slices of ids and decodes those, once each, by so many goroutines. The first
// encoding is the one that counts: nothing is remembered from before.
func timing(args []string) error {
	threads, err := strconv.Atoi(args[2])
	if err != nil || threads < 1 {
		return fmt.Errorf("%q is no number of threads", args[2])
	}
	texts, err := readTexts(args[1])
	if err != nil {
		return err
	}
	var t times
	began := time.Now()
	model, err := sentencepiece.Open(args[0])
	if err != nil {
		return err
	}
	t.Load = time.Since(began).Seconds()
	ids, decoded := make([][]int32, len(texts)), make([]string, len(texts))
	began = time.Now()
	inParallel(threads, len(texts), func(i int) { ids[i] = model.Encode(texts[i]) })
	t.Encode = time.Since(began).Seconds()
	began = time.Now()
	inParallel(threads, len(texts), func(i int) { decoded[i] = model.Decode(ids[i]) })
	t.Decode = time.Since(began).Seconds()
	for _, of := range ids {
		t.IDs += len(of)
	}
	return json.NewEncoder(os.Stdout).Encode(t)
}

// inParallel calls work for 0 to n-1, in blocks, from so many goroutines.
func inParallel(threads, n int, work func(i int)) {
	const block = 256
	var next atomic.Int64
	var wg sync.WaitGroup
	for range threads {
		wg.Go(func() {
			for {
				begin := int(next.Add(block)) - block
				if begin >= n {
					return
				}
				for i := begin; i < min(begin+block, n); i++ {
					work(i)
				}
			}
		})
	}
	wg.Wait()
}
