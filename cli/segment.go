package cli

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/pali3/pali3/internal/regionimage"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/maskvae"
	"github.com/pali3/pali3/stages"
	"github.com/pali3/pali3/tokenize"
)

// segmentCommand finds the mask of an object in images with a trained model.
type segmentCommand struct {
	Words []string `arg:"" optional:"" name:"image ... label" help:"Image files, folders, patterns or @FILE, as for caption, and then the object to find."`
	List  string   `placeholder:"FILE" help:"File with one image, folder or pattern a line; - is standard input."`
	Label string   `placeholder:"TEXT" help:"The object to find; all other words are then images."`
	Masks string   `required:"" placeholder:"VAE" help:"Weights of the mask VQ-VAE that turns codes into masks, such as PaliGemma's vae-oid.npz, or the run folder of one."`
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
	return "The model is asked as its recipe's task of kind segment says, by default 'segment LABEL', as PaliGemma is. Prints a line for each object: its label, its box x0,y0,x1,y1 in pixels of the upright image, and its score; " +
		"--json adds the mask as COCO's run lengths. " + scoreHelp + "A part of an answer that is no region with a mask is named on standard error and counted, never guessed. " + c.askFlags.Help()
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
	var show maskShower
	return c.answer(ctx, con, images, c.List, request{
		kind: "segment", prompt: mixture.Task{Kind: "segment"}.PromptFor(label),
		opened: func(t *stages.Trained) (string, error) {
			be, err := c.openBackend(con)
			if err != nil {
				return "", err
			}
			codec, err := maskvae.Open(be, c.Masks)
			if err != nil {
				return "", fmt.Errorf("opening --masks: %w", err)
			}
			show = maskShower{codec, t.Vocabulary, files, con.warn}
			return objectTask(con, t, "segment").PromptFor(label), askForRegions(con, t)
		},
		show: func(one readImage, answer *imageAnswer) (string, error) { return show.show(one, answer) },
	})
}

// maskShower shows the masks of answers, and writes them if there are files to write.
type maskShower struct {
	masks      maskDecoder
	vocabulary *tokenize.Vocabulary
	files      *regionFiles // nil without
	warn       func(string)
}

// show adds the masks of an answer to it and returns what is printed.
func (s maskShower) show(one readImage, answer *imageAnswer) (string, error) {
	drawn, err := newRegions(one, answer)
	if err != nil {
		return "", err
	}
	parsed, invalid := tokenize.ParseRegions(one.reply.Text)
	scores := scoreRegions(s.vocabulary, one.reply, tokenize.RegionSpans(one.reply.Text))
	var found []tokenize.Region
	for i, r := range parsed {
		if r.Mask == nil {
			invalid = append(invalid, tokenize.InvalidRegion{Text: r.String(), Reason: "no <seg> piece follows the box"})
			continue
		}
		found = append(found, r)
		drawn.add(answer, r.Label, r.Fractions(), scores[i])
	}
	if err := answer.invalid(one.path, invalid, s.warn); err != nil {
		return "", err
	}
	all, err := s.masks.Masks(found, answer.Height, answer.Width)
	if err != nil {
		return "", fmt.Errorf("%s: %w", one.path, err)
	}
	base := ""
	if s.files != nil {
		base = s.files.base(one.path)
	}
	for i, mask := range all {
		drawn.all[i].Mask = mask
		rle := regionimage.Encode(mask)
		answer.Regions[i].Mask = &rle
		if s.files != nil {
			answer.Regions[i].MaskFile = fmt.Sprintf("%s.mask%d.png", base, i+1)
			err = errors.Join(err, writePNG(answer.Regions[i].MaskFile, mask))
		}
	}
	if s.files != nil {
		answer.Drawn = base + ".regions.png"
		err = errors.Join(err, drawn.draw(answer.Drawn))
	}
	return answer.text(), err
}
