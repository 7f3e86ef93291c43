package cli

import (
	"context"

	"github.com/pali3/pali3/ingest/benchmarks"
)

type ingestBenchmark struct {
	Name        string `arg:"" enum:"${layouts}" help:"Benchmark: ${layoutList}."`
	Annotations string `arg:"" help:"File of annotations (ai2d, scicap: the folder; easyvqa, chartqa, pope, mme, imagenet: the file or the folder; activitynet-qa, rsvqa-lr, rsvqa-hr: the answers). All files of a benchmark must be on this machine."`
	Questions   string `placeholder:"FILE" help:"File of questions, for benchmarks that have one (vqav2, okvqa, activitynet-qa, rsvqa-lr, rsvqa-hr); for scicap the list of figures, file_idx.json."`
	Classes     string `placeholder:"FILE" help:"File of class names (openimages-boxes); without it labels are ids such as /m/01yrx."`
	Instances   string `placeholder:"FILE" help:"File of boxes and images (refcoco); by default instances.json beside the annotations."`
	Images      string `placeholder:"FOLDER" help:"Folder of images, or of folders of frames; not needed for a folder of easyvqa, nor for tables that hold the images (mmstar, mmmu, mmbench, ...)."`
	Split       string `help:"Split of samples for which the files give none."`
	languageFlag
	ingestFlags
}

func (c ingestBenchmark) Run(ctx context.Context, con *console) error {
	source, err := benchmarks.New(benchmarks.Options{
		Layout: c.Name, Annotations: c.Annotations, Questions: c.Questions, Classes: c.Classes, Instances: c.Instances, Images: c.Images, Split: c.Split,
	})
	if err != nil {
		return err
	}
	return c.run(ctx, con, source, c.Language)
}
