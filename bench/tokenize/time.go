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

// times is the output of the command time: wall-clock seconds, CPU seconds and the number of ids.
type times struct {
	Load   [2]float64 `json:"load"`
	Encode [2]float64 `json:"encode"`
	Decode [2]float64 `json:"decode"`
	IDs    int        `json:"ids"`
}

// watch returns the wall-clock and CPU seconds that f takes.
func watch(f func()) [2]float64 {
	began, used := time.Now(), processorTime()
	f()
	return [2]float64{time.Since(began).Seconds(), processorTime() - used}
}

// timing encodes all texts in one call and decodes the ids, once each, with the given number of
// goroutines. It measures the first encoding, with empty caches.
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
	var model *sentencepiece.Model
	t.Load = watch(func() { model, err = sentencepiece.Open(args[0]) })
	if err != nil {
		return err
	}
	ids, decoded := [][]int32(nil), make([]string, len(texts))
	t.Encode = watch(func() { ids = model.EncodeBatch(texts, threads) })
	t.Decode = watch(func() { inParallel(threads, len(texts), func(i int) { decoded[i] = model.Decode(ids[i]) }) })
	for _, of := range ids {
		t.IDs += len(of)
	}
	return json.NewEncoder(os.Stdout).Encode(t)
}

// inParallel calls work for 0 to n-1, in blocks, from the given number of goroutines.
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
