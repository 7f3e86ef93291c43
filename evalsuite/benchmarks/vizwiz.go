package benchmarks

import "github.com/pali3/pali3/evalsuite/metrics"

// vizwiz is VizWiz-VQA (Gurari et al., CVPR 2018): one question about each image, by people who
// cannot see it.
var vizwiz = Benchmark{
	Name: "vizwiz", About: "VizWiz-VQA: questions by blind people about their photographs",
	Layout: "vizwiz", Task: Answers,
	Splits: []Split{
		{"val", 4319, Secondary, "Hugging Face, lmms-lab/VizWiz-VQA"},
		{"test", 8000, Secondary, "Hugging Face, lmms-lab/VizWiz-VQA"},
		{Name: "train", N: 20523},
	},
	Chat:   "{question}\nWhen the provided information is insufficient, respond with 'Unanswerable'.\nAnswer the question using a single word or phrase.",
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 48},
	Metrics:   append([]Metric{vizwizRules.official(), softRules.official()}, vizwizUnanswerable...),
	Protocols: vizwizRules.protocols(),
	Slices:    []Slice{byKind("answer_type"), ByField("answerable")},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "image", Text: "answer", Confidence: "answerable", Source: "https://vizwiz.org/tasks-and-datasets/vqa/"},
	Published: []Published{
		paligemma(224, "test-std", "vqa_accuracy", 73.7),
		paligemma(448, "test-std", "vqa_accuracy", 75.5),
	},
}

// vizwizAnswerability is VizWiz's second task: can the question be answered from the image?
var vizwizAnswerability = Benchmark{
	Name: "vizwiz-answerability", About: "VizWiz-VQA, second task: the probability that a question can be answered from the photograph",
	Layout: "vizwiz", Task: Labels,
	Splits: vizwiz.Splits,
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 48},
	Metrics: vizwizUnanswerable,
	Unit:    "question", Cluster: "image",
	Submission: Submission{ID: "image", Text: "answerable", Confidence: "answerable", Source: "https://vizwiz.org/tasks-and-datasets/vqa/"},
}

const vizwizEval = "vizwiz.org, vqaEval.py, evaluate_unanswerability; scikit-learn"

// vizwizUnanswerable score the member "answerable" of predictions. Without it a question counts as
// answerable unless the answer is unanswerable.
var vizwizUnanswerable = []Metric{
	{Name: "unanswerable_ap", About: "average precision of finding the questions without an answer, by the number answerable, else by the answer unanswerable", Source: vizwizEval,
		Statistic: unanswerable(func(averagePrecision, _ float64) float64 { return averagePrecision })},
	{Name: "unanswerable_f1", About: "F1 of the same, below a probability of one half", Source: vizwizEval,
		Statistic: unanswerable(func(_, f1 float64) float64 { return f1 })},
}

func unanswerable(which func(averagePrecision, f1 float64) float64) func(*Corpus) (func([]int) float64, error) {
	return func(c *Corpus) (func([]int) float64, error) {
		answerable, predicted := make([]bool, len(c.Items)), make([]float64, len(c.Items))
		for n := range c.Items {
			i := &c.Items[n]
			answerable[n] = i.Field("answerable") != "0"
			if predicted[n] = one(i.Prediction != "unanswerable"); i.Confidence != nil {
				predicted[n] = *i.Confidence
			}
		}
		return func(chosen []int) float64 {
			right, sure := make([]bool, len(chosen)), make([]float64, len(chosen))
			for n, at := range chosen {
				right[n], sure[n] = answerable[at], predicted[at]
			}
			averagePrecision, f1, err := metrics.VizWizUnanswerable(right, sure)
			if err != nil {
				return 0 // of confidences that are no numbers, which no file has
			}
			return which(averagePrecision, f1)
		}, nil
	}
}
