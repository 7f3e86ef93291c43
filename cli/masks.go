package cli

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	"image/png"
	"math"
	"strconv"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/maskvae"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// masksCommand holds the commands that make tokens of segmentation masks.
type masksCommand struct {
	Crop   masksCrop   `cmd:"" help:"Write a dataset of masks, each cut to its box, to train a mask VQ-VAE on."`
	Encode masksEncode `cmd:"" help:"Add the codes of each box's mask to a dataset, for tasks of kind segment."`
}

// openMasks opens the weights that a recipe names by images.mask_codec. Masks are coded by the
// default backend, whatever the model runs on.
func openMasks(path string) (mixture.MaskCodec, error) {
	be, err := backend.Open("")
	if err != nil {
		return nil, err
	}
	return openCodec(be, path)
}

// openCodec opens a mask VQ-VAE whose codes tasks of kind segment can write.
func openCodec(be compute.Backend, path string) (*maskvae.Codec, error) {
	codec, err := maskvae.Open(be, path)
	if err != nil {
		return nil, err
	}
	if shape := codec.Config(); shape.Tokens() != tokenize.CodesOfMask || shape.Codes > tokenize.MaskCodes {
		return nil, fmt.Errorf("%s has %d tokens a mask of %d codes; want %d of at most %d", path, shape.Tokens(), shape.Codes, tokenize.CodesOfMask, tokenize.MaskCodes)
	}
	return codec, nil
}

// maskCount is what a masks command did, as JSON.
type maskCount struct {
	Out     string `json:"out"`
	Samples int    `json:"samples"`
	Masks   int    `json:"masks"`
	// WithoutMask counts boxes that have no mask.
	WithoutMask int `json:"boxes_without_mask"`
	// Failed counts masks that cannot be used. Reason is that of the first.
	Failed int    `json:"failed"`
	Reason string `json:"reason,omitempty"`
	// Overlap is the mean intersection over union of masks and of what their codes decode to.
	Overlap *float64 `json:"mean_iou,omitempty"`
}

// crops yields the masks of a sample's boxes, cut to them: values in [0, 1], row by row. It counts
// boxes without a mask, and masks that cannot be used.
func (n *maskCount) crops(c maskvae.Config, s *shards.Sample, yield func(box int, crop []float32) error) error {
	for i := range s.Boxes {
		b := &s.Boxes[i]
		if b.Mask == nil {
			n.WithoutMask++
			continue
		}
		crop, err := cropOf(c, s, b)
		if err != nil {
			if n.Failed++; n.Reason == "" {
				n.Reason = fmt.Sprintf("%s box %d: %v", s.Key, i, err)
			}
			continue
		}
		n.Masks++
		if err := yield(i, crop); err != nil {
			return err
		}
	}
	return nil
}

func cropOf(c maskvae.Config, s *shards.Sample, b *shards.Box) ([]float32, error) {
	if b.Image < 0 || int(b.Image) >= len(s.Images) {
		return nil, fmt.Errorf("it is of image %d, and the sample has %d", b.Image, len(s.Images))
	}
	of := &s.Images[b.Image]
	whole, err := b.WholeMask(int(of.Height), int(of.Width))
	if err != nil {
		return nil, err
	}
	return c.Crop(whole, [4]float64{float64(b.Y0), float64(b.X0), float64(b.Y1), float64(b.X1)})
}

// print prints what was done.
func (n *maskCount) print(con *console, asJSON bool) error {
	if n.Failed > 0 {
		con.warn(fmt.Sprintf("%d masks cannot be used, the first: %s", n.Failed, n.Reason))
	}
	if asJSON {
		return con.printJSON(n)
	}
	con.printf("wrote %s: %d masks of %d samples; %d boxes have no mask\n", n.Out, n.Masks, n.Samples, n.WithoutMask)
	if n.Overlap != nil {
		con.printf("decoded again, the masks overlap with themselves by %.3f (mean intersection over union)\n", *n.Overlap)
	}
	return nil
}

// masksFlags name a dataset and a new one.
type masksFlags struct {
	Dataset string `arg:"" help:"${dataset}"`
	To      string `required:"" help:"The new dataset: a folder or a URL." placeholder:"DATASET"`
	JSON    bool   `help:"Print one JSON object."`
}

type masksCrop struct {
	masksFlags
	Side int `default:"64" help:"Side of the masks in pixels; the published mask VQ-VAE has 64."`
}

// Help explains what the dataset is for.
func (c masksCrop) Help() string {
	return "Each mask becomes a sample of its own: an image of the mask, cut to its box and resized as PaliGemma does, the box's label as its text, and the split of the sample that it was in. " +
		"A recipe of the family maskvae trains on such a dataset with images.ops 'decode|resize(64)|value_range(-1,1)' and a task of kind caption, whose texts the family ignores."
}

// Validate bounds the side.
func (c *masksCrop) Validate() error {
	if c.Side < 1 || c.Side > 4096 {
		return fmt.Errorf("--side is %d, want 1 to 4096", c.Side)
	}
	return nil
}

func (c masksCrop) Run(con *console) error {
	shape := maskvae.Default()
	shape.Image = c.Side
	done := maskCount{Out: c.To}
	err := rewrite(con, c.masksFlags, "masks crop", func(w *shards.Writer, s shards.Sample) error {
		done.Samples++
		return done.crops(shape, &s, func(box int, crop []float32) error {
			m, err := maskImage(crop, c.Side)
			if err != nil {
				return err
			}
			label := cmp.Or(s.Boxes[box].Label, "object")
			return w.Append(shards.Sample{
				Key: s.Key + "#" + strconv.Itoa(box), Split: s.Split, Images: []shards.Image{m},
				Texts: []shards.Text{{Kind: shards.Alt, Value: label}},
			})
		})
	})
	if err != nil {
		return err
	}
	return done.print(con, c.JSON)
}

// maskImage encodes a mask as a PNG.
func maskImage(crop []float32, side int) (shards.Image, error) {
	m := image.NewGray(image.Rect(0, 0, side, side))
	for i, v := range crop {
		m.Pix[i] = uint8(math.Round(255 * float64(v)))
	}
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		return shards.Image{}, err
	}
	return shards.NewImage(out.Bytes())
}

type masksEncode struct {
	masksFlags
	Masks string `required:"" placeholder:"VAE" help:"Weights of the mask VQ-VAE, such as PaliGemma's vae-oid.npz, or the run folder of one."`
	backendFlag
}

// Help explains what is written.
func (c masksEncode) Help() string {
	return "The codes of all masks of a sample are its metadata " + mixture.MaskCodesField + ": a line for each box, 16 pieces <seg000> to <seg127>. " +
		"Tasks of kind segment read them, so that training does not depend on the machine that encodes. Use the same mask VQ-VAE to decode: pali3 segment --masks."
}

func (c masksEncode) Run(_ context.Context, con *console) error {
	be, err := c.openBackend(con)
	if err != nil {
		return err
	}
	codec, err := openCodec(be, c.Masks)
	if err != nil {
		return fmt.Errorf("opening --masks: %w", err)
	}
	done, sum := maskCount{Out: c.To}, 0.0
	err = rewrite(con, c.masksFlags, "masks encode --masks "+c.Masks, func(w *shards.Writer, s shards.Sample) error {
		done.Samples++
		overlap, err := encodeMasks(codec, &done, &s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Key, err)
		}
		sum += overlap
		return w.Append(s)
	})
	if err != nil {
		return err
	}
	if done.Masks > 0 {
		mean := sum / float64(done.Masks)
		done.Overlap = &mean
	}
	return done.print(con, c.JSON)
}

// encodeMasks sets the codes of a sample's masks. It returns the sum of the intersections over
// unions of masks and of what their codes decode to.
func encodeMasks(codec *maskvae.Codec, count *maskCount, s *shards.Sample) (overlap float64, err error) {
	var boxes []int
	var masks [][]float32
	if err := count.crops(codec.Config(), s, func(box int, crop []float32) error {
		boxes, masks = append(boxes, box), append(masks, crop)
		return nil
	}); err != nil || len(masks) == 0 {
		return 0, err
	}
	codes, err := codec.Encode(masks)
	if err != nil {
		return 0, err
	}
	decoded, err := codec.Decode(codes)
	if err != nil {
		return 0, err
	}
	all := make([][]int32, len(s.Boxes))
	for i, box := range boxes {
		all[box] = codes[i]
		overlap += overlapOf(masks[i], decoded[i])
	}
	return overlap, mixture.SetMaskCodes(s, all)
}

// overlapOf is the intersection over union of the pixels of a mask, above a half, and of a decoded
// one, above 0. It is 1 if both are empty.
func overlapOf(mask, decoded []float32) float64 {
	both, either := 0, 0
	for i := range mask {
		a, b := mask[i] > 0.5, decoded[i] > 0
		if a && b {
			both++
		}
		if a || b {
			either++
		}
	}
	if either == 0 {
		return 1
	}
	return float64(both) / float64(either)
}

// rewrite writes a new dataset of what write makes of each sample, and keeps the rejects.
func rewrite(con *console, c masksFlags, command string, write func(*shards.Writer, shards.Sample) error) error {
	d, err := con.open(c.Dataset)
	if err != nil {
		return err
	}
	defer d.Close()
	line := con.progress("masks", "samples", int64(d.Len()))
	defer line.End()
	_, err = writeAll(con, c.To, shards.Limits{}, command, []string{c.Dataset}, func(w *shards.Writer) error {
		for r, err := range d.Rejects() {
			if err != nil {
				return err
			}
			w.Reject(r)
		}
		n := int64(0)
		for s, err := range d.Samples() {
			if err == nil {
				err = con.ctx.Err()
			}
			if err == nil {
				err = write(w, s)
			}
			if err != nil {
				return err
			}
			n++
			line.Set(n, 0)
		}
		return nil
	})
	return err
}
