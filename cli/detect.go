package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/stages"
)

// detectCommand finds objects in images with a trained model.
type detectCommand struct {
	Images []string `arg:"" optional:"" name:"image" help:"Image files, folders with all images below them, patterns such as 'photos/*.png', or @FILE for a list of these."`
	List   string   `placeholder:"FILE" help:"File with one image, folder or pattern a line; - is standard input."`
	Labels []string `placeholder:"LABEL,..." help:"Objects to find, with commas between."`
	Prompt string   `default:"paligemma" enum:"paligemma,pali" help:"Form of prompt and answer that the model was trained with: paligemma ('detect cat ; dog', boxes of <loc> pieces) or pali ('detect cat and dog', boxes of integers from 0 to 999)."`
	Out    string   `placeholder:"FOLDER" help:"Also write each image with its boxes drawn, as a PNG."`
	askFlags
}

// Validate requires images and labels.
func (c *detectCommand) Validate() error {
	for i, label := range c.Labels {
		c.Labels[i] = strings.TrimSpace(label)
		switch {
		case c.Labels[i] == "":
			return fmt.Errorf("label %d of --labels is empty", i+1)
		case strings.ContainsAny(label, ";<>\n"):
			return fmt.Errorf("the label %q has a ';', '<', '>' or line break, which prompts and answers use between labels", label)
		}
	}
	if len(c.Labels) == 0 {
		return errors.New("no labels: name what to find with --labels 'cat,dog'")
	}
	return needImages(c.Images, c.List)
}

// Help explains what is printed.
func (c detectCommand) Help() string {
	return "Prints a line for each object: its label, its box x0,y0,x1,y1 in pixels of the upright image, and the log-probability of the whole answer. " +
		"A part of an answer that is no region is named on standard error and counted, never guessed. " + c.askFlags.Help()
}

func (c detectCommand) Run(ctx context.Context, con *console) error {
	files, err := newRegionFiles(c.Out)
	if err != nil {
		return err
	}
	form := regionForms[c.Prompt]
	return c.answer(ctx, con, c.Images, c.List, request{
		kind: "detect", prompt: form.prompt(c.Labels),
		opened: func(t *stages.Trained) (string, error) { return form.prompt(c.Labels), askForRegions(con, t) },
		show: func(one readImage, answer *imageAnswer) (string, error) {
			return showBoxes(form, files, one, answer, con.warn)
		},
	})
}

// askForRegions warns of a model whose boxes are not those of whole images.
func askForRegions(con *console, t *stages.Trained) error {
	if op := augment.MovesBoxes(t.Pipeline.String()); op != "" {
		con.warn(fmt.Sprintf("the model's image ops have %s: it sees a part of each image, and its boxes are shown as if it were the whole", op))
	}
	return nil
}

// showBoxes reads the boxes of an answer, and draws them if there are files to write.
func showBoxes(form regionForm, files *regionFiles, one readImage, answer *imageAnswer, warn func(string)) (string, error) {
	drawn, err := newRegions(one, answer)
	if err != nil {
		return "", err
	}
	found, invalid := form.parse(one.reply.Text)
	for _, r := range found {
		drawn.add(answer, r.label, r.edges)
	}
	if err := answer.invalid(one.path, invalid, warn); err != nil {
		return "", err
	}
	if files != nil {
		answer.Drawn = files.base(one.path) + ".regions.png"
		if err := drawn.draw(answer.Drawn); err != nil {
			return "", err
		}
	}
	return answer.text(), nil
}
