package compare

import "github.com/pali3/pali3/evalsuite/metrics"

// Verdict says whether B can replace A, where a loss of the margin is accepted.
type Verdict string

const (
	Go           Verdict = "GO"           // the whole interval is above a loss of the margin
	NoGo         Verdict = "NO-GO"        // the whole interval is below it
	Inconclusive Verdict = "INCONCLUSIVE" // the interval holds it, or there are fewer than 10 clusters
)

// fewestClusters is the number of clusters below which a bootstrap interval is too short.
const fewestClusters = 10

// Result compares models A and B. Its JSON is a stable format.
type Result struct {
	Version int     `json:"version"` // 1
	A       string  `json:"a"`
	B       string  `json:"b"`
	Margin  float64 `json:"margin"`
	// Verdict over all metrics: NO-GO if any is, GO if all are.
	Verdict Verdict  `json:"verdict"`
	Metrics []Metric `json:"metrics"`
	// OnlyA, OnlyB and Changed count the items that were left out: those that only one model has,
	// and those whose question or references differ.
	OnlyA   Tally `json:"only_a"`
	OnlyB   Tally `json:"only_b"`
	Changed Tally `json:"changed"`
	// Unmatched names the metrics that only one model has a value of, for some item or for all.
	// Such values are left out.
	Unmatched Tally `json:"unmatched"`
	// NotCompared names the scores that scored items do not suffice for, such as the average
	// precision of boxes where a file has no [Item.Evidence]: they are in the results of the models
	// only.
	NotCompared Tally `json:"not_compared,omitzero"`
}

// Tally is a count of items and the names of the first few.
type Tally struct {
	Count int      `json:"count"`
	Names []string `json:"names,omitempty"`
}

// fewNames is the number of items that a message names.
const fewNames = 3

func (t *Tally) add(name string) {
	if t.Count++; len(t.Names) < fewNames {
		t.Names = append(t.Names, name)
	}
}

// Metric compares the models by one metric.
type Metric struct {
	Name string `json:"name"`
	Task string `json:"task"`
	// LowerIsBetter is for error rates and the like.
	LowerIsBetter bool `json:"lower_is_better,omitempty"`
	// A and B are the scores of the models.
	A metrics.Score `json:"a"`
	B metrics.Score `json:"b"`
	// Difference is B less A.
	Difference metrics.Difference `json:"difference"`
	// Holm and BenjaminiHochberg are the p-value adjusted for the number of metrics.
	Holm              float64 `json:"p_holm"`
	BenjaminiHochberg float64 `json:"p_benjamini_hochberg"`
	Verdict           Verdict `json:"verdict"`
	// Statistic says that the score is one of all items together, and no mean of their values.
	Statistic bool `json:"statistic,omitempty"`
	// Alone says that, of a statistic, Better and Worse are by the score of each item by itself,
	// such as the average precision of one image.
	Alone bool `json:"alone,omitempty"`
	// Deviation is the standard deviation of the difference between clusters. For a statistic it is
	// taken from the width of the interval.
	Deviation float64 `json:"deviation"`
	// Smallest is the smallest true difference that as many clusters find with a probability of
	// 0.8.
	Smallest float64 `json:"smallest_found"`
	Slices   []Slice `json:"slices,omitempty"`
	// Better and Worse count the items on which B is better or worse, and hold those with the
	// largest change.
	Better Flips `json:"better"`
	Worse  Flips `json:"worse"`
}

// Slice compares the models on the items that share a language, a kind or another group. Its
// p-value is not adjusted for the number of slices.
type Slice struct {
	By         string             `json:"by"` // "language", "kind" or the name of a slice of items
	Name       string             `json:"name"`
	A          float64            `json:"a"`
	B          float64            `json:"b"`
	Difference metrics.Difference `json:"difference"`
}

// Flips are the items that changed in one direction.
type Flips struct {
	Count int    `json:"count"`
	Items []Flip `json:"items,omitempty"`
}

// Flip is an item on which the models differ.
type Flip struct {
	ID         string   `json:"id"`
	Cluster    string   `json:"cluster,omitempty"`
	Image      string   `json:"image,omitempty"`
	Language   string   `json:"language,omitempty"`
	Kind       string   `json:"kind,omitempty"`
	Question   string   `json:"question,omitempty"`
	References []string `json:"references,omitempty"`
	A          string   `json:"a"`
	B          string   `json:"b"`
	ValueA     float64  `json:"value_a"`
	ValueB     float64  `json:"value_b"`
}
