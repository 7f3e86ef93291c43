package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/stages"
)

// predictCommand writes the predictions of a trained model for many images.
type predictCommand struct {
	Images []string `arg:"" optional:"" name:"image" help:"Image files, folders, patterns such as 'photos/*.png', or @FILE for a list, instead of --data."`
	List   string   `name:"images" placeholder:"FILE" help:"File with one image, folder or pattern a line; - is standard input."`
	Model  string   `required:"" placeholder:"RUN" help:"Run folder of a trained PaLI-3, for example quickstart-run/caption."`
	Data   string   `placeholder:"DATASET" help:"Dataset folder."`
	Split  string   `placeholder:"SPLIT" help:"Split of the dataset; all takes every sample."`
	Out    string   `required:"" placeholder:"FILE" help:"JSON lines to write: id, prediction, task, language, prompt, raw, score (log-probability), image_sha256, weights. It appears once it is complete; after an interrupt the same command resumes."`

	Task     string   `placeholder:"TASK" help:"caption, vqa, ocr, vqg, split_cap, object_vqa, match, detect, segment or region_caption; by default what the run was trained on."`
	Lang     []string `placeholder:"LANG" help:"Languages to ask in (BCP-47); by default those of each sample's texts, or en for image files."`
	Question string   `help:"Question to ask of each file (task vqa)."`
	Texts    []string `placeholder:"KIND" help:"Kinds of text that count as captions (caption, alt, title); by default those that the run was trained on."`
	Samples  int      `placeholder:"N" help:"Predict for at most N samples of the split, drawn by --seed."`
	NoShots  bool     `help:"Ask without the solved examples that the run's task has before each question; otherwise they are drawn from the dataset's training split."`
	Fresh    bool     `help:"Replace a complete file that holds other predictions."`

	decodingFlags

	Batch int `placeholder:"N" help:"Queries answered together; default 64."`
	modelFlags
	JSON bool `help:"Print one JSON object about the file."`
}

func (c predictCommand) Run(ctx context.Context, con *console) error {
	if err := c.check(); err != nil {
		return err
	}
	o, err := c.options(con)
	if err != nil {
		return err
	}
	be, trained, err := c.openRun(c.Model, con)
	if err != nil {
		return err
	}
	line := &predicting{con: con}
	defer line.end()
	o.Progress = func(done, total int) { line.set(c.Out, done, total) }
	did, err := c.predict(ctx, be, trained, o, con)
	if err != nil {
		return resumable(ctx, con, err)
	}
	line.end()
	if did.Failed.Count > 0 {
		con.log.Warn().Msgf("%d of %d predictions failed, for example %s", did.Failed.Count, did.Predictions, strings.Join(did.Failed.Names, "; "))
	}
	if err := c.print(con, did); err != nil {
		return err
	}
	if did.Failed.Count == did.Predictions {
		return errors.New("all predictions failed")
	}
	return nil
}

// check returns an error if flags are missing or conflict.
func (c predictCommand) check() error {
	named := len(c.Images) > 0 || c.List != ""
	switch {
	case named && c.Data != "":
		return errors.New("name image files, or a dataset with --data; not both")
	case !named && c.Data == "":
		return errors.New("nothing to predict for: name image files or folders, or a dataset with --data DATASET --split SPLIT")
	case named && c.Split != "":
		return errors.New("--split selects from a dataset: name it with --data")
	case named && c.Samples != 0:
		return errors.New("--samples draws from a dataset: name it with --data")
	case c.Samples < 0:
		return fmt.Errorf("--samples must be 0 or more, not %d", c.Samples)
	}
	return nil
}

func (c predictCommand) options(con *console) (evalsuite.PredictOptions, error) {
	o := evalsuite.PredictOptions{
		Task: c.Task, Out: c.Out, Fresh: c.Fresh, Languages: c.Lang, Texts: c.Texts, Question: c.Question,
		Samples: c.Samples, Seed: c.Seed, Batch: c.Batch, NoShots: c.NoShots, Warn: con.warn,
	}
	var err error
	o.Method, o.Choices, err = c.method()
	return o, err
}

func (c predictCommand) predict(ctx context.Context, be compute.Backend, t *stages.Trained, o evalsuite.PredictOptions, con *console) (did *evalsuite.Predicted, err error) {
	if c.Data != "" {
		err = con.onData(c.Data, func(d mixture.Data) error {
			did, err = evalsuite.Predict(ctx, be, t, d, c.Split, o)
			return err
		})
		return did, err
	}
	found, err := evalsuite.FindImages(ctx, con.in, c.Images, c.List)
	if err != nil {
		return nil, err
	}
	for i, missing := range found.Missing {
		if i == 3 {
			con.log.Warn().Msgf("and %d more arguments that name no image", len(found.Missing)-i)
			break
		}
		con.log.Warn().Msg(missing.Error())
	}
	if note := found.Note(); note != "" {
		con.log.Warn().Msg(note)
	}
	if len(found.Paths) == 0 {
		return nil, errors.New("no images found")
	}
	return evalsuite.PredictFiles(ctx, be, t, found.Paths, evalsuite.ReadImageFile, o)
}

func (c predictCommand) print(con *console, did *evalsuite.Predicted) error {
	if c.JSON {
		return con.printJSON(did)
	}
	con.printf("%s: %s by the task %s", c.Out, plural(did.Predictions, "prediction"), did.Task)
	if did.Found > 0 {
		con.printf(", %d of them from an earlier run", did.Found)
	}
	if did.Failed.Count > 0 {
		con.printf(", %d failed", did.Failed.Count)
	}
	con.println()
	if c.Data != "" && (did.Task == evalsuite.CaptionTask || did.Task == evalsuite.VQATask) {
		lang := ""
		if len(c.Lang) > 0 {
			lang = " --lang " + strings.Join(c.Lang, ",")
		}
		con.printf("Next: %s eval --data %s --split %s%s --predictions %s\n", con.program.Name, quoted(c.Data), quoted(c.Split), lang, quoted(c.Out))
	}
	return nil
}
