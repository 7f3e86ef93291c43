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
}

// read yields a benchmark's items.
type read func(ctx context.Context, o Options) iter.Seq2[item, error]

// layouts is the table of layouts.
func layouts() []layout {
	return []layout{
		{"coco-captions", readCOCO, ""},
		{"coco-instances", readCOCO, ""},
		{"lvis", readCOCO, ""},
		{"nocaps", readCOCO, ""},
		{"karpathy", readKarpathy, "images.sentences images.filename"},
		{"vqav2", readVQA, ""},
		{"okvqa", readVQA, ""},
		{"vizwiz", readVizWiz, ".image .question"},
		{"gqa", readGQA, "*.imageId *.question"},
		{"tallyqa", readTallyQA, ".image .question"},
		{"textvqa", readTextVQA, "data.question data.image_id"},
		{"textcaps", readTextCaps, "data.image_id"},
		{"stvqa", readTextVQA, "data.question data.file_path"},
		{"docvqa", readTextVQA, "data.question data.image"},
		{"infovqa", readTextVQA, "data.question data.image_local_name"},
		{"ocrvqa", readOCRVQA, "*.questions"},
		{"chartqa", readChartQA, ".imgname .query"},
		{"ai2d", readAI2D, ""},
		{"scienceqa", readScienceQA, "*.question *.choices"},
		{"xm3600", readXM3600, ".image/key"},
		{"vg-regions", readVGRegions, ".regions"},
		{"vg-questions", readVGQuestions, ".qas"},
		{"vg-objects", readVGObjects, ".objects"},
		{"easyvqa", readEasyVQA, ""},
		{"openimages-boxes", readOpenImages, ""},
		{"localized-narratives", readNarratives, ".image_id .caption"},
		{"nlvr2", readNLVR2, ".identifier .sentence"},
		{"cc3m-35l", readCC3M35L, ".image_id .trg_lang"},
		{"coco-35l", readCOCO35L, ".image_id .trg_lang"},
		{"refcoco", readRefCOCO, ""},
		{"screen2words", readScreen2Words, ""},
		{"widgetcap", readWidgetCap, ""},
		{"msrvtt", readMSRVTT, "videos.video_id sentences.video_id"},
		{"activitynet", readActivityNet, "*.sentences"},
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
