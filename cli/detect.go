package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/stages"
	"github.com/pali3/pali3/tokenize"
)

// detectCommand finds objects in images with a trained model.
type detectCommand struct {
	Images []string `arg:"" optional:"" name:"image" help:"Image files, folders with all images below them, patterns such as 'photos/*.png', or @FILE for a list of these."`
	List   string   `placeholder:"FILE" help:"File with one image, folder or pattern a line; - is standard input."`
	Labels []string `placeholder:"LABEL" help:"Objects to find, with commas between."`
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
	return "The model is asked as its recipe's task of kind detect says: in PaliGemma's form ('detect cat ; dog', boxes of <loc> pieces) or, if the task has 'boxes: integers', in PaLI's ('detect cat and dog'). " +
		"Prints a line for each object: its label, its box x0,y0,x1,y1 in pixels of the upright image, and its score. " + scoreHelp +
		"A part of an answer that is no region is named on standard error and counted, never guessed. " + c.askFlags.Help()
}

func (c detectCommand) Run(ctx context.Context, con *console) error {
	files, err := newRegionFiles(c.Out)
	if err != nil {
		return err
	}
	var show boxShower
	return c.answer(ctx, con, c.Images, c.List, request{
		kind: "detect", prompt: mixture.Task{Kind: "detect"}.PromptFor(c.Labels...),
		opened: func(t *stages.Trained) (string, error) {
			task := objectTask(con, t, "detect")
			show = boxShower{regionForms[task.Boxes], t.Vocabulary, files, con.warn}
			return task.PromptFor(c.Labels...), askForRegions(con, t)
		},
		show: func(one readImage, answer *imageAnswer) (string, error) { return show.show(one, answer) },
	})
}

const scoreHelp = "An object's score is the geometric mean of the probabilities of its pieces (box, mask, label), from 0 to 1; --json has their product, too. "

// askForRegions warns of a model whose boxes are not those of whole images.
func askForRegions(con *console, t *stages.Trained) error {
	if op, how := t.Pipeline.Moving(); how != augment.InPlace {
		con.warn(fmt.Sprintf("the model's image ops have %s: it sees a part of each image, and its boxes are shown as if it were the whole", op))
	}
	return nil
}

// boxShower shows the boxes of answers, and draws them if there are files to write.
type boxShower struct {
	form       regionForm
	vocabulary *tokenize.Vocabulary
	files      *regionFiles // nil without
	warn       func(string)
}

// show adds the boxes of an answer to it and returns what is printed.
func (s boxShower) show(one readImage, answer *imageAnswer) (string, error) {
	drawn, err := newRegions(one, answer)
	if err != nil {
		return "", err
	}
	found, invalid := s.form.parse(one.reply.Text)
	scores := scoreRegions(s.vocabulary, one.reply, s.form.spans(one.reply.Text))
	for i, r := range found {
		drawn.add(answer, r.label, r.edges, scores[i])
	}
	if err := answer.invalid(one.path, invalid, s.warn); err != nil {
		return "", err
	}
	if s.files != nil {
		answer.Drawn = s.files.base(one.path) + ".regions.png"
		if err := drawn.draw(answer.Drawn); err != nil {
			return "", err
		}
	}
	return answer.text(), nil
}
