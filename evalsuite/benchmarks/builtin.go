package benchmarks

import "slices"

// builtin lists the built-in benchmarks.
var builtin = Table{
	// Answers to questions.
	vqav2,
	okvqa,
	textvqa,
	vizwiz,
	stvqa,
	docvqa,
	infovqa,
	chartqa,
	easyvqa,

	// Captions.
	cocoCaptions,
	karpathy,
	nocaps,
	textcaps,
	screen2words,
	widgetcap,
	msrvtt,
	activitynet,
	localizedNarratives,
}

// Builtin returns a new table of the built-in benchmarks.
func Builtin() Table { return slices.Clone(builtin) }
