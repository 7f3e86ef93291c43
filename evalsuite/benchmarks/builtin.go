package benchmarks

import "slices"

// builtin lists the built-in benchmarks.
var builtin = Table{
	// Answers to questions.
	vqav2,
	okvqa,
	aokvqa,
	textvqa,
	vizwiz,
	vizwizAnswerability,
	gqa,
	tallyqa,
	stvqa,
	docvqa,
	infovqa,
	chartqa,
	ocrvqa,
	vgQuestions,
	easyvqa,
	clevr,
	countbenchqa,
	ocrbench,
	textocr,
	msrvttQA,
	msvdQA,
	activitynetQA,
	nextqaOE,
	rsvqaLR,
	rsvqaHR,

	// Choices.
	aokvqaMC,
	ai2d,
	scienceqa,
	mmstar,
	realworldqa,
	mmmu,
	mmbench,
	seedbench,
	nextqa,

	// Yes or no, true or false.
	nlvr,
	nlvr2,
	pope,
	mme,
	vsr,

	// Captions.
	karpathy,
	cocoCaptions,
	nocaps,
	textcaps,
	vizwizCaptions,
	screen2words,
	widgetcap,
	localizedNarratives,
	msrvtt,
	activitynet,
	vatex,
	scicap,
	xm3600,
	coco35L,
	cc3m35L,

	// Retrieval.
	cocoRetrieval,
	flickr30kRetrieval,
	xm3600Retrieval,

	// Classes of images.
	imagenet,
	imagenetReal,
	imagenetV2,
	imagenetA,
	imagenetR,
	imagenetSketch,
	objectnet,

	// Masks and boxes.
	refcoco,
	refcocoPlus,
	refcocog,
	cocoInstances,
	lvis,
	openImagesBoxes,
	vgObjects,
	vgRegions,
}

// Builtin returns a new table of the built-in benchmarks.
func Builtin() Table { return slices.Clone(builtin) }
