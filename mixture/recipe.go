package mixture

import (
	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/tokenize"
)

// Recipe says what a model is fed. It is the data half of a stage's YAML.
type Recipe struct {
	// Include names recipes that this one begins with: what it says itself takes the place of what
	// they say, and lists of tasks are joined by the tasks' names. The recipe of a run has them
	// merged. Default: none. Legal: a YAML file or a list of them, relative to this one.
	Include []string `yaml:"include,omitempty"`
	// Seed of every random choice: the order of the samples, crops, dropout, the first weights.
	// Default: 0.
	Seed uint64 `yaml:"seed"`
	// Data is the dataset of tasks that do not name their own: a folder or a URL of an object
	// store. Default: none, then every task names one.
	Data string `yaml:"data" path:"relative"`
	// Tokenizer is the vocabulary of all texts. Required.
	Tokenizer tokenize.Config `yaml:"tokenizer"`
	// Images says how images become pixels. Tasks with images need it.
	Images ImageConfig `yaml:"images,omitempty"`
	// Lengths are the fixed sizes of a batch's rows of ids. Required.
	Lengths Lengths `yaml:"lengths"`
	// Batch is the number of examples in a step, or of rows with packing. Required. Legal: 1 to
	// 16777216.
	Batch int `yaml:"batch"`
	// Packing puts several examples into each of the batch's rows. Default: none, a row is one
	// example.
	Packing *Packing `yaml:"packing,omitempty"`
	// Tasks are what is trained, mixed by their weights. Required.
	Tasks []Task `yaml:"tasks"`
	// Temperature flattens the weights: a weight w counts as w^(1/T). Default: 1.
	// Legal: 0 (as 1) and above.
	Temperature float64 `yaml:"temperature,omitempty"`
	// Sizes multiplies the weight of each task by the number of samples that it can use, before the
	// temperature: with weights of 1, all samples are equally frequent. Default: false.
	Sizes bool `yaml:"sizes,omitempty"`
	// Mixtures are groups of tasks with a weight of their own: see the keys tasks and mixture of a
	// task. Default: none.
	Mixtures []Mixture `yaml:"mixtures,omitempty"`
	// Curriculum is the weights at some steps. Between two of them the share of each task changes
	// linearly; before the first and after the last it is constant. Default: the tasks' own weights
	// at all steps.
	Curriculum []CurriculumPoint `yaml:"curriculum,omitempty"`
	// WhenUsedUp says what happens when a task has had its epochs. Default: continue. Legal:
	// continue (the other tasks share what is left, and the stream ends when all are used up), stop
	// (the stream ends).
	WhenUsedUp string `yaml:"when_used_up,omitempty"`
	// StreamVersion is the version of the order of examples: which task is next, and which sample.
	// A run records the one that it began with and keeps it when it is resumed; a run from before
	// there were versions, and a recipe that names its family by the older key stage, have 1.
	// Default: 0, the newest, or that of the run to resume. Legal: 0 to 3.
	StreamVersion int `yaml:"stream_version,omitempty"`
	// Prompts names the set of prompts of tasks without one of their own. Default: pali. Legal:
	// pali, paligemma.
	Prompts string `yaml:"prompts,omitempty"`
	// Registry holds the kinds, image ops and tokenizers that the recipe may name. Default: the
	// built-in ones.
	Registry *Registry `yaml:"-"`
}

// ImageConfig says how images become pixels.
type ImageConfig struct {
	// Ops in the mini-language, for example "decode|resize(224)|value_range(-1,1)". They must give
	// one fixed size, a multiple of the image encoder's patch. For a model with naflex they may
	// give images of any aspect: "decode|resize_to_sequence(16,256)|value_range(-1,1)" has at most
	// 256 patches of 16 pixels. Default: none, for recipes without images.
	Ops string `yaml:"ops"`
	// EvalOps are used in place of Ops where the model is scored or used, and nothing may be
	// random. They give the size that ops give. Default: ops.
	EvalOps string `yaml:"eval_ops,omitempty"`
	// SequenceLengths are the numbers of patches of images in training, in place of that of ops: of
	// each batch one of them, drawn by the seed and the step. SigLIP 2 draws from [128, 256, 576,
	// 784, 1024]. A number that stands twice is drawn twice as often. Default: none, the number of
	// ops, which is also that of evaluations. Legal: at most 16 numbers of 1 to 16384, with ops
	// that have resize_to_sequence.
	SequenceLengths []int `yaml:"sequence_lengths,omitempty"`
	// PerExample is the most images that an example holds; the family siglip takes 1. Default: 1.
	// Legal: 0 (as 1) to 65536.
	PerExample int `yaml:"per_example,omitempty"`
	// MinBoxPart is how much of a box must be left after ops that crop, as a part of its area; the
	// boxes of kinds detect and segment move with the image, and one of which less is left is left
	// out. Default: 0.3. Legal: 0 (as 0.3) to 1.
	MinBoxPart float64 `yaml:"min_box_part,omitempty"`
	// MaskCodec is a file or folder of weights of the mask VQ-VAE whose codes the masks of kind
	// segment have. With it masks follow ops that crop, flip or turn: the bitmap of a box, or what
	// its codes decode to, moves with the image and is coded again. Codes of such masks may differ
	// between kinds of CPU. Default: none; masks that are cut are left out, and ops that flip or
	// turn are refused.
	MaskCodec string `yaml:"mask_codec,omitempty" path:"relative"`
}

// Lengths of a batch's rows, in ids.
type Lengths struct {
	// Encoder is the room of a prompt, of a text to compare or of a corrupted text, end of sentence
	// included; longer ones are truncated. Required. Legal: 1 to 1048576.
	Encoder int `yaml:"encoder"`
	// Decoder is the room of a target, end of sentence included; longer ones are truncated.
	// Default: 0, for contrastive tasks; all others need it. Legal: 0 to 1048576.
	Decoder int `yaml:"decoder,omitempty"`
	// Texts is the number of texts of an image in a contrastive example, each in its own row, so
	// that the image tower runs once for all of them. Default: 1. Legal: 0 (as 1) to 65536;
	// above 1 only for contrastive tasks.
	Texts int `yaml:"texts,omitempty"`
}

// Task is one kind of example made from one split of one dataset.
type Task struct {
	// Name of the task, for reports. It is part of what keys the random choices. Required. Legal:
	// one that no other task has.
	Name string `yaml:"name"`
	// Kind is how a sample becomes an example:
	//
	//	contrastive      an image and its texts, to be told from others (stage siglip)
	//	match            an image and a text, of this sample or of another: yes or no
	//	caption          a text of an image, in its language
	//	split_cap        the first words of a text, the rest to be said
	//	ocr              the text read in an image
	//	vqa              a question of an image and one of its answers
	//	vqg              an answer, its question to be asked
	//	object_vqa       which of some objects are in an image, or how many
	//	detect           names of objects, their boxes to be found
	//	segment          a name or phrase, the boxes and masks of its objects to be found; the
	//	                 dataset needs the masks' codes, which pali3 masks encode writes
	//	region_caption   a box, its label to be said
	//	denoise          texts and questions without the image, parts of them hidden (UL2)
	//	span_corruption  as denoise, with T5's spans alone: the text-only part of PaLI's mixture
	//	prefix_lm        the first part of a text without the image, the rest to be said
	//	text_replay      a text with parts hidden, or a question with its answer, without the image
	//
	// Required. Legal: one of these.
	Kind string `yaml:"kind"`
	// Weight of the task in the mixture, relative to the others'; of weight 0 no example is made.
	// Required. Legal: 0 and above, one above 0.
	Weight float64 `yaml:"weight"`
	// Epochs is how often the task takes each of its samples, then it is used up: see when_used_up.
	// Default: 0, without end. Legal: 0 and above.
	Epochs int `yaml:"epochs,omitempty"`
	// Data is a dataset of the task's own. Default: the recipe's.
	Data string `yaml:"data,omitempty" path:"relative"`
	// Split of the samples. Default: train. Legal: a split of the dataset, or all for every sample.
	Split string `yaml:"split,omitempty"`
	// Languages of texts or questions (BCP-47, such as en or pt-BR). Default: any.
	Languages []string `yaml:"languages,omitempty"`
	// BalanceLanguages says which share of the examples is of each language. Default: each sample
	// is as frequent as any other.
	BalanceLanguages *LanguageBalance `yaml:"balance_languages,omitempty"`
	// Texts are the kinds of text. Default: any but ocr, which kind ocr takes. Legal: alt, caption,
	// title, ocr, or what else the dataset has. A contrastive task may name answers: a text made of
	// what a sample's questions are answered with, yes and no left out, for images without
	// captions.
	Texts []string `yaml:"texts,omitempty"`
	// Questions are the kinds of question, as the dataset names them; of object_vqa those that are
	// asked, each as often as the others where they can be. Default: any; of object_vqa all but
	// how_many. Legal: of object_vqa list (which objects are there), is (one), all (some), which
	// (of some), how_many (by boxes).
	Questions []string `yaml:"questions,omitempty"`
	// Objects says where the labels of object_vqa come from. Default: [boxes]. Legal: boxes, texts,
	// or fields of the metadata.
	Objects []string `yaml:"objects,omitempty"`
	// Boxes is how the kinds detect and region_caption write boxes. Default: locations. Legal:
	// locations (PaliGemma's pieces <loc0000> to <loc1023>, which tokenizer.locations adds),
	// integers (PaLI's plain numbers, 0 to 999). Kind segment writes locations, and its masks as
	// the pieces <seg000> to <seg127>, which tokenizer.segments adds.
	Boxes BoxForm `yaml:"boxes,omitempty"`
	// Reading is the order of the texts of kind ocr: stored, as the dataset has them, or raster,
	// line by line from the top, by the boxes that have the texts as labels; texts without a box
	// come last. Default: stored. Legal: stored, raster.
	Reading Reading `yaml:"reading,omitempty"`
	// Fit is what happens to a target that is longer than lengths.decoder: truncate cuts its end
	// off, and leave_out leaves out texts of kind ocr, or labels of kind detect, drawn at random,
	// until the rest fits. Default: truncate. Legal: truncate, leave_out.
	Fit Fit `yaml:"fit,omitempty"`
	// Lower writes the letters A to Z of targets as a to z, as big_vision's op lower does. Scores
	// keep the dataset's answers. Default: false.
	Lower bool `yaml:"lower,omitempty" json:",omitempty"`
	// Shots is how many solved examples, of other samples of the task, come before each example,
	// each with its first image; images.per_example has room for them. Evaluations draw them from
	// the split that the task is trained on, the same for a question each time. Default: 0. Legal:
	// 0 to 64.
	Shots int `yaml:"shots,omitempty"`
	// Frames are the images that are taken of a sample with more than images.per_example: the
	// first, the first and others at even distances as of a video, or some at random in their
	// order. Default: first. Legal: first, even, random.
	Frames Frames `yaml:"frames,omitempty"`
	// MinImages is how many images a sample needs, 2 for tasks on pairs such as NLVR2. Default: 0,
	// as 1. Legal: 0 and above.
	MinImages int `yaml:"min_images,omitempty"`
	// Neighbours is how many samples whose keys follow one another come together. Where keys say
	// what an image shows, neighbours are the hard negatives of a contrastive task: the same
	// figure in another colour meets it in the same batch. Default: 0, a wholly random order.
	// Legal: 0 and above.
	Neighbours int `yaml:"neighbours,omitempty"`
	// Prompt is the template of the encoder's text, with {lang}, {question} and the like as the
	// kind fills them; of contrastive tasks {text}. Default: that of the kind in the recipe's
	// prompts.
	Prompt string `yaml:"prompt,omitempty"`
	// LanguagePrompts are templates in place of prompt for texts and questions of some languages,
	// by language as the dataset names it. Default: none.
	LanguagePrompts map[string]string `yaml:"language_prompts,omitempty"`
	// Denoisers names the preset of span corruption of the kinds that hide parts of texts. Default:
	// ul2; of span_corruption t5, of prefix_lm prefix_lm. Legal: ul2-paper (UL2's seven uniformly),
	// ul2 (nearer the paper's text), ul2r (for continued training), t5 (spans of 3, 15 % hidden),
	// prefix_lm (one cut, uniform over the text).
	Denoisers string `yaml:"denoisers,omitempty"`
	// DenoiserList holds denoisers of the task's own in place of denoisers. Default: none.
	DenoiserList []Denoiser `yaml:"denoiser_list,omitempty" json:",omitempty"`
	// Modes puts UL2's mode token before a corrupted text; it needs tokenizer.mode_tokens. In
	// denoiser_list each denoiser names its own.
	Modes bool `yaml:"modes,omitempty"`
	// Mixture is the name of the mixture that the task is in. Default: none, it is in the recipe's
	// own.
	Mixture string `yaml:"mixture,omitempty"`
	// Tasks makes this entry a mixture: a name and a weight, which these tasks divide by theirs. It
	// has no kind. A recipe that is resolved, as in a run, has it among its mixtures instead.
	Tasks []Task `yaml:"tasks,omitempty"`
	// Temperature of an entry with tasks flattens their weights. Default: 1.
	Temperature float64 `yaml:"temperature,omitempty"`
	// Sizes of an entry with tasks multiplies their weights by their numbers of samples.
	Sizes bool `yaml:"sizes,omitempty"`

	at string // the path of the task in a recipe with tasks in tasks
}

// ParseRecipe parses a recipe's YAML, whose name is for errors, with assignments such as "batch=8"
// applied. Registry, which may be nil, holds what the recipe may name.
func ParseRecipe(content []byte, name string, registry *Registry, assignments ...string) (Recipe, error) {
	r := Recipe{Registry: registry}
	content, _, err := strict.Include(content, name, "", nil, &r)
	if err != nil {
		return Recipe{}, err
	}
	if err := strict.Read(content, name, &r, assignments...); err != nil {
		return Recipe{}, err
	}
	r = r.Flat()
	return r, r.Problems().At(content, name, assignments)
}

// split returns the task's split, "" for all.
func (t *Task) split() string {
	switch t.Split {
	case "":
		return "train"
	case "all":
		return ""
	}
	return t.Split
}
