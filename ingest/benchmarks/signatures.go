package benchmarks

// signatures are the fields by which layouts are recognised, the most specific first.
var signatures = []struct {
	layout string
	fields string // that the file must have
}{
	{"the questions of rsvqa-lr or rsvqa-hr (give them with --questions)", "questions.img_id questions.answers_ids"},
	{"rsvqa-lr or rsvqa-hr", "answers.people_id answers.question_id"},
	{"nocaps", "images.domain annotations.caption"},
	{"vizwiz-captions", "annotations.is_precanned annotations.caption"},
	{"coco-captions", "images.file_name annotations.caption"},
	{"lvis", "images.neg_category_ids"},
	{"coco-instances", "annotations.bbox annotations.category_id"},
	{"COCO's panoptic annotations (which no layout reads)", "annotations.segments_info"},
	{"karpathy", "images.sentences"},
	{"the questions of vqav2 or okvqa (give them with --questions)", "questions.question_id questions.image_id"},
	{"the annotations of vqav2 or okvqa", "annotations.question_id annotations.answers"},
	{"msrvtt", "videos.video_id sentences.video_id"},
	{"infovqa", "data.image_local_name"}, {"docvqa", "data.questionId data.image"}, {"stvqa", "data.file_path data.question"},
	{"textocr", "imgToAnns anns"}, {"textcaps", "data.reference_strs"}, {"textcaps", "data.caption_str"}, {"textvqa", "data.image_id data.question"},
	{"vizwiz", ".image .question .answerable"}, {"vizwiz", ".image .question .answers"}, {"tallyqa", ".image .question .answer .question_id"},
	{"chartqa", ".imgname"}, {"vg-regions", ".regions"}, {"vg-objects", ".objects"}, {"vg-questions", ".qas"},
	{"localized-narratives", ".dataset_id .caption"}, {"nlvr", ".identifier .structured_rep"}, {"nlvr2", ".identifier .sentence"}, {"xm3600", ".image/key"},
	{"coco-35l or cc3m-35l", ".src_lang .trg_lang"},
	{"vatex", ".videoID .enCap"}, {"gqa", "*.imageId"}, {"ocrvqa", "*.imageURL"}, {"scienceqa", "*.choices"}, {"activitynet", "*.timestamps"}, {"ai2d", "*.answerTexts"},
	{"openimages-boxes", ",LabelName ,XMin"}, {"screen2words", ",screenId ,summary"}, {"widgetcap", ",screenId ,captions"},
}
