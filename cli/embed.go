package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/internal/lines"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/stages"
)

// embedCommand writes embeddings of images and texts.
type embedCommand struct {
	Images []string `arg:"" optional:"" name:"image" help:"Image files, folders with all images below them, patterns such as 'photos/*.png', or @FILE for a list of these."`
	Model  string   `required:"" placeholder:"MODEL" help:"Folder of a trained model that compares images with texts, such as quickstart-run/siglip, of a published SigLIP, or of a T5 or its encoder for texts alone; or hf:owner/name@revision."`
	Data   string   `placeholder:"DATASET" help:"Embed the images and texts of a dataset instead of files."`
	Split  string   `default:"all" help:"Split of the dataset."`
	Only   string   `default:"" enum:",images,texts" help:"With --data: images or texts alone."`
	Texts  string   `placeholder:"FILE" help:"Embed the lines of a text file; - is standard input."`
	Out    string   `required:"" placeholder:"FILE" help:"Parquet file to write: key, kind, index, text, language, embedding."`
	Pool   string   `default:"" enum:",mean,max,first,last" help:"How a T5's states of a text become one vector: mean, the default, max, first or last. A SigLIP has a rule of its own."`
	Batch  int      `default:"64" help:"Images or texts embedded together."`
	JSON   bool     `help:"Print one JSON object."`
	embedderFlags
}

// embedderFlags are those of commands that embed images.
type embedderFlags struct {
	SequenceLength int `placeholder:"N" help:"Most patches of an image, for a model of images of any aspect (SigLIP 2 NaFlex). Default: as the model's image ops say."`
	modelFlags
}

// Validate requires one source.
func (c *embedCommand) Validate() error {
	sources := 0
	for _, given := range []bool{len(c.Images) > 0, c.Data != "", c.Texts != ""} {
		if given {
			sources++
		}
	}
	switch {
	case sources != 1:
		return errors.New("name images, or --data DATASET, or --texts FILE: one of them")
	case c.Only != "" && c.Data == "":
		return errors.New("--only chooses among what a dataset has: give --data")
	case c.Batch < 1:
		return fmt.Errorf("--batch is %d, want 1 or more", c.Batch)
	}
	return nil
}

func (c embedCommand) Run(ctx context.Context, con *console) error {
	be, trained, err := c.openRun(c.Model, con)
	if err != nil {
		return err
	}
	if _, encodes := trained.Model.(family.TextEncoder); encodes {
		return c.texts(ctx, con, be, trained)
	}
	if c.Pool != "" {
		return fmt.Errorf("--pool is for models that encode texts alone; a %s has a rule of its own", trained.Family.Name)
	}
	embedder, err := c.embedderOf(be, trained)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Model, err)
	}
	embedder.Batch = c.Batch
	all, failed, err := c.embeddings(ctx, con, embedder)
	if err != nil {
		return err
	}
	return c.write(con, all, failed)
}

// texts embeds texts with the encoder of a language model.
func (c embedCommand) texts(ctx context.Context, con *console, be compute.Backend, trained *stages.Trained) error {
	if len(c.Images) > 0 || c.Only == "images" {
		return fmt.Errorf("%s: a model of the family %s embeds no images: use one of siglip", c.Model, trained.Family.Name)
	}
	embedder, err := evalsuite.NewTextEmbedder(be, trained, evalsuite.TextPool(c.Pool))
	if err != nil {
		return fmt.Errorf("%s: %w", c.Model, err)
	}
	embedder.Batch = c.Batch
	texts, finish, err := c.textsToEmbed(ctx, con)
	if err != nil {
		return err
	}
	err = errors.Join(c.write(con, embedder.EmbedTexts(ctx, texts), 0), finish())
	if embedder.Truncated > 0 {
		con.warn(fmt.Sprintf("cut off what is beyond %[2]d ids in %[1]s", plural(embedder.Truncated, "text"), embedder.MaxLength))
	}
	return err
}

// textsToEmbed returns the lines of the file, or the dataset's texts, and what closes them.
func (c embedCommand) textsToEmbed(ctx context.Context, con *console) (iter.Seq2[evalsuite.Embedding, error], func() error, error) {
	if c.Data == "" {
		lines, err := readLines(ctx, con, c.Texts)
		return evalsuite.TextLines(lines), func() error { return nil }, err
	}
	d, err := con.registry().Mixture().OpenData(ctx, c.Data)
	if err != nil {
		return nil, nil, err
	}
	if c.Only == "" {
		con.info("the model embeds no images: texts alone")
	}
	return evalsuite.TextsOf(d, c.Split), d.Close, nil
}

// write writes the embeddings, and says so.
func (c embedCommand) write(con *console, all iter.Seq2[evalsuite.Embedding, error], failed int) error {
	done, err := evalsuite.WriteEmbeddings(c.Out, c.Model, all, func(e evalsuite.Embedding) {
		con.log.Error().Msgf("%s: %v", e.Key, e.Err)
	})
	if err != nil {
		return err
	}
	if done.Failed += failed; c.JSON {
		err = con.printJSON(done)
	} else {
		con.printf("wrote %d embeddings of width %d to %s: %d of images, %d of texts\n", done.Rows, done.Width, done.Out, done.Images, done.Texts)
	}
	if err == nil && done.Failed > 0 {
		err = fmt.Errorf("%d images could not be embedded; the errors are above", done.Failed)
	}
	return err
}

// openEmbedder opens a model that compares images with texts.
func openEmbedder(con *console, flags embedderFlags, model string) (*evalsuite.Embedder, error) {
	be, trained, err := flags.openRun(model, con)
	if err != nil {
		return nil, err
	}
	embedder, err := flags.embedderOf(be, trained)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", model, err)
	}
	return embedder, nil
}

// embedderOf returns the embedder of an open model.
func (f embedderFlags) embedderOf(be compute.Backend, trained *stages.Trained) (*evalsuite.Embedder, error) {
	if n := f.SequenceLength; n != 0 && trained.Pipeline == nil {
		return nil, errors.New("--sequence-length: the model takes no images")
	} else if n != 0 {
		var err error
		if trained.Pipeline, err = trained.Pipeline.WithSequenceLength(n); err != nil {
			return nil, fmt.Errorf("--sequence-length: %w", err)
		}
	}
	return evalsuite.NewEmbedder(be, trained)
}

// embeddings returns what is asked for, and the number of names without an image.
func (c embedCommand) embeddings(ctx context.Context, con *console, e *evalsuite.Embedder) (all iter.Seq2[evalsuite.Embedding, error], failed int, err error) {
	switch {
	case c.Data != "":
		return c.ofDataset(ctx, con, e)
	case c.Texts != "":
		texts, err := readLines(ctx, con, c.Texts)
		return e.EmbedTexts(ctx, evalsuite.TextLines(texts)), 0, err
	}
	found, err := evalsuite.FindImages(ctx, con.in, c.Images, "")
	if err != nil {
		return nil, 0, err
	}
	if note := found.Note(); note != "" {
		con.log.Info().Msg(note)
	}
	for _, missing := range found.Missing {
		con.log.Error().Msg(missing.Error())
	}
	return e.EmbedImages(ctx, evalsuite.ReadImages(found.Paths)), len(found.Missing), nil
}

// ofDataset returns the embeddings of a dataset's images, then of its texts.
func (c embedCommand) ofDataset(ctx context.Context, con *console, e *evalsuite.Embedder) (iter.Seq2[evalsuite.Embedding, error], int, error) {
	d, err := con.registry().Mixture().OpenData(ctx, c.Data)
	if err != nil {
		return nil, 0, err
	}
	return func(yield func(evalsuite.Embedding, error) bool) {
		defer d.Close()
		if c.Only != "texts" {
			for one, err := range e.EmbedImages(ctx, evalsuite.ImagesOf(d, c.Split)) {
				if !yield(one, err) {
					return
				}
			}
		}
		if c.Only != "images" {
			for one, err := range e.EmbedTexts(ctx, evalsuite.TextsOf(d, c.Split)) {
				if !yield(one, err) {
					return
				}
			}
		}
	}, 0, nil
}

// readLines reads the lines of a file, or of standard input for "-".
func readLines(ctx context.Context, con *console, path string) (all []string, err error) {
	var in io.Reader = con.in
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	err = lines.Each(ctx, in, func(_ int, line string) error {
		all = append(all, strings.TrimSuffix(line, "\r"))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return all, nil
}
