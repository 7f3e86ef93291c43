package cli

// commands lists the subcommands in pipeline order.
type commands struct {
	ShowHelp    helpFlag    `name:"help" short:"h" help:"Show context-sensitive help."`
	ShowVersion versionFlag `name:"version" help:"Print the version."`

	Quiet   bool `short:"q" xor:"loudness" help:"No progress and no notes: warnings and errors only."`
	Verbose bool `short:"v" xor:"loudness" help:"Say more of what is done."`

	Quickstart quickstartCommand `cmd:"" help:"The main job at small scale: real pictures to a trained, scored and reported PaLI-3."`
	Start      startCommand      `cmd:"" help:"Look at your own data and write a project for them: recipes, and a pipeline that runs them."`
	Run        runCommand        `cmd:"" help:"Do what a project's pipeline says: curate, split, train, score, report; resumable."`
	Ingest     ingestCommand     `cmd:"" help:"Turn folders, tables and archives into a dataset."`
	Shards     shardsCommand     `cmd:"" help:"Look at a dataset, convert, rewrite, check and repair it."`
	Curate     curateCommand     `cmd:"" help:"Remove bad, doubled and contaminated samples by the rules of a recipe."`
	Tokenizer  tokenizerCommand  `cmd:"" help:"Encode and decode text with a SentencePiece model; inspect one."`
	Recipe     recipeCommand     `cmd:"" help:"List, show, check and compare recipes of training and curation."`
	Mix        mixCommand        `cmd:"" help:"Show what a recipe feeds: a summary, the examples, or the digests of its batches."`
	Train      trainCommand      `cmd:"" help:"Train a stage by its recipe, resumable: SigLIP, UL2, PaLI-3."`
	Caption    captionCommand    `cmd:"" help:"Name what images show, in a language, with a trained model."`
	Ask        askCommand        `cmd:"" help:"Answer a question about images with a trained model."`
	Predict    predictCommand    `cmd:"" help:"Write what a trained model says of a dataset's split, or of image files."`
	Eval       evalCommand       `cmd:"" help:"Score a trained model on a dataset's split, or predictions of any model."`
	Report     reportCommand     `cmd:"" help:"Write one HTML page of a run, of runs side by side, or of a project."`
	Describe   describeCommand   `cmd:"" help:"Tell parameters, shapes, FLOPs and memory of a model."`
	Forward    forwardCommand    `cmd:"" help:"Run a model on given tensors: results and hidden states by name."`
	Doctor     doctorCommand     `cmd:"" help:"Tell what pali3 has to work with here, and what is missing."`
	Completion completionCommand `cmd:"" help:"Print the script that completes pali3's command lines in a shell."`
	Complete   completeCommand   `cmd:"" hidden:"" help:"List what may stand in place of the last word."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
}
