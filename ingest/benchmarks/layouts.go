package benchmarks

import (
	"context"
	"iter"
	"slices"
)

// layout is how the files of a benchmark are laid out.
type layout struct {
	name string
	read read
	// needs are the fields that the first elements of the file must have. In "images.sentences",
	// images is a member of the file; ".image" is a field of the elements of a list or of lines;
	// "*.imageId" is a field of values by name. A layout without needs checks what it reads itself.
	needs string
	// merge is byImage if read yields an item for each question, which a dataset has by image.
	merge func(read) read
	// embeds says that the images can be in the file itself.
	embeds bool
	// spaces keeps white space around texts in a dataset.
	spaces bool
	// records is the reader for [Annotations] instead of read, or nil: a faster one, or one that
	// yields what the owner's evaluation reads and a dataset does not have.
	records func(ctx context.Context, o Options) iter.Seq2[Record, error]
}

// items yields the items of a dataset.
func (l layout) items(ctx context.Context, o Options) iter.Seq2[item, error] {
	if l.merge != nil {
		return l.merge(l.read)(ctx, o)
	}
	return l.read(ctx, o)
}

// read yields a benchmark's items.
type read func(ctx context.Context, o Options) iter.Seq2[item, error]

// layouts is the table of layouts.
func layouts() []layout {
	return []layout{
		{name: "coco-captions", read: readCOCO},
		{name: "coco-instances", read: readCOCO, records: cocoScenes},
		{name: "lvis", read: readCOCO, records: cocoScenes},
		{name: "nocaps", read: readCOCO},
		{name: "vizwiz-captions", read: readCOCO},
		{name: "karpathy", read: readKarpathy, needs: "images.sentences images.filename"},
		{name: "vqav2", read: readVQA, merge: byImage, records: vqaRecords},
		{name: "okvqa", read: readVQA, merge: byImage, records: vqaRecords},
		{name: "vizwiz", read: readVizWiz, needs: ".image .question"},
		{name: "gqa", read: readGQA, needs: "*.imageId *.question", merge: byImage},
		{name: "tallyqa", read: readTallyQA, needs: ".image .question", merge: byImage},
		{name: "textvqa", read: readTextVQA, needs: "data.question data.image_id", merge: byImage},
		{name: "textcaps", read: distinct(readTextCaps), needs: "data.image_id", records: recordsOf(textCapsReferences)},
		{name: "textocr", read: readTextOCR, records: textOCRRecords},
		{name: "stvqa", read: readTextVQA, needs: "data.question data.file_path", merge: byImage},
		{name: "docvqa", read: readTextVQA, needs: "data.question data.image", merge: byImage},
		{name: "infovqa", read: readTextVQA, needs: "data.question data.image_local_name", merge: byImage},
		{name: "ocrvqa", read: readOCRVQA, needs: "*.questions"},
		{name: "chartqa", read: readChartQA, needs: ".imgname .query", merge: byImage},
		{name: "ai2d", read: readAI2D},
		{name: "aokvqa", read: readAOKVQA, needs: ".question_id .choices", merge: byImage},
		{name: "aokvqa-mc", read: readAOKVQAChoices, needs: ".question_id .choices", merge: byImage},
		{name: "pope", read: readPOPE, needs: ".image .label", merge: byImage},
		{name: "scienceqa", read: readScienceQA, needs: "*.question *.choices"},
		{name: "xm3600", read: readXM3600, needs: ".image/key", records: recordsOf(xm3600References)},
		{name: "vg-regions", read: readVGRegions, needs: ".regions"},
		{name: "vg-questions", read: readVGQuestions, needs: ".qas"},
		{name: "vg-objects", read: readVGObjects, needs: ".objects"},
		{name: "easyvqa", read: readEasyVQA},
		{name: "openimages-boxes", read: readOpenImages, records: openScenes},
		{name: "imagenet", read: readImageNet},
		{name: "objectnet", read: readObjectNet},
		{name: "localized-narratives", read: readNarratives, needs: ".image_id .caption"},
		{name: "mme", read: readMME, merge: byImage, embeds: true},
		{name: "mmstar", read: readMMStar, merge: byImage, embeds: true},
		{name: "realworldqa", read: readRealWorldQA, merge: byImage, embeds: true},
		{name: "mmmu", read: readMMMU, embeds: true},
		{name: "mmbench", read: readMMBench, merge: byImage, embeds: true},
		{name: "countbenchqa", read: readCountBenchQA, merge: byImage, embeds: true},
		{name: "ocrbench", read: readOCRBench, merge: byImage, embeds: true},
		{name: "seedbench", read: readSEEDBench, needs: "questions.choice_a questions.data_id", merge: byImage},
		{name: "clevr", read: readCLEVR, needs: "questions.image_filename questions.question_index", merge: byImage},
		{name: "vsr", read: readVSR, needs: ".image .caption .label", merge: byImage},
		{name: "msrvtt-qa", read: readVideoQA, needs: ".question .answer", merge: byImage},
		{name: "msvd-qa", read: readVideoQA, needs: ".question .answer", merge: byImage},
		{name: "activitynet-qa", read: readActivityNetQA, needs: ".question_id .answer", merge: byImage},
		{name: "nextqa", read: readNExTQA, merge: byImage},
		{name: "nextqa-oe", read: readNExTOE, merge: byImage},
		{name: "rsvqa-lr", read: readRSVQA, needs: "answers.question_id answers.answer", merge: byImage},
		{name: "rsvqa-hr", read: readRSVQA, needs: "answers.question_id answers.answer", merge: byImage},
		{name: "nlvr", read: readNLVR, needs: ".identifier .sentence .directory"},
		{name: "nlvr2", read: readNLVR2, needs: ".identifier .sentence"},
		{name: "cc3m-35l", read: readCC3M35L, needs: ".image_id .trg_lang", records: recordsOf(cc3m35LReferences)},
		{name: "coco-35l", read: readCOCO35L, needs: ".image_id .trg_lang", records: recordsOf(coco35LReferences)},
		{name: "refcoco", read: readRefCOCO, records: referringScenes},
		{name: "screen2words", read: readScreen2Words},
		{name: "widgetcap", read: readWidgetCap},
		{name: "scicap", read: readSciCap},
		{name: "msrvtt", read: readMSRVTT, needs: "videos.video_id sentences.video_id", spaces: true},
		{name: "activitynet", read: readActivityNet, needs: "*.sentences", spaces: true},
		{name: "vatex", read: readVATEX, needs: ".videoID .enCap", records: recordsOf(vatexReferences), spaces: true},
	}
}

// layoutOf returns the layout of a name.
func layoutOf(name string) (layout, bool) {
	for _, l := range layouts() {
		if l.name == name {
			return l, true
		}
	}
	return layout{}, false
}

// Layouts returns the names of the layouts, in alphabetical order.
func Layouts() []string {
	var names []string
	for _, l := range layouts() {
		names = append(names, l.name)
	}
	slices.Sort(names)
	return names
}
