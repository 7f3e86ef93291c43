package cli

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/pali3/pali3/internal/regionimage"
	"github.com/pali3/pali3/models/maskvae"
	"github.com/pali3/pali3/stages"
	"github.com/pali3/pali3/tokenize"
)

// segmentCommand finds the mask of an object in images with a trained model.
type segmentCommand struct {
	Words []string `arg:"" optional:"" name:"image ... label" help:"Image files, folders, patterns or @FILE, as for caption, and then the object to find."`
	List  string   `placeholder:"FILE" help:"File with one image, folder or pattern a line; - is standard input."`
	Label string   `placeholder:"TEXT" help:"The object to find; all other words are then images."`
	Masks string   `required:"" placeholder:"VAE" help:"Weights of the mask VQ-VAE that turns codes into masks, such as PaliGemma's vae-oid.npz."`
	Out   string   `placeholder:"FOLDER" help:"Also write each mask, and each image with its mask drawn, as PNGs."`
	askFlags
}

// Validate requires images and a label.
func (c *segmentCommand) Validate(call *kong.Context) error {
	images, label := c.words()
	switch {
	case label == "" || len(images) == 0 && c.List == "":
		return fmt.Errorf("name images and then an object, for example: %s segment cat.png cat --model MODEL --masks vae-oid.npz", call.Model.Name)
	case strings.ContainsAny(label, ";<>\n"):
		return fmt.Errorf("the label %q has a ';', '<', '>' or line break, which answers use between objects", label)
	}
	return nil
}

// words separates the images from the label.
func (c *segmentCommand) words() (images []string, label string) {
	ask := askCommand{Words: c.Words, Question: c.Label}
	return ask.words()
}

// Help explains what is printed.
func (c segmentCommand) Help() string {
	return "The model is asked 'segment LABEL', as PaliGemma is. Prints a line for each object: its label, its box x0,y0,x1,y1 in pixels of the upright image, and the log-probability of the whole answer; " +
		"--json adds the mask as COCO's run lengths. A part of an answer that is no region with a mask is named on standard error and counted, never guessed. " + c.askFlags.Help()
}

// maskDecoder decodes the masks of regions: a [maskvae.Codec].
type maskDecoder interface {
	Masks(regions []tokenize.Region, height, width int) ([]*image.Gray, error)
}

func (c segmentCommand) Run(ctx context.Context, con *console) error {
	files, err := newRegionFiles(c.Out)
	if err != nil {
		return err
	}
	images, label := c.words()
	var masks maskDecoder
	return c.answer(ctx, con, images, c.List, request{
		kind: "segment", prompt: "segment " + label,
		opened: func(t *stages.Trained) (string, error) {
			be, err := c.openBackend(con)
			if err != nil {
				return "", err
			}
			codec, err := maskvae.Open(be, c.Masks)
			if err != nil {
				return "", fmt.Errorf("opening --masks: %w", err)
			}
			masks = codec
			return "segment " + label, askForRegions(con, t)
		},
		show: func(one readImage, answer *imageAnswer) (string, error) {
			return showMasks(masks, files, one, answer, con.warn)
		},
	})
}

// showMasks reads the regions of an answer and decodes their masks, and writes them if there are
// files to write.
func showMasks(masks maskDecoder, files *regionFiles, one readImage, answer *imageAnswer, warn func(string)) (string, error) {
	drawn, err := newRegions(one, answer)
	if err != nil {
		return "", err
	}
	parsed, invalid := tokenize.ParseRegions(one.reply.Text)
	var found []tokenize.Region
	for _, r := range parsed {
		if r.Mask == nil {
			invalid = append(invalid, tokenize.InvalidRegion{Text: r.String(), Reason: "no <seg> piece follows the box"})
			continue
		}
		found = append(found, r)
		drawn.add(answer, r.Label, r.Fractions())
	}
	if err := answer.invalid(one.path, invalid, warn); err != nil {
		return "", err
	}
	all, err := masks.Masks(found, answer.Height, answer.Width)
	if err != nil {
		return "", fmt.Errorf("%s: %w", one.path, err)
	}
	base := ""
	if files != nil {
		base = files.base(one.path)
	}
	for i, mask := range all {
		drawn.all[i].Mask = mask
		rle := regionimage.Encode(mask)
		answer.Regions[i].Mask = &rle
		if files != nil {
			answer.Regions[i].MaskFile = fmt.Sprintf("%s.mask%d.png", base, i+1)
			err = errors.Join(err, writePNG(answer.Regions[i].MaskFile, mask))
		}
	}
	if files != nil {
		answer.Drawn = base + ".regions.png"
		err = errors.Join(err, drawn.draw(answer.Drawn))
	}
	return answer.text(), err
}
