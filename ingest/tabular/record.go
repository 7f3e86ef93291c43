package tabular

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/fetch"
	"github.com/pali3/pali3/ingest/internal/datauri"
	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/mapping"
)

// record makes a row's record.
func (w *work) record(ctx context.Context, n numbered) made {
	origin := fmt.Sprintf("%s row %d", cmp.Or(w.as, n.file.name), n.number)
	if n.err != nil {
		bad := shards.Bad(origin, "", n.reason(), n.err)
		bad.LeftOut = n.left
		return made{n.ticket, bad}
	}
	if w.from.Known(n.key) {
		return made{n.ticket, shards.Record{Sample: shards.Sample{Key: n.key}, Origin: origin, LeftOut: n.left}}
	}
	s := shards.Sample{Key: n.key, Split: w.Split}
	fill := w.fill
	if n.rows != nil {
		fill = w.fillGroup
	}
	left, reason, err := fill(ctx, &s, n)
	if err == nil {
		left = append(left, w.nameText(&s, n)...)
	}
	if err == nil && len(s.Images) == 0 && len(s.Texts) == 0 && len(s.Questions) == 0 {
		reason, err = shards.NoContent, errors.New("neither image nor text")
	}
	record := shards.Record{Sample: s, Origin: origin}
	if err != nil {
		record = shards.Bad(origin, s.Key, reason, err)
	}
	record.LeftOut = append(n.left, left...)
	return made{n.ticket, record}
}

// fill sets all that a row has but its key: first what costs no reading of images, unless boxes
// need their sizes.
func (w *work) fill(ctx context.Context, s *shards.Sample, n numbered) (left []shards.LeftOut, reason string, err error) {
	plan := cmp.Or(w.taken, w.plan)
	if plan.HasBoxes() {
		if reason, err = w.addImages(ctx, s, n); err != nil {
			return nil, reason, err
		}
		return plan.Fill(s, n.row)
	}
	if left, reason, err = plan.Fill(s, n.row); err == nil {
		reason, err = w.addImages(ctx, s, n)
	}
	return left, reason, err
}

func (w *work) addImages(ctx context.Context, s *shards.Sample, n numbered) (reason string, err error) {
	for _, column := range w.Columns.images() {
		if reason, err := w.addImagesOf(ctx, s, n, column); err != nil {
			return reason, fmt.Errorf("column %s: %w", column, err)
		}
	}
	if len(s.Images) > 0 {
		s.Images[0].SHA256 = n.row.text(w.Columns.SHA256)
	}
	return "", nil
}

func (w *work) addImagesOf(ctx context.Context, s *shards.Sample, n numbered, column string) (reason string, err error) {
	values := n.row.list(column)
	if len(values) == 0 {
		return ingest.NoImage, errors.New("empty")
	}
	if len(s.Images)+len(values) > input.MaxFrames {
		return ingest.TooLarge, fmt.Errorf("%d images, the limit is %d", len(s.Images)+len(values), input.MaxFrames)
	}
	for _, value := range values {
		content, reason, err := w.image(ctx, s, n, value)
		if err != nil {
			return reason, err
		}
		s.Images = append(s.Images, shards.Image{Bytes: content})
	}
	return "", nil
}

// image returns the bytes of the image that a value holds or names.
func (w *work) image(ctx context.Context, s *shards.Sample, n numbered, value any) (content []byte, reason string, err error) {
	if content, ok := value.([]byte); ok && len(content) > 0 {
		if len(content) > input.MaxImageFile {
			return nil, ingest.TooLarge, fmt.Errorf("%d bytes, the limit is %d", len(content), input.MaxImageFile)
		}
		return content, "", nil
	}
	name := w.imageName(strings.TrimSpace(plainText(value)))
	scheme, rest, _ := strings.Cut(name, ":")
	switch {
	case name == "":
		return nil, ingest.NoImage, errors.New("empty")
	case strings.EqualFold(scheme, "data") && rest != "":
		content, err := datauri.Decode(rest)
		return content, ingest.BadDataURI, err
	case base64Image(name):
		content, _ := mapping.Base64Image(name)
		return content, "", nil
	case strings.EqualFold(scheme, "file") && n.root != nil:
		return n.root.read(name)
	case strings.HasPrefix(rest, "//") && w.client == nil:
		return nil, fetch.BadURL, fmt.Errorf("%.200q is a URL: the source urls fetches them", name)
	case strings.HasPrefix(rest, "//") || n.root == nil:
		return w.fetch(ctx, s, n.ticket, name)
	}
	return n.root.read(name)
}

func (w *work) fetch(ctx context.Context, s *shards.Sample, ticket int64, address string) (content []byte, reason string, err error) {
	response, err := w.client.Get(ctx, address, ticket)
	if err != nil {
		reason := fetch.TimedOut
		if failure, ok := errors.AsType[*fetch.Error](err); ok {
			reason = failure.Reason
		}
		return nil, reason, err
	}
	if s.Provenance.URL == "" {
		s.Provenance = shards.Provenance{URL: address, FetchedAt: response.FetchedAt.UTC()}
	}
	return response.Body, "", nil
}

// base64Image reports whether a text is an image in base64.
func base64Image(text string) bool {
	_, ok := mapping.Base64Image(text)
	return ok
}
