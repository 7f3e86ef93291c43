package evalsuite

import (
	"context"
	"slices"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// openedImages are the images of a request, or the reason why they cannot be read.
type openedImages struct {
	images []shards.Image
	err    error
}

// imageSource opens the images of requests, for one batch of requests at a time.
type imageSource interface {
	open(ctx context.Context, requests []request) ([]openedImages, error)
}

// datasetImages opens the images of a dataset's samples.
type datasetImages struct{ data mixture.Data }

func (d datasetImages) open(_ context.Context, requests []request) ([]openedImages, error) {
	var rows []int
	at := map[int]int{}
	for i := range requests {
		for _, row := range append(slices.Clone(requests[i].shots), requests[i].row) {
			if _, known := at[row]; !known {
				at[row] = len(rows)
				rows = append(rows, row)
			}
		}
	}
	images := make([][]shards.Image, 0, len(rows))
	for some, err := range imagesOfRows(d.data, rows) {
		if err != nil {
			return nil, err
		}
		images = append(images, some)
	}
	all := make([]openedImages, len(requests))
	for i := range requests {
		for _, row := range requests[i].shots {
			all[i].images = append(all[i].images, images[at[row]][0])
		}
		all[i].images = append(all[i].images, shown(images[at[requests[i].row]], requests[i].Images)...)
	}
	return all, nil
}

// fileImages opens image files.
type fileImages struct {
	paths []string
	read  func(path string) (shards.Image, error)
}

func (f fileImages) open(ctx context.Context, requests []request) ([]openedImages, error) {
	all := make([]openedImages, len(requests))
	for i := range requests {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if i > 0 && requests[i].row == requests[i-1].row {
			all[i] = all[i-1]
			continue
		}
		image, err := f.read(f.paths[requests[i].row])
		if all[i].err = err; err == nil {
			all[i].images = []shards.Image{image}
		}
	}
	return all, nil
}

// greyImages gives a grey image instead of each image: an answer that is still right follows from
// the words alone.
type greyImages struct{ grey shards.Image }

func (g greyImages) open(_ context.Context, requests []request) ([]openedImages, error) {
	all := make([]openedImages, len(requests))
	for i := range requests {
		for range max(len(requests[i].hashes), 1) {
			all[i].images = append(all[i].images, g.grey)
		}
	}
	return all, nil
}

// blinded returns the requests with the hashes of grey images.
func (g greyImages) blinded(requests []request) []request {
	blind := slices.Clone(requests)
	for i := range blind {
		hashes := make([]string, max(len(blind[i].hashes), 1))
		for j := range hashes {
			hashes[j] = g.grey.SHA256
		}
		blind[i].hashes = hashes
	}
	return blind
}

func hashesOf(images []shards.Image) (hashes []string) {
	for i := range images {
		hashes = append(hashes, hashOf(&images[i]))
	}
	return hashes
}
