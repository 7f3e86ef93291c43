package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/pali3/pali3/evalsuite"
)

// classifyCommand names what images show, among given labels.
type classifyCommand struct {
	Images   []string `arg:"" optional:"" name:"image" help:"Image files, folders with all images below them, patterns such as 'photos/*.png', or @FILE for a list of these."`
	List     string   `placeholder:"FILE" help:"File with one image, folder or pattern a line; - is standard input."`
	Model    string   `required:"" placeholder:"MODEL" help:"Folder of a trained model that compares images with texts, such as quickstart-run/siglip."`
	Labels   []string `placeholder:"LABEL" help:"Labels to choose from, with commas between, or @FILE with one a line."`
	Template []string `sep:"none" placeholder:"TEXT" help:"Text about a label, with {} in its place; several are averaged. clip_paper and clip_best are lists of them. Default: the label alone."`
	Top      int      `default:"3" help:"Labels to print of each image; 0 prints all."`
	JSON     bool     `help:"Print one JSON object for each image."`
	embedderFlags
}

// Validate requires labels.
func (c *classifyCommand) Validate() error {
	if len(c.Labels) == 0 {
		return errors.New("no labels: name them with --labels 'cat,dog', or one a line with --labels @FILE")
	}
	return needImages(c.Images, c.List)
}

// classified is what classify says of an image, as JSON.
type classified struct {
	Image  string                 `json:"image"`
	Labels []evalsuite.LabelScore `json:"labels,omitempty"`
	Error  string                 `json:"error,omitempty"`
}

func (c classifyCommand) Run(ctx context.Context, con *console) error {
	labels, err := c.labels(ctx, con)
	if err != nil {
		return err
	}
	found, err := evalsuite.FindImages(ctx, con.in, c.Images, c.List)
	if err != nil {
		return err
	}
	if note := found.Note(); note != "" {
		con.log.Info().Msg(note)
	}
	failed := len(found.Missing)
	for _, missing := range found.Missing {
		con.log.Error().Msg(missing.Error())
	}
	embedder, err := openEmbedder(con, c.embedderFlags, c.Model)
	if err != nil {
		return err
	}
	if len(c.Template) == 0 {
		c.Template = []string{"{}"}
	}
	classifier, err := evalsuite.NewClassifier(embedder, labels, c.Template)
	if err != nil {
		return err
	}
	unreadable, err := c.classify(con, classifier, embedder.EmbedImages(ctx, evalsuite.ReadImages(found.Paths)))
	if failed += unreadable; err == nil && failed > 0 {
		err = fmt.Errorf("%d of %d images could not be classified; the errors are above", failed, len(found.Paths)+len(found.Missing))
	}
	return err
}

// labels returns the labels, each once.
func (c classifyCommand) labels(ctx context.Context, con *console) (labels []string, err error) {
	seen := map[string]bool{}
	add := func(label string) {
		if label = strings.TrimSpace(label); label != "" && !seen[label] {
			seen[label] = true
			labels = append(labels, label)
		}
	}
	for _, word := range c.Labels {
		path, isFile := strings.CutPrefix(word, "@")
		if !isFile {
			add(word)
			continue
		}
		all, err := readLines(ctx, con, path)
		if err != nil {
			return nil, fmt.Errorf("the labels: %w", err)
		}
		for _, line := range all {
			add(line)
		}
	}
	if len(labels) == 0 {
		return nil, errors.New("the list of labels is empty")
	}
	return labels, nil
}

// classify prints the labels of each image and returns how many images could not be read.
func (c classifyCommand) classify(con *console, classifier *evalsuite.Classifier, images iter.Seq2[evalsuite.Embedding, error]) (failed int, err error) {
	for one, err := range images {
		if err != nil {
			return failed, err
		}
		if one.Err != nil {
			failed++
			con.log.Error().Msgf("%s: %v", one.Key, one.Err)
			if c.JSON {
				if err := con.printJSON(classified{Image: one.Key, Error: one.Err.Error()}); err != nil {
					return failed, err
				}
			}
			continue
		}
		scores, err := classifier.Classify([][]float32{one.Values})
		if err != nil {
			return failed, err
		}
		if err := c.print(con, one.Key, scores[0]); err != nil {
			return failed, err
		}
	}
	return failed, nil
}

func (c classifyCommand) print(con *console, image string, scores []evalsuite.LabelScore) error {
	if c.Top > 0 {
		scores = scores[:min(c.Top, len(scores))]
	}
	if c.JSON {
		return con.printJSON(classified{Image: image, Labels: scores})
	}
	parts := make([]string, len(scores))
	for i, s := range scores {
		parts[i] = fmt.Sprintf("%s %.1f%%", s.Label, 100*s.Share)
	}
	con.printf("%s\t%s\n", image, strings.Join(parts, ", "))
	return nil
}
