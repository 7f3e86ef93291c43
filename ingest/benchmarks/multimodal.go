package benchmarks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// askLetter adds a question whose right answer is the letter of a choice, with the choices below
// it. They may be in the text of the question already; they are then n empty texts.
func (i *item) askLetter(id string, text words, choices list[words], n int, right words) {
	if wrong := text.wrong(); wrong != "" {
		i.leave(shards.LeftAnswer, "%s: question %s: %s", i.sample.Key, id, wrong)
		return
	}
	for n, choice := range choices.items {
		text.text += fmt.Sprintf("\n%c. %s", 'A'+n, choice.text)
	}
	q := question(id, text.text, "multiple_choice")
	i.answer(&q, words{text: strings.TrimSpace(right.text), given: right.given, fault: right.fault}, "")
	for len(choices.items) < n {
		choices.items = append(choices.items, words{given: true})
	}
	i.detail(id, "choices", choices.json())
	i.sample.Questions = append(i.sample.Questions, q)
}

// readMMStar reads MMStar's table (Parquet, or VLMEvalKit's TSV): questions whose answer is a
// letter from A to D. In the Parquet file the choices are in the text of the question.
var readMMStar = eachRow("index question answer", func(_ int, r tableRow, o Options) (item, error) {
	id := r.id("index")
	i := item{sample: shards.Sample{Key: id, Split: o.Split}}
	err := i.show(r, o)
	i.askLetter(id, r.text("question"), r.letters(), 4, r.text("answer"))
	for _, name := range []string{"category", "l2_category", "bench"} {
		i.detail(id, name, r.text(name))
	}
	return i, err
})

// readRealWorldQA reads RealWorldQA's table (Parquet, or VLMEvalKit's TSV). Some answers are
// letters of choices in the text of the question, others are words. Rows of the Parquet file have
// no ids; they are named by their number, from 0.
var readRealWorldQA = eachRow("question answer", func(n int, r tableRow, o Options) (item, error) {
	id := cmp.Or(r.id("index"), fmt.Sprint(n))
	i := item{sample: shards.Sample{Key: id, Split: o.Split}}
	err := i.show(r, o)
	right := r.text("answer")
	if letter := strings.TrimSpace(right.text); len(letter) == 1 && strings.Contains("ABCD", strings.ToUpper(letter)) {
		i.askLetter(id, r.text("question"), r.letters(), 4, right)
	} else {
		i.ask(id, r.text("question"), "open", right)
	}
	return i, err
})

// readMMMU reads MMMU's tables (Parquet, one for each subject): questions with any number of
// choices, or open ones with one or several right answers. An id such as validation_Accounting_1
// has the subject in it. Images are image_1 to image_7, which the text names as <image 1>.
var readMMMU = eachRow("id question answer question_type|options", func(_ int, r tableRow, o Options) (item, error) {
	id := r.text("id").text
	i := item{sample: shards.Sample{Key: id, Split: o.Split}}
	if split, _, is := strings.Cut(id, "_"); is && o.Split == "" {
		i.sample.Split = split
	}
	for n := 1; n <= 7 && !o.withoutImages; n++ {
		content, _, err := r.picture(fmt.Sprintf("image_%d", n))
		if err != nil {
			return i, err
		}
		if content != nil {
			i.sample.Images = append(i.sample.Images, shards.Image{Bytes: content})
		}
	}
	choices, answers := list[words]{items: r.texts("options")}, r.texts("answer")
	if kind := r.text("question_type").text; kind == "open" || kind == "" && len(choices.items) == 0 {
		i.ask(id, r.text("question"), "open", answers...)
	} else {
		i.askLetter(id, r.text("question"), choices, len(choices.items), r.text("answer"))
	}
	if parts := strings.Split(id, "_"); len(parts) > 2 {
		i.detail(id, "subject", words{text: strings.Join(parts[1:len(parts)-1], "_")})
	}
	i.detail(id, "subfield", r.text("subfield"))
	i.detail(id, "difficulty", r.text("topic_difficulty"))
	return i, nil
})

// readMMBench reads MMBench's TSV: questions with two to four choices. A question occurs once for
// each rotation of its choices, under the index of the first plus multiples of a million.
var readMMBench = eachRow("index question A B", func(_ int, r tableRow, o Options) (item, error) {
	id := r.id("index")
	i := item{sample: shards.Sample{Key: id, Split: cmp.Or(r.text("split").text, o.Split)}}
	err := i.show(r, o)
	choices := r.letters()
	i.askLetter(id, r.text("question"), choices, len(choices.items), r.text("answer"))
	for _, name := range []string{"category", "l2-category", "hint"} {
		i.detail(id, name, r.text(name))
	}
	return i, err
})

// readCountBenchQA reads CountBenchQA's table: an image, its caption, a question and the number.
var readCountBenchQA = eachRow("question number", func(n int, r tableRow, o Options) (item, error) {
	id := cmp.Or(r.id("index"), fmt.Sprint(n))
	i := item{sample: shards.Sample{Key: id, Split: o.Split}}
	err := i.show(r, o)
	i.ask(id, r.text("question"), "number", r.text("number"))
	return i, err
})

// readOCRBench reads OCRBench.json, or its table (Parquet, or VLMEvalKit's TSV). The ids of
// OCRBench.json are those within a dataset; a question is named by both, as in IIIT5K-2843.
func readOCRBench(ctx context.Context, o Options) iter.Seq2[item, error] {
	if s := beginning(o.Annotations, ".image_path"); s == nil || !s.fields[".image_path"] {
		return readOCRBenchTable(ctx, o)
	}
	return readOCRBenchList(ctx, o)
}

var readOCRBenchList = each("", func(_ int, q struct {
	Dataset  words     `json:"dataset_name"`
	ID       flexible  `json:"id"`
	Image    words     `json:"image_path"`
	Question words     `json:"question"`
	Answers  oneOrMany `json:"answers"`
	Type     words     `json:"type"`
}, _ Options) item {
	i := about(q.Image.text, q.Image.text)
	id := q.Dataset.text + "-" + string(q.ID)
	i.ask(id, q.Question, q.Type.text, q.Answers.items...)
	i.lose(shards.LeftAnswer, fmt.Sprintf("%s: answers to question %s", i.sample.Key, id), q.Answers.bad, q.Answers.fault)
	i.detail(id, "dataset", q.Dataset)
	return i
})

var readOCRBenchTable = eachRow("question answer question_type|category", func(n int, r tableRow, o Options) (item, error) {
	id := cmp.Or(r.id("index"), fmt.Sprint(n))
	i := item{sample: shards.Sample{Key: id, Split: o.Split}}
	err := i.show(r, o)
	i.ask(id, r.text("question"), r.text("question_type", "category").text, r.texts("answer")...)
	i.detail(id, "dataset", r.text("dataset"))
	return i, err
})

// seedQuestion is an element of SEED-Bench's file.
type seedQuestion struct {
	ID       flexible `json:"question_id"`
	DataID   words    `json:"data_id"`
	DataType words    `json:"data_type"`
	Question words    `json:"question"`
	A        words    `json:"choice_a"`
	B        words    `json:"choice_b"`
	C        words    `json:"choice_c"`
	D        words    `json:"choice_d"`
	Answer   words    `json:"answer"`
	Type     flexible `json:"question_type_id"`
}

// readSEEDBench reads SEED-Bench.json: questions about images, and about videos, whose frames are
// the images in the folder named after them.
var readSEEDBench = each("questions", func(_ int, q seedQuestion, o Options) item {
	i := about(q.DataID.text, q.DataID.text, path.Join("SEED-Bench-image", q.DataID.text))
	if q.DataType.text == "video" {
		i.images, i.frames = nil, strings.TrimSuffix(q.DataID.text, path.Ext(q.DataID.text))
	}
	id := string(q.ID)
	i.askLetter(id, q.Question, list[words]{items: []words{q.A, q.B, q.C, q.D}}, 4, q.Answer)
	i.detail(id, "data_type", q.DataType)
	i.detail(id, "question_type", words{text: string(q.Type)})
	return i
})

// readMME reads MME's folder of texts, a file for each task with lines of image, question and
// answer between tabs, or its table (Parquet, or VLMEvalKit's TSV). Each image has two questions,
// which are named after it, as in count/0001.jpg-1 and count/0001.jpg-2.
func readMME(ctx context.Context, o Options) iter.Seq2[item, error] {
	if info, err := os.Stat(o.Annotations); err == nil && info.IsDir() {
		return readMMEFolder(ctx, o)
	}
	return func(yield func(item, error) bool) {
		asked := map[string]int{}
		readRows := eachRow("question answer category", func(n int, r tableRow, o Options) (item, error) {
			task, name := r.text("category").text, cmp.Or(r.text("question_id", "image_path", "index").text, fmt.Sprint(n/2))
			if !strings.HasPrefix(name, task+"/") {
				name = task + "/" + name
			}
			i := item{sample: shards.Sample{Key: name, Split: o.Split}}
			err := i.show(r, o)
			i.sample.Key = name
			i.askTask(task, name, r.text("question"), r.text("answer"), asked)
			return i, err
		})
		for i, err := range readRows(ctx, o) {
			if !yield(i, err) {
				return
			}
		}
	}
}

// askTask adds one of the two questions about an image of MME.
func (i *item) askTask(task, image string, text, right words, asked map[string]int) {
	asked[image]++
	id := fmt.Sprintf("%s-%d", image, asked[image])
	i.ask(id, text, task, right)
}

func readMMEFolder(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		files, others, err := filesOf(o.Annotations, ".txt")
		if err != nil {
			yield(item{left: others}, err)
			return
		}
		for _, file := range files {
			task, asked := strings.TrimSuffix(file, ".txt"), map[string]int{}
			for line, err := range textLines(ctx, filepath.Join(o.Annotations, file)) {
				i := item{}
				if err == nil {
					parts := strings.Split(string(line.content), "\t")
					if len(parts) < 3 {
						err = fmt.Errorf("line %d: %d fields between tabs, expected image, question and answer", line.number, len(parts))
					} else {
						name := strings.TrimSpace(parts[0])
						i = about(task+"/"+name, path.Join(task, name), path.Join(task, "images", name), name)
						i.askTask(task, i.sample.Key, words{text: strings.TrimSpace(parts[1]), given: true}, words{text: strings.TrimSpace(parts[2]), given: true}, asked)
					}
				}
				if err != nil {
					err = fmt.Errorf("%s: %w", file, err)
				}
				if !yield(i, i.checked(err)) || errors.Is(err, errBroken) {
					return
				}
			}
		}
		if len(others) > 0 {
			yield(asideOf(others), nil)
		}
	}
}

// filesOf returns the names of a folder's files with an ending, in order, and its other entries.
func filesOf(dir, ending string) (files []string, others []shards.LeftOut, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	for _, entry := range entries {
		if path.Ext(entry.Name()) != ending || entry.IsDir() {
			others = addLeft(others, shards.LeftOut{Reason: shards.LeftFile, Name: entry.Name(), N: 1})
			continue
		}
		files = append(files, entry.Name())
	}
	slices.Sort(files)
	if len(files) == 0 {
		return nil, others, fmt.Errorf("%w: no *%s in %s", errBroken, ending, baseName(dir))
	}
	return files, others, nil
}
