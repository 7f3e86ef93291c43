package mixture

import (
	"fmt"
	"slices"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

// Kind is a way to make examples of samples. It is a row of a table: append your own to
// [BuiltinKinds] and read recipes with a [Registry] that holds them.
//
// A kind needs Name, Prompt and Asks alone, if all that is random is which question is asked. Most
// have Usable and Make in addition. All functions must be functions of their arguments alone, and
// safe for concurrent use: batches do not depend on the number of workers.
type Kind struct {
	// Name is the value of a task's key kind.
	Name string
	// About says in a few words what an example is.
	About string
	// Prompt is the template of the encoder's text, for tasks without one of their own. A recipe's
	// prompt may use the placeholders that this one has.
	Prompt string
	// Image says that a sample needs an image. Without it, the bytes of images are not read.
	Image bool
	// Target says that examples have a target for the decoder. Without one they are contrastive:
	// Make returns texts that are compared with the image.
	Target bool
	// Usable reports whether an example can be made of a sample. Of the sample's images only the
	// number counts. Default: whether Asks asks something.
	Usable func(t *Task, s *shards.Sample) bool
	// Make makes an example of a usable sample. A sample for which it returns an error is replaced
	// by another. Default: one of what Asks asks, with one of its truths.
	Make func(m *Material) (Draft, error)
	// Asks returns what the task asks of a sample when a model is evaluated or used. Unlike
	// Make, it draws nothing at random. Default: an [Asker] draws questions with Make and fixed
	// random numbers. Kinds without a target, and those with denoisers, only train.
	Asks func(t *Task, s *shards.Sample) []Ask
	// Languages are those of the texts that the task can use of a sample, "" where not known.
	// Default: the languages of [Task.TextsOf], or without Usable those of Asks.
	Languages func(t *Task, s *shards.Sample) []string
	// Labels returns the labels of a sample, which are collected for Make. Default: none.
	Labels func(t *Task, s *shards.Sample) Labels
	// Columns names the columns of a dataset that Usable, Languages and Labels read, as FORMAT.md
	// of package shards has them, for example "texts.value". When a recipe is opened, samples have
	// these columns only, beside their splits, keys, and the formats and sizes of their images.
	// Default: all columns but the bytes of images.
	Columns func(t *Task) []string
	// Denoisers is the preset that corrupts the documents that Make returns, unless a task names
	// another. Default: none, for kinds that return no documents.
	Denoisers string
	// Located says that an example depends on where something is in the first image, which tasks
	// of the kind always take. Where image ops crop or flip, Make is given the boxes as they are
	// in the pixels: clipped to what is seen, without those of which less is left than the
	// recipe's images.min_box_part, those of images that the example lacks, and bitmaps of masks.
	// The codes of masks that were cut or turned are made again with the recipe's
	// images.mask_codec, and left out without it.
	Located bool
}

// Draft is an example before its texts become ids: a prompt and a target, or else texts, or else a
// document.
type Draft struct {
	Prompt, Target string
	// Texts of a contrastive example, best first: as many are used as the batch has room for.
	Texts []string
	// Document is a text that the task's denoisers corrupt.
	Document string
	// LeftOut counts what the sample has and the example lacks: see [Stream.LeftOut].
	LeftOut []LeftOut
	// Language, Question and QuestionKind describe a question that was drawn, where a model is
	// asked it: see [Ask]. They change nothing about the example.
	Language, Question, QuestionKind string

	shots []shot // before the example: see Task.Shots
}

// leave counts n things of a name as left out, if there are any.
func (d *Draft) leave(n int, what string) {
	if n > 0 {
		d.LeftOut = append(d.LeftOut, LeftOut{what, n})
	}
}

// Kinds is a table of kinds. Of two with the same name the first counts.
type Kinds []Kind

// BuiltinKinds returns a copy of the table of built-in kinds.
func BuiltinKinds() Kinds { return slices.Clone(builtinKinds) }

// Names returns the names of the kinds, sorted.
func (kinds Kinds) Names() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.Name
	}
	slices.Sort(names)
	return names
}

// builtinKinds are the tasks of PaLI §3.2 (arXiv 2209.06794), of SigLIP, of PaliGemma §3.2.5
// (arXiv 2407.07726) and of UL2. Each is in the file kind_*.go of its family.
var builtinKinds = Kinds{
	{
		Name: "contrastive", About: "an image and its texts, to be told from others (stage siglip)",
		Prompt: "{text}", Image: true, Usable: hasText, Columns: columnsOfTexts, Make: makeContrastive,
	},
	{
		Name: "caption", About: "a text of an image, in its language",
		Prompt: captionPrompt, Image: true, Target: true, Usable: hasText, Columns: columnsOfTexts, Make: makeCaption, Asks: askCaptions,
	},
	{
		Name: "split_cap", About: "the first words of a text, the rest to be said",
		Prompt: splitCapPrompt, Image: true, Target: true, Usable: hasText, Columns: columnsOfTexts, Make: makeSplitCap, Asks: askRests,
	},
	{
		Name: "ocr", About: "the text read in an image",
		Prompt: ocrPrompt, Image: true, Target: true, Usable: hasText, Columns: columnsOfTexts, Make: makeOCR, Asks: askReadings,
	},
	{
		Name: "vqa", About: "a question of an image and one of its answers",
		Prompt: vqaPrompt, Image: true, Target: true, Usable: hasQuestion, Columns: columnsOfQuestions, Make: makeVQA, Asks: askQuestions, Languages: questionLanguages,
	},
	{
		Name: "vqg", About: "an answer, its question to be asked",
		Prompt: vqgPrompt, Image: true, Target: true, Usable: hasQuestion, Columns: columnsOfQuestions, Make: makeVQG, Asks: askForQuestions, Languages: questionLanguages,
	},
	{
		Name: "object_vqa", About: "which of some objects are in an image, or how many",
		Prompt: vqaPrompt, Image: true, Target: true, Usable: hasObjects, Columns: columnsOfObjects, Make: makeObjectVQA, Labels: objectsOf, Languages: english,
	},
	{
		Name: "detect", About: "names of objects, their boxes to be found",
		Prompt: detectPrompt, Image: true, Target: true, Usable: hasBoxes, Columns: columnsOfBoxes, Make: makeDetect, Asks: askForBoxes, Labels: boxLabels, Languages: english, Located: true,
	},
	{
		Name: "segment", About: "a name or phrase, the boxes and masks of its objects to be found; " +
			"the dataset needs the masks' codes, which pali3 masks encode writes",
		Prompt: segmentPrompt, Image: true, Target: true, Usable: hasMasks, Columns: columnsOfMasks, Make: makeSegment, Asks: askForMasks, Languages: english, Located: true,
	},
	{
		Name: "region_caption", About: "a box, its label to be said",
		Prompt: regionPrompt, Image: true, Target: true, Usable: hasBoxes, Columns: columnsOfBoxes, Make: makeRegionCaption, Asks: askForLabels, Languages: english, Located: true,
	},
	{
		Name: "match", About: "an image and a text, of this sample or of another: yes or no",
		Prompt: matchPrompt, Image: true, Target: true, Usable: hasText, Columns: columnsOfTexts, Make: makeMatch,
	},
	{
		Name: "denoise", About: "texts and questions without the image, parts of them hidden (UL2)",
		Target: true, Usable: hasText, Columns: columnsOfTexts, Make: makeDocument, Denoisers: "ul2",
	},
	{
		Name: "span_corruption", About: "as denoise, with T5's spans alone: the text-only part of PaLI's mixture",
		Target: true, Usable: hasText, Columns: columnsOfTexts, Make: makeDocument, Denoisers: "t5",
	},
	{
		Name: "prefix_lm", About: "the first part of a text without the image, the rest to be said",
		Target: true, Usable: hasText, Columns: columnsOfTexts, Make: makeDocument, Denoisers: "prefix_lm",
	},
	{
		Name: "text_replay", About: "a text with parts hidden, or a question with its answer, without the image",
		Prompt: vqaPrompt, Target: true, Usable: hasTextOrQuestion, Columns: columnsOfReplay, Make: makeReplay, Denoisers: "ul2", Languages: replayLanguages,
	},
}

func hasText(t *Task, s *shards.Sample) bool     { return len(t.TextsOf(s)) > 0 }
func hasQuestion(t *Task, s *shards.Sample) bool { return len(t.QuestionsOf(s)) > 0 }
func hasObjects(t *Task, s *shards.Sample) bool  { return len(objectsOf(t, s)) > 0 }

func pick[T any](from []T, rng *random.Stream) T { return from[rng.IntN(len(from))] }

// CanBeAsked reports whether a model can be asked what the kind trains, by Asks or by what Make
// draws: see [Asker].
func (k Kind) CanBeAsked() bool {
	return k.Asks != nil || k.Make != nil && k.Usable != nil && k.Target && k.Denoisers == ""
}

// withDefaults returns a kind with the functions that it leaves to Asks.
func (k Kind) withDefaults() Kind {
	asks := k.Asks
	if asks == nil {
		return k
	}
	if k.Languages == nil && k.Usable == nil {
		k.Languages = func(t *Task, s *shards.Sample) (all []string) {
			for _, a := range asks(t, s) {
				all = append(all, a.Language)
			}
			return all
		}
	}
	if k.Usable == nil {
		k.Usable = func(t *Task, s *shards.Sample) bool { return len(asks(t, s)) > 0 }
	}
	if k.Make == nil {
		k.Make = func(m *Material) (Draft, error) {
			all := asks(m.Task, m.Sample)
			if len(all) == 0 {
				return Draft{}, fmt.Errorf("kind %s has nothing to ask", m.Task.Kind)
			}
			a := pick(all, m.Rng)
			if len(a.Truths) == 0 {
				return Draft{}, fmt.Errorf("%s has no answer", a.ID)
			}
			return Draft{Prompt: a.Prompt, Target: pick(a.Truths, m.Rng)}, nil
		}
	}
	return k
}
