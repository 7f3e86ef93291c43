package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/models/maskvae"
)

// maskFlags are those of benchmarks of masks.
type maskFlags struct {
	MaskWeights string `placeholder:"FILE" help:"With --bench refcoco, refcoco+ and refcocog: weights of the mask VQ-VAE, such as PaliGemma's vae-oid.npz, which decode the <seg...> codes of predictions. Without them only boxes are scored."`
}

func (f maskFlags) check(bench string) error {
	if f.MaskWeights != "" && bench == "" {
		return errors.New("--mask-weights needs a --bench of masks, such as refcoco")
	}
	return nil
}

// addTo returns the benchmark with a decoder of masks, if there are weights.
func (f maskFlags) addTo(bench benchmarks.Benchmark, on backendFlag, con *console) (benchmarks.Benchmark, error) {
	if f.MaskWeights == "" {
		return bench, nil
	}
	be, err := on.openBackend(con)
	if err != nil {
		return bench, err
	}
	codec, err := maskvae.Open(be, f.MaskWeights)
	if err != nil {
		return bench, fmt.Errorf("opening the mask VQ-VAE: %w", err)
	}
	return bench.WithMaskDecoder(codec)
}

// submitBoxes writes results in the form of COCO's server.
func (c evalCommand) submitBoxes(ctx context.Context, con *console, bench *benchmarks.Benchmark) error {
	if c.Annotations == "" {
		return fmt.Errorf("--submission of %s needs --annotations, a file with the images and categories (image_info_test-dev2017.json for COCO's test set)", c.Bench)
	}
	n := 0
	err := atomicfile.Write(c.Submission, func(w io.Writer) (err error) {
		n, err = bench.WriteResults(ctx, benchmarks.Files{Annotations: c.Annotations, Predictions: c.Predictions}, benchmarks.Options{Partial: c.Partial}, w)
		return err
	})
	if err != nil {
		return fmt.Errorf("writing the submission to %s: %w", c.Bench, err)
	}
	if !c.JSON {
		con.printf("wrote %s: %d results for %s\n", c.Submission, n, bench.Submission.Source)
	}
	return nil
}
