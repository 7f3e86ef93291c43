package cli

// commands are the subcommands of the program. [commandGroups] orders them in its help.
type commands struct {
	ShowHelp    helpFlag    `name:"help" short:"h" help:"Show help for the program or a command."`
	ShowVersion versionFlag `name:"version" help:"Print the version."`

	Quiet   bool `short:"q" xor:"loudness" help:"Print only warnings and errors on standard error."`
	Verbose bool `short:"v" xor:"loudness" help:"Print more detail on standard error."`

	Quickstart quickstartCommand `cmd:"" help:"Train, score and report a small PaLI-3 on built-in images."`
	Start      startCommand      `cmd:"" help:"Measure your own data and write a project for it: recipes and a pipeline."`
	Run        runCommand        `cmd:"" help:"Run a project, resumably: curate, split, train, score, report."`
	Ingest     ingestCommand     `cmd:"" help:"Turn folders, tables, archives, hubs and the web into a dataset."`
	Shards     shardsCommand     `cmd:"" help:"Look into, convert, rewrite, check and repair datasets."`
	Curate     curateCommand     `cmd:"" help:"Remove low-quality, duplicate and contaminated samples."`
	Tokenizer  tokenizerCommand  `cmd:"" help:"Train, run, compare and convert SentencePiece models."`
	Masks      masksCommand      `cmd:"" help:"Cut masks to their boxes, and make tokens of them."`
	Recipe     recipeCommand     `cmd:"" help:"List, show, write, check and compare recipes."`
	Augment    augmentCommand    `cmd:"" help:"Show what image ops make of an image."`
	Mix        mixCommand        `cmd:"" help:"Show the examples and batches that a recipe makes."`
	Train      trainCommand      `cmd:"" help:"Train a stage by its recipe, resumably: SigLIP, UL2 or PaLI-3."`
	Cache      cacheCommand      `cmd:"" help:"Fill, list, check and remove visual tokens that are kept on disk."`
	Caption    captionCommand    `cmd:"" help:"Describe images with a trained model."`
	Ask        askCommand        `cmd:"" help:"Answer a question about images with a trained model."`
	Detect     detectCommand     `cmd:"" help:"Find objects in images: their boxes, with a trained model."`
	Segment    segmentCommand    `cmd:"" help:"Find an object's mask in images with a trained model."`
	Classify   classifyCommand   `cmd:"" help:"Name what images show, among given labels."`
	Embed      embedCommand      `cmd:"" help:"Write embeddings of images and texts to a Parquet file."`
	Predict    predictCommand    `cmd:"" help:"Write a trained model's predictions for a dataset or image files."`
	Eval       evalGroup         `cmd:"" help:"Score a trained model, or predictions of any model, and compare scores."`
	Report     reportCommand     `cmd:"" help:"Write an HTML page about a run, several runs or a project."`
	Describe   describeCommand   `cmd:"" help:"Print parameters, shapes, FLOPs and memory of a model."`
	Export     exportCommand     `cmd:"" help:"Write a trained model as a folder that transformers loads."`
	Forward    forwardCommand    `cmd:"" help:"Run a model on given tensors and write results and hidden states."`
	Weights    weightsCommand    `cmd:"" help:"Look into, compare, average and convert files of weights."`
	Doctor     doctorCommand     `cmd:"" help:"Check CPU, memory, disk and backends."`
	Completion completionCommand `cmd:"" help:"Print a script that completes command lines in a shell."`
	Complete   completeCommand   `cmd:"" hidden:"" help:"List completions of the last word."`
	Version    versionCommand    `cmd:"" hidden:"" help:"Print the version."`
}
