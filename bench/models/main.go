// Command models trains and runs models on drawn batches, to be compared with other frameworks that
// do the same (torch_peer.py, transformers_peer.py, jax_step.py):
//
//	models -net pali -batch 60 write FOLDER     write the first weights and the batch
//	models -net pali -batch 60 step             train on the same batch again and again
//	models -net vit -batch 8 forward            compute the logits
//	models -net captioner -batch 32 generate    decode greedily, from images and prompts to ids
//	models -net siglip-wide -batch 32768 step   train with the block-wise sigmoid loss
//	models -batch 32768 loss blocks             that loss and its gradients from embeddings alone
//	models -batch 16384 loss matrix             the same from the matrix of all logits
//
// A run repeats its work -repeat times, of which the first -warm are not timed, and prints times,
// peak memory and results as JSON. table.py alternates such runs and prints tables.
//
// The networks are in networks.go. Steps are those of stages.Train, with AdamW on all weights.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/models/backend"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "models:", err)
		os.Exit(1)
	}
}

// options of a run.
type options struct {
	rows, repeat, warm int
	backend            string
}

// report is what a run prints, as the peers do.
type report struct {
	Milliseconds float64   `json:"ms"`      // median
	CPU          float64   `json:"cpu_ms"`  // of all cores, mean
	Peak         float64   `json:"mib"`     // of memory
	Results      []float64 `json:"results"` // the losses, or some of the outputs
	IDs          []int32   `json:"ids,omitempty"`
}

func run() error {
	var o options
	name := flag.String("net", "pali", "the network")
	flag.IntVar(&o.rows, "batch", 60, "examples in a batch")
	flag.IntVar(&o.repeat, "repeat", 20, "how often to do the work")
	flag.IntVar(&o.warm, "warm", 3, "how many times are not timed")
	flag.StringVar(&o.backend, "backend", "", "the backend's configuration")
	profile := flag.String("profile", "", "write a CPU profile to this file")
	flag.Parse()
	n, known := networks()[*name]
	if !known {
		return fmt.Errorf("there is no network %q", *name)
	}
	if o.rows < 1 || o.warm < 0 || o.warm >= o.repeat {
		return errors.New("-batch must be above 0, and -repeat above -warm")
	}
	be, err := backend.Open(o.backend)
	if err != nil {
		return err
	}
	if *profile != "" {
		file, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	var r *report
	switch {
	case flag.Arg(0) == "write" && flag.NArg() == 2:
		return write(be, n, flag.Arg(1), o)
	case flag.Arg(0) == "step" && flag.NArg() == 1:
		r, err = step(be, n, o)
	case flag.Arg(0) == "forward" && flag.NArg() == 1:
		r, err = forward(be, n, o)
	case flag.Arg(0) == "generate" && flag.NArg() == 1 && n.writer != nil:
		r, err = generate(be, n, o)
	case flag.Arg(0) == "loss" && flag.NArg() == 2:
		r, err = sigmoidLoss(be, flag.Arg(1), o)
	default:
		flag.Usage()
		return errors.New("want write FOLDER, step, forward, generate or loss blocks|matrix")
	}
	if err != nil {
		return err
	}
	_, r.Peak = usage()
	return json.NewEncoder(os.Stdout).Encode(r)
}

func write(be compute.Backend, n network, folder string, o options) error {
	set, err := n.initial(be)
	if err != nil {
		return err
	}
	if err := set.Save(filepath.Join(folder, "weights.safetensors"), nil); err != nil {
		return err
	}
	return save(filepath.Join(folder, "batch.safetensors"), n.batch(o.rows))
}

// clock times repeated work.
type clock struct {
	options
	times       []float64
	done        int
	began       time.Time
	used, spent float64 // CPU seconds at the beginning and since
}

// start begins to time.
func (c *clock) start() {
	c.began = time.Now()
	c.used, _ = usage()
}

// lap is called after each time that the work was done.
func (c *clock) lap() {
	now := time.Now()
	used, _ := usage()
	if c.done++; c.done > c.warm {
		c.times = append(c.times, now.Sub(c.began).Seconds()*1e3)
		c.spent += used - c.used
	}
	c.began, c.used = now, used
}

func (c *clock) report() *report {
	slices.Sort(c.times)
	return &report{Milliseconds: c.times[len(c.times)/2], CPU: c.spent * 1e3 / float64(len(c.times))}
}
