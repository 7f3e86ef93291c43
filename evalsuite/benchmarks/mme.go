package benchmarks

import (
	"math"
	"slices"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// mme is MME (Fu et al., 2023): two questions about each image, one of which is answered by yes. A
// question is named by task, image and its place, as in count/0001.jpg-2.
var mme = Benchmark{
	Name: "mme", About: "MME: two questions about each image, answered by yes and by no",
	Layout: "mme", Task: YesNo,
	Splits: []Split{{Name: "test"}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 16},
	Metrics:   mmeMetrics(mmeRules.list[0]),
	Protocols: []Protocol{protocol(LMMsEval, mmeMetrics(mmeRules.list[1])...), protocol(VLMEvalKit, mmeMetrics(mmeRules.list[2])...)},
	Slices:    []Slice{byKind("task"), {Name: "ability", Of: mmeAbility}},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "id", Text: "prediction", Folder: true},
}

const mmeEval = "MME's eval_tool/calculation.py"

// mmeAbility is the group of a task: perception or cognition.
func mmeAbility(i *Item) string {
	switch {
	case slices.Contains(metrics.MMEPerception(), i.Kind):
		return "perception"
	case slices.Contains(metrics.MMECognition(), i.Kind):
		return "cognition"
	}
	return ""
}

// mmeMetrics are the accuracies by a rule and the scores that MME reports. Of some of the tasks, a
// score is that of those alone.
func mmeMetrics(r rule) []Metric {
	score := func(name, about, ability string, highest float64) Metric {
		return Metric{Name: name, About: about, Source: r.source, Max: highest, Statistic: func(c *Corpus) (func([]int) float64, error) {
			right := rightByRule(r, c)
			return func(chosen []int) float64 { return mmeScore(c.Items, right, chosen, ability) }, nil
		}}
	}
	return []Metric{
		rules{metric: "accuracy"}.by(r),
		{Name: "accuracy_plus", About: "images with both answers right", Source: r.source, All: func(c *Corpus) ([]float64, error) {
			return bothRight(c, rightByRule(r, c)), nil
		}},
		score("perception_score", "sum over ten tasks of accuracy and accuracy of images, in percent", "perception", 2000),
		score("cognition_score", "the same over four tasks", "cognition", 800),
	}
}

// rightByRule returns which items a rule scores as right.
func rightByRule(r rule, c *Corpus) []bool {
	right := make([]bool, len(c.Items))
	each := rules{}.by(r).Each()
	for n := range c.Items {
		item := c.Items[n]
		right[n] = each(&item) == 1
	}
	return right
}

// bothRight returns 1 or 0 for the first item of each image.
func bothRight(c *Corpus, right []bool) []float64 {
	values, first := make([]float64, len(right)), map[string]int{}
	for n := range c.Items {
		at, ok := first[c.Items[n].Image]
		if !ok {
			first[c.Items[n].Image] = n
			values[n] = one(right[n])
			continue
		}
		values[at] = min(values[at], one(right[n]))
		values[n] = math.NaN()
	}
	return values
}

// mmeScore adds up, over the tasks of an ability, the accuracy of the questions and of the images.
// The questions about an image follow each other among the chosen items. It is NaN without any.
func mmeScore(items []Item, right []bool, chosen []int, ability string) float64 {
	type counts struct{ questions, right, images, both float64 }
	tasks := map[string]*counts{}
	for n := 0; n < len(chosen); {
		item := &items[chosen[n]]
		both, begin := true, n
		task := tasks[item.Kind]
		if task == nil {
			task = &counts{}
			tasks[item.Kind] = task
		}
		for ; n < len(chosen) && items[chosen[n]].Image == item.Image && n-begin < 2; n++ {
			task.questions++
			task.right += one(right[chosen[n]])
			both = both && right[chosen[n]]
		}
		task.images++
		task.both += one(both)
	}
	sum, some := 0.0, false
	for _, name := range append(metrics.MMEPerception(), metrics.MMECognition()...) {
		task := tasks[name]
		if task == nil || mmeAbility(&Item{Kind: name}) != ability {
			continue
		}
		some = true
		sum += 100*task.right/task.questions + 100*task.both/task.images
	}
	if !some {
		return math.NaN()
	}
	return sum
}

// mmeRules read yes or no. Labels are Yes and No.
var mmeRules = rules{"accuracy", []rule{
	word(Official, "yes or no among the first four characters", mmeEval, metrics.MMEYesNo),
	word(LMMsEval, "the same without outer white space and periods; y and n suffice", "tasks/mme/utils.py", metrics.LMMsEvalMMEYesNo),
	word(VLMEvalKit, "one of yes and no among the words", "dataset/utils/yorn.py, YOrN_Extraction and MME_rating", metrics.VLMEvalKitYesNo),
}}
