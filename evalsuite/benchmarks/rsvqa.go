package benchmarks

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// RSVQA (Lobry et al., IEEE Transactions on Geoscience and Remote Sensing 2020): questions about
// satellite images of 10 m (rsvqa-lr) and aerial images of 15 cm a pixel (rsvqa-hr).
var (
	rsvqaLR = remoteSensing("rsvqa-lr", "RSVQA-LR: questions about satellite images of low resolution", "count", countRanges,
		splitBy(rsvqaSizes+"rsvqa_lr.py", "test", 10004), splitBy(rsvqaSizes+"rsvqa_lr.py", "val", 10005), splitBy(rsvqaSizes+"rsvqa_lr.py", "train", 57223))
	rsvqaHR = remoteSensing("rsvqa-hr", "RSVQA-HR: questions about aerial images", "area", areaRanges,
		splitBy(rsvqaSizes+"rsvqa_hr.py", "test", 222684), splitBy(rsvqaSizes+"rsvqa_hr.py", "test_phili", 105647), splitBy(rsvqaSizes+"rsvqa_hr.py", "val", 102843), splitBy(rsvqaSizes+"rsvqa_hr.py", "train", 625340))
)

const (
	rsvqaSizes  = "google-research/big_vision, datasets/rsvqa_lr and rsvqa_hr: "
	rsvqaRanges = "syvlo/RSVQA, VQA_model/VocabEncoder.py"
	rsvqaPy     = "google-research/big_vision, evaluators/proj/paligemma/transfers/rsvqa.py"
)

// splitBy is a split whose size was read in a file that is not the owner's.
func splitBy(source, name string, n int) Split { return Split{name, n, Secondary, source} }

// remoteSensing is a benchmark of questions about images from above. Numbers are the kind of
// questions whose answers are numbers in ranges.
func remoteSensing(name, about, numbers string, ranges []answerRange, splits ...Split) Benchmark {
	answer := func(text, kind string) string {
		text = strings.ToLower(strings.TrimSpace(text))
		if kind == numbers {
			text = inRange(text, ranges)
		}
		return text
	}
	of := textRules("accuracy",
		rule{Official, "equal to the answer in any case, " + numbers + "s in the owner's ranges", rsvqaRanges, func(i *Item) float64 {
			return one(slices.ContainsFunc(i.References, func(right string) bool { return answer(i.Prediction, i.Kind) == answer(right, i.Kind) }))
		}},
		rule{BigVision, "equal in any case to the answer, or to big_vision's name of its range", "rsvqa.py; datasets/rsvqa_lr and rsvqa_hr, bin_answer", func(i *Item) float64 {
			return one(slices.ContainsFunc(i.References, func(right string) bool { return strings.ToLower(i.Prediction) == answer(right, i.Kind) }))
		}})
	return Benchmark{
		Name: name, About: about, Layout: name, Task: Answers,
		Splits: splits,
		Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 32},
		Metrics:   rsvqaMetrics(of.list[0]),
		Protocols: []Protocol{protocol(BigVision, rsvqaMetrics(of.list[1])...), protocol(Lenient, rsvqaMetrics(of.list[2])...)},
		Slices:    []Slice{byKind("question_type")}, Unit: "question", Cluster: "image",
		Submission: Submission{ID: "question_id", Text: "answer"},
	}
}

// rsvqaMetrics are the accuracy of all questions and its means over their types, which the paper
// calls overall and average accuracy.
func rsvqaMetrics(r rule) []Metric {
	mean := func(name, about string, of func(*Item) bool) Metric {
		return Metric{Name: name, About: about, Source: rsvqaPy + "; Lobry et al., 2020", of: of, Statistic: func(c *Corpus) (func([]int) float64, error) {
			right := rightByRule(r, c)
			return func(chosen []int) float64 { return meanOfKinds(c.Items, right, chosen) }, nil
		}}
	}
	return []Metric{
		rules{metric: "accuracy"}.by(r),
		mean("average_accuracy", "mean over the types of questions of their accuracy", nil),
		mean("average_accuracy_nonum", "the same without counts and areas, on which PaliGemma is not trained", func(i *Item) bool { return i.Kind != "count" && i.Kind != "area" }),
	}
}

// meanOfKinds returns the mean over the kinds of questions of the share of right answers.
func meanOfKinds(items []Item, right []bool, chosen []int) float64 {
	rights, all := map[string]float64{}, map[string]float64{}
	for _, n := range chosen {
		all[items[n].Kind]++
		if right[n] {
			rights[items[n].Kind]++
		}
	}
	sum := 0.0
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		sum += rights[kind] / all[kind]
	}
	return sum / float64(len(all))
}

// answerRange is a range of numbers that count as one answer.
type answerRange struct {
	last int // of the range; -1 without end
	// name is big_vision's, and owner that of the owner's program, which begins with the end of the
	// range before.
	name, owner string
}

var (
	countRanges = []answerRange{
		{0, "0", "0"},
		{10, "between 1 and 10", "between 0 and 10"},
		{100, "between 11 and 100", "between 10 and 100"},
		{1000, "between 101 and 1000", "between 100 and 1000"},
		{-1, "more than 1000", "more than 1000"},
	}
	areaRanges = []answerRange{
		{0, "0 m2", "0m2"},
		{10, "between 1 m2 and 10 m2", "between 0m2 and 10m2"},
		{100, "between 11 m2 and 100 m2", "between 10m2 and 100m2"},
		{1000, "between 101 m2 and 1000 m2", "between 100m2 and 1000m2"},
		{-1, "more than 1000 m2", "more than 1000m2"},
	}
)

// inRange returns big_vision's name of the range of a number, which may be followed by m2, or of a
// range by either name. Other texts are returned as they are.
func inRange(text string, ranges []answerRange) string {
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(text, "m2")))
	for _, r := range ranges {
		if err == nil && n >= 0 && (n <= r.last || r.last < 0) || text == r.name || text == r.owner {
			return r.name
		}
	}
	return text
}
